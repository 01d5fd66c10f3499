"""Expressions of the candidate's framework for what the reference computes, from shared tensors."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from parity.arrays import Array
from parity.declaring.operation_watch import OperationWatch, SeenOperation
from parity.diagnosing.lining_up.composites import find_prelu
from parity.diagnosing.lining_up.matching import Layout
from parity.diagnosing.lining_up.operands import Operand, UntranslatedError, fresh, number
from parity.diagnosing.lining_up.translations import TRANSLATIONS, Operation

# More operations than this say nothing about a call.
_MOST_OPERATIONS = 32
# Source of this length is repeated where it is used several times.
_SHORT = 24
# Constants of this many elements are written out.
_WRITTEN_OUT = 8


@dataclass
class Expression:
    """An expression under construction.

    Args:
        leaves: the candidate's tensors by field.
        constants: the reference's arrays by field.
        steps: source of what is used several times, by field, in the order of computation.
        operations: how many operations of the reference it has.
        lines: the user's lines that these stand in, each with its text.
    """

    leaves: dict[str, int] = field(default_factory=dict)
    constants: dict[str, Array] = field(default_factory=dict)
    operations: int = 0
    steps: dict[str, str] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)


class Translator:
    """Translates what the reference computes, up to tensors that the candidate has as well.

    Args:
        watch: the reference's run.
        shared: for tensors of the reference, the candidate's of the same numbers and the layout.
        own: the candidate's tensors.
        records: how many records the run had.
    """

    def __init__(
        self,
        watch: OperationWatch,
        shared: Mapping[int, tuple[int, Layout]],
        own: Sequence[Array],
        records: int,
    ) -> None:
        self._watch, self._shared, self._own, self._records = watch, shared, own, records
        self._made = {
            result: (operation, place)
            for operation in watch.operations
            for place, result in enumerate(operation.returned)
        }

    def translate(self, tensor: int) -> tuple[Operand, Expression]:
        """Return the source of a tensor of the reference; raise UntranslatedError if it has none.

        The tensor itself is computed, even if the candidate has it.
        """
        expression, self._used = Expression(), self._uses(tensor)
        operand = self._computed(tensor, expression, {})
        return operand, expression

    def _computed(self, tensor: int, expression: Expression, known: dict[int, Operand]) -> Operand:
        operation, place = self._made[tensor]
        if (prelu := self._prelu(operation, expression, known)) is not None:
            return prelu
        translation = TRANSLATIONS.get(operation.kind)
        if translation is None:
            raise UntranslatedError(f"no translation of {operation.kind}")
        expression.operations += operation.kind not in ("Identity", "Cast", "StopGradient")
        if expression.operations > _MOST_OPERATIONS:
            raise UntranslatedError("too many operations")
        operands = [self._operand(one, expression, known) for one in operation.given]
        if operation.where:
            expression.lines.setdefault(operation.where, operation.source)
        shape = self._watch.tensors[tensor].shape
        return translation(Operation(operands, operation.attributes, shape, place, self._records))

    def _prelu(
        self, operation: SeenOperation, expression: Expression, known: dict[int, Operand]
    ) -> Operand | None:
        """Return the source of a PReLU; None if it is not one, or not with a slope by channel."""
        found = find_prelu(operation, self._made)
        if found is None or found.slope not in self._shared:
            return None
        own = self._shared[found.slope][0]
        sizes = self._watch.tensors[found.slope].shape
        given = self._operand(found.given, expression, known)
        if self._own[own].shape != sizes[-1:] or given.axes[-1] != 1:
            return None
        expression.operations += 1
        if operation.where:
            expression.lines.setdefault(operation.where, operation.source)
        text = f"torch.nn.functional.prelu({given.text}, {{{self._leaf(own, expression)}}})"
        return Operand(text, given.axes, given.shape)

    def _leaf(self, own: int, expression: Expression) -> str:
        """Return the field of a tensor of the candidate's."""
        name = next((n for n, held in expression.leaves.items() if held == own), None)
        if name is None:
            name = f"t{len(expression.leaves)}"
            expression.leaves[name] = own
        return name

    def _cast(self, own: int, values: Array) -> str:
        """Return what makes a mask or count of the candidate one of the reference's type."""
        held, wanted = self._own[own].dtype.kind, values.dtype.kind
        if held == wanted or (held in "iu" and wanted in "iu"):
            return ""
        return {"f": ".to({float})", "b": ".bool()"}.get(wanted, ".long()")

    def _uses(self, tensor: int) -> Counter[int]:
        """Return how often each tensor is used to compute one."""
        uses: Counter[int] = Counter()
        left = [tensor]
        while left:
            for one in self._made[left.pop()][0].given:
                uses[one] += 1
                if uses[one] == 1 and one in self._made and one not in self._shared:
                    left.append(one)
        return uses

    def _operand(self, tensor: int, expression: Expression, known: dict[int, Operand]) -> Operand:
        if tensor not in known:
            known[tensor] = self._new_operand(tensor, expression, known)
        return known[tensor]

    def _new_operand(
        self, tensor: int, expression: Expression, known: dict[int, Operand]
    ) -> Operand:
        values = self._watch.tensors[tensor]
        constant = values if tensor in self._watch.constants else None
        if tensor in self._shared:
            own, layout = self._shared[tensor]
            name = self._leaf(own, expression)
            found = _laid_out(f"{{{name}}}{self._cast(own, values)}", layout, values.shape)
            return replace(found, constant=constant)
        if constant is not None:
            return _constant(constant, expression)
        if tensor not in self._made:
            raise UntranslatedError("a tensor that the candidate lacks")
        made = self._computed(tensor, expression, known)
        if self._used[tensor] < 2 or len(made.text) <= _SHORT:
            return made
        name = f"s{len(expression.steps)}"
        expression.steps[name] = made.text
        return replace(made, text=f"{{{name}}}")


def _laid_out(text: str, layout: Layout, shape: tuple[int, ...]) -> Operand:
    if not layout.shape:
        return Operand(text, layout.axes, shape)
    turned = Operand(text, layout.axes, tuple(range(len(layout.axes)))).plain
    sizes = ", ".join(map(str, (-1, *layout.shape[1:]))) if layout.shape else "()"
    return fresh(f"{turned}.reshape({sizes})", shape)


def _constant(values: Array, expression: Expression) -> Operand:
    array = np.asarray(values)
    shape = array.shape
    axes = tuple(range(len(shape)))
    if array.size == 1 and not shape:
        return Operand(number(array.item()), axes, shape, array)
    if array.size <= _WRITTEN_OUT and array.ndim == 1:
        listed = ", ".join(number(value.item()) for value in array)
        dtype = ", dtype={float}" if array.dtype.kind == "f" else ""
        return Operand(f"torch.tensor([{listed}]{dtype})", axes, shape, array)
    name = f"c{len(expression.constants)}"
    expression.constants[name] = array
    return Operand(f"{{{name}}}", axes, shape, array)
