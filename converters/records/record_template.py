"""Fast decoding of examples that have the same byte layout as an earlier one.

Writers use the same layout for all examples of a file. A template is made from an example that the
general decoder has read and that encodes to exactly the same bytes. Another payload of the same
size that agrees in all bytes outside the values has the same structure, with its values at the same
offsets. All other payloads take the general decoder.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

from converters.records.tf_example import Value, encode_example

_VALUES_A_SIZE, _SIZES = 8, 512
NAMES = ("label", "ref_aa", "alt_aa", "feature", "mask", "var_id")


class Template:
    """One layout: the `spans` of the values by name, and the fixed bytes between them."""

    def __init__(
        self, spans: dict[str, tuple[int, int]], between: Sequence[tuple[int, int, bytes]]
    ) -> None:
        self.spans = spans
        self.label, self.ref_aa, self.alt_aa = (
            spans[name][0] if name in spans else -1 for name in ("label", "ref_aa", "alt_aa")
        )
        self._between = between

    def fits(self, payload: bytes) -> bool:
        """Return whether a payload of the same size has this layout, with one-byte integers."""
        for start, stop, fixed in self._between:
            if payload[start:stop] != fixed:
                return False
        small = payload[self.ref_aa] | payload[self.alt_aa]
        return (small | (payload[self.label] if self.label >= 0 else 0)) < 0x80

    @cached_property
    def around(self) -> "Template":
        """Return the layout of a payload from which the value of `feature` has been cut out."""
        start, stop = self.spans["feature"]

        def moved(edge: int) -> int:
            return edge - (stop - start) if edge >= stop else edge

        return Template(
            {name: (moved(first), moved(last)) for name, (first, last) in self.spans.items()},
            [(moved(first), moved(last), fixed) for first, last, fixed in self._between],
        )


def make(payload: bytes, found: Mapping[str, list[Value]]) -> Template | None:
    """Make a template from an example, or return None if our encoder lays it out otherwise."""
    values: dict[str, bytes | int] = {}
    for name, held in found.items():
        if name not in NAMES or len(held) != 1 or isinstance(held[0], float):
            return None
        first = held[0]
        if isinstance(first, int) and not 0 <= first < 0x80:
            return None
        values[name] = first if isinstance(first, int) else bytes(first)
    if encode_example(values) != payload:
        return None
    spans, stop = dict[str, tuple[int, int]](), len(payload)
    # From the end: an entry's value is the last thing in it.
    for name, value in reversed(values.items()):
        size = 1 if isinstance(value, int) else len(value)
        spans[name] = (stop - size, stop)
        stop -= len(encode_example({name: value})) - _outer(encode_example({name: value}))
    edges = [0, *(edge for span in sorted(spans.values()) for edge in span), len(payload)]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return Template(spans, [(a, b, payload[a:b]) for a, b in pairs if b > a])


def _outer(encoded: bytes) -> int:
    """Count the bytes before the only entry of an example: key and size of its features."""
    place = 1
    while encoded[place] >= 0x80:
        place += 1
    return place + 1


class Templates:
    """The layouts seen so far, by payload size; at most a few thousand."""

    def __init__(self) -> None:
        self._by_size: dict[int, list[Template]] = {}

    def find(self, payload: bytes) -> Template | None:
        """Return the known layout of a payload, or None."""
        for template in self.of_size(len(payload)):
            if template.fits(payload):
                return template
        return None

    def of_size(self, size: int) -> Sequence[Template]:
        """Return the layouts of payloads of this size."""
        return self._by_size.get(size, ())

    def learn(self, payload: bytes, found: Mapping[str, list[Value]]) -> None:
        """Remember a payload's layout, if a template can be made."""
        if len(self._by_size) >= _SIZES:
            self._by_size.clear()
        held = self._by_size.setdefault(len(payload), [])
        if len(held) < _VALUES_A_SIZE and (template := make(payload, found)):
            held.append(template)
