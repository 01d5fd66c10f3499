import sys

from hypothesis import given
from hypothesis import strategies as st

from converters.variants.listing import Listing
from converters.variants.rows import Listed

WORDS = st.sampled_from(["", "a", "é\x00", "p.Arg130Ter"])
ITEMS = st.builds(Listed, WORDS, st.integers(0, 2**40), st.text(), WORDS, WORDS, st.booleans())


def first_of(items, kind):
    return next(item for item in items if item.kind == kind and not item.failed)


@given(st.lists(ITEMS))
def test_a_listing_is_a_list(items):
    listing = Listing(items)
    assert list(listing) == items
    assert listing[1:3] == items[1:3]
    assert len(listing) == len(items)
    assert listing.failed == sum(item.failed for item in items)
    assert listing.failed + listing.left_out == len(items)
    for failed in (True, False):
        kinds = [item.kind for item in items if item.failed == failed]
        if not failed:
            expected = [(kinds.count(kind), first_of(items, kind)) for kind in dict.fromkeys(kinds)]
            assert listing.examples() == sorted(expected, key=lambda each: -each[0])
        assert listing.counts(failed) == {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}


def test_a_million_items_take_little_memory():
    listing = Listing()
    for line in range(20_000):
        listing.add("t.vcf", line, "10:1 G>A", "consequence", "intron_variant", False)
    held = sum(sys.getsizeof(part) for part in vars(listing).values())
    assert held < 20_000 * 45
