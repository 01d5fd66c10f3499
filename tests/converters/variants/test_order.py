import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from converters.variants.order import grouped, shuffled, slices
from converters.variants.rows import Variant


def _variants(transcripts):
    return [Variant(f"v{n}", t, 1, "A", "C", 0, n) for n, t in enumerate(transcripts)]


TRANSCRIPTS = st.lists(st.sampled_from(["T1", "T10", "T2", "a", "T1.2"]), max_size=80)


@given(transcripts=TRANSCRIPTS)
def test_shuffled_and_grouped_as_pandas_does(transcripts):
    variants = _variants(transcripts)
    frame = pd.DataFrame({"transcript": transcripts, "var": [v.var_id for v in variants]})
    if len(frame):
        frame = frame.sample(frac=1, random_state=2020)
    found = shuffled(variants)
    assert [variant.var_id for variant in found] == frame["var"].tolist()
    groups = [name for _, rows in frame.groupby("transcript") for name in rows["var"]]
    assert [variant.var_id for variant in grouped(found)] == groups


@given(transcripts=TRANSCRIPTS, number=st.integers(1, 9))
def test_slices_lose_nothing_and_are_alike_in_size(transcripts, number):
    variants = _variants(transcripts)
    parts = slices(variants, number)
    assert [variant for part in parts for variant in part] == variants
    sizes = [len(part) for part in parts]
    assert len(sizes) == number
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes) - min(sizes) <= 1
