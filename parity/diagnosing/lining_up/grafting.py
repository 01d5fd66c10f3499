"""Grafts to try: at each call that parts from the reference, what the reference computes."""

import ast
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, permutations
from math import prod

from parity.declaring.frameworks import Recorded, Way
from parity.declaring.grafts import ANY_CALL, Graft, Leaf
from parity.declaring.known_bug import KnownBug, OtherOperation
from parity.declaring.source_edits import Edit
from parity.diagnosing.lining_up.expressions import Expression, Translator
from parity.diagnosing.lining_up.lined_up import LinedUp, Parted
from parity.diagnosing.lining_up.operands import Operand, UntranslatedError

_MOST_GRAFTS = 200
_MOST_TARGETS = 12
_MOST_ORDERS = 24
# Longer expressions are named by the reference's own line.
_LONGEST = 100
_LINES = 3
_SHORTER = {
    "torch.nn.functional.": "F.",
    "{input}": "its input",
    "{other}": "its second operand",
}


@dataclass(frozen=True)
class Grafted:
    """A graft as a known bug, and the calls that it replaces, for its patch.

    `bypasses` says whether it stands for several calls of the candidate, and not for one.
    """

    bug: KnownBug
    calls: tuple[Recorded, ...]
    bypasses: bool


def generate_grafts(lined_up: LinedUp) -> Iterator[Grafted]:
    """Yield the grafts to try, those of early calls first, then those of calls that end it."""
    places = (*lined_up.parted, *lined_up.ended)
    found = (graft for parted in places for graft in _Place(lined_up, parted).grafts())
    yield from islice(found, _MOST_GRAFTS)


class _Place:
    """One call, and what the reference computes that might stand in its place."""

    def __init__(self, lined_up: LinedUp, parted: Parted) -> None:
        self._lined_up, self._parted = lined_up, parted
        self._call = lined_up.seen.calls[parted.number]
        self._operands = dict(islice(enumerate(("{input}", "{other}")), self._call.leading))
        self._bypassed = lined_up.bypassed(parted)
        self._array = lined_up.result(parted.number)
        self._shared = lined_up.shared(parted.number)
        self._translator = Translator(
            lined_up.watch, self._shared, lined_up.seen.tensors, lined_up.records
        )

    def grafts(self) -> Iterator[Grafted]:
        """Yield the grafts of this call."""
        tried: set[str] = set()
        for operand, expression in islice(self._translated(), _MOST_TARGETS):
            for text in self._laid_out(operand):
                made = None if text in tried else self._graft(text, expression)
                tried.add(text)
                if made is not None:
                    yield made

    def _translated(self) -> Iterator[tuple[Operand, Expression]]:
        for target in self._targets():
            with suppress(UntranslatedError):
                yield self._translator.translate(target)

    def _targets(self) -> Iterator[int]:
        """Yield tensors of the reference, first those of as many elements that nothing else is."""
        tensors, size = self._lined_up.watch.tensors, self._array.size
        made = [
            one
            for operation in self._lined_up.watch.operations
            for one in operation.returned
            if one not in self._lined_up.watch.constants
        ]
        new = [one for one in made if one not in self._shared]
        yield from (one for one in new if tensors[one].size == size)
        yield from (one for one in made if tensors[one].size == size and one in self._shared)
        rank = self._array.ndim
        others = (one for one in new if tensors[one].size != size and tensors[one].ndim == rank)
        yield from islice(others, _MOST_TARGETS // 3)

    def _laid_out(self, operand: Operand) -> Iterator[str]:
        """Yield source of the operand in the shape of the call's result, the likeliest first."""
        shape, size = self._array.shape, prod(operand.shape)
        if operand.held_shape == shape or size != self._array.size:
            yield operand.text
        if operand.shape == shape:
            yield operand.plain
        if size != self._array.size:
            return
        for axes in islice(permutations(range(len(operand.shape))), _MOST_ORDERS):
            if tuple(operand.shape[axis] for axis in axes) == shape:
                yield operand.permuted(axes).plain
        if len(operand.shape) != len(shape) and shape:
            yield f"{operand.plain}.reshape({', '.join(map(str, (-1, *shape[1:])))})"

    def _graft(self, text: str, expression: Expression) -> Grafted | None:
        """Return a graft; None if it needs a tensor that not all the calls of this place have."""
        graft = self._with_leaves(text, expression)
        among = self._parted.among
        if len(among) > 1 and not all(
            each.depends_on_place_alone for each in graft.leaves.values()
        ):
            return None
        written = self._written(graft)
        alone = len(among) == 1
        way = f"as {graft.where or 'the reference'} computes it: {self._named(graft, expression)}"
        change = OtherOperation(
            ANY_CALL,
            among[0] if alone else None,
            way,
            among=() if alone else among,
            graft=graft,
        )
        edit = Edit(whole=written) if written else None
        calls = tuple(
            Recorded(
                ANY_CALL,
                one,
                "",
                (Way(way, None, True, edit),),
                self._lined_up.seen.calls[one].written,
            )
            for one in among
        )
        where = f"{self._call.kind} {self._parted.index + 1}"
        where += "" if alone else f" and {len(among) - 1} more on the same line"
        if self._bypassed is not None:
            first = self._lined_up.seen.calls[self._bypassed.number]
            where += f", in place of all from {first.kind} {self._bypassed.index + 1} on"
        return Grafted(
            KnownBug(None, f"{self._call.kind} {way}", where, change),
            calls,
            self._bypassed is not None,
        )

    def _with_leaves(self, text: str, expression: Expression) -> Graft:
        whole = " ".join((text, *expression.steps.values()))
        leaves: dict[str, Leaf] = {}
        dtype = "torch.get_default_dtype()"
        for field, own in expression.leaves.items():
            leaf = self._lined_up.leaf(own, self._parted.number)
            if f"{{{field}}}" in whole and leaf is not None:
                leaves[field] = leaf
                if self._lined_up.seen.tensors[own].dtype.kind == "f" and "get_" in dtype:
                    dtype = f"{{{field}}}.dtype"
        constants = {n: a for n, a in expression.constants.items() if f"{{{n}}}" in whole}
        steps = {name: step.replace("{float}", dtype) for name, step in expression.steps.items()}
        where = _together(list(expression.lines))
        return Graft(text.replace("{float}", dtype), leaves, constants, steps, where)

    def _written(self, graft: Graft) -> str:
        """Return the graft as the candidate's code would have it; "" if it has no names for it."""
        if self._call.written.called is None or graft.constants:
            return ""
        texts = {}
        for field, leaf in graft.leaves.items():
            texts[field] = leaf.name or self._operands.get(leaf.given, "")
            if not texts[field]:
                return ""
        text = _filled(graft, texts)
        return text if not graft.steps or len(text) <= _LONGEST else ""

    def _named(self, graft: Graft, expression: Expression) -> str:
        """Return the graft in words: its source if that is short, else the reference's lines."""
        words = dict.fromkeys(graft.constants, "a table")
        for field, leaf in graft.leaves.items():
            earlier = self._lined_up.seen.calls[leaf.call].kind if leaf.call >= 0 else ""
            given = self._operands.get(leaf.given, "its operand")
            words[field] = leaf.name or leaf.input or (f"the {earlier}" if earlier else given)
        shown = _filled(graft, words)
        for whole, short in _SHORTER.items():
            shown = shown.replace(whole, short)
        if len(shown) <= _LONGEST:
            return shown
        lines = [line.removeprefix("return ") for line in expression.lines.values() if line]
        return "; ".join(lines[-_LINES:]) or f"{shown[:_LONGEST]}..."


_LARGE = re.compile(r"\b\d+0{5,}\.0\b")


def _filled(graft: Graft, texts: Mapping[str, str]) -> str:
    """Return a graft's source with its steps written out, and other fields as given."""
    known = dict(texts)
    for name, step in graft.steps.items():
        known[name] = step.format(**known)
    return _tidied(graft.text.format(**known))


def _together(places: list[str]) -> str:
    """Return places in words: "reference.py:12-14" for lines of one file."""
    if not places:
        return ""
    file = places[-1].rpartition(":")[0]
    lines = sorted(int(one.rpartition(":")[2]) for one in places if one.startswith(f"{file}:"))
    return f"{file}:{lines[0]}" + (f"-{lines[-1]}" if lines[-1] > lines[0] else "")


def _tidied(text: str) -> str:
    """Return an expression without parentheses that it does not need, and large numbers short."""
    with suppress(SyntaxError):
        text = ast.unparse(ast.parse(text, mode="eval")).replace("'", '"')
    return _LARGE.sub(lambda found: f"{float(found[0]):g}".replace("e+0", "e"), text)
