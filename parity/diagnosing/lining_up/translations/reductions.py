"""Operations along axes: sums and their kin, softmax, products of matrices, losses, segments."""

from functools import partial

from parity.diagnosing.lining_up.operands import Operand, UntranslatedError, fresh
from parity.diagnosing.lining_up.translations.operation import Operation, Translation, tuple_text


def _reduce(name: str, operation: Operation) -> Operand:
    given = operation.first
    rank = len(given.shape)
    over = tuple(dict.fromkeys(axis % rank for axis in operation.integers(1))) if rank else ()
    if not over:
        return given
    kept = bool(operation.attributes.get("keep_dims"))
    dims = sorted(given.axes[axis] for axis in over)
    if len(over) == rank and not kept:
        every = {"amax": "max", "amin": "min"}.get(name, name)
        return fresh(f"{given.text}.{every}()", ())
    # Some of torch's functions reduce one axis at a time.
    apart = name in ("prod", "all", "any") or len(dims) == 1
    text = given.text
    for over_one in reversed(dims) if apart else [tuple_text(dims)]:
        text += f".{name}(dim={over_one}{', keepdim=True' * kept})"
    if kept:
        return Operand(text, given.axes, operation.shape)
    left = [given.axes[axis] for axis in range(rank) if axis not in over]
    return Operand(text, tuple(sorted(left).index(axis) for axis in left), operation.shape)


def _along_last(template: str, operation: Operation) -> Operand:
    given = operation.first
    return Operand(template.format(given.text, given.axes[-1]), given.axes, given.shape)


def _accumulate(name: str, operation: Operation) -> Operand:
    given = operation.first
    dim = given.axes[operation.integers(1)[0] % len(given.axes)]
    exclusive, reverse = (operation.attributes.get(one) for one in ("exclusive", "reverse"))
    text = f"{given.text}.flip({dim})" if reverse else given.text
    made = f"{text}.{name}({dim})"
    if exclusive:
        behind = "0, 0, " * (len(given.axes) - 1 - dim)
        value = ", value=1" if name == "cumprod" else ""
        made = f"torch.nn.functional.pad({made}, ({behind}1, -1){value})"
    return Operand(f"{made}.flip({dim})" if reverse else made, given.axes, given.shape)


def _multiply(operation: Operation) -> Operand:
    one, other = operation.operands
    flags = operation.attributes
    if flags.get("transpose_a") or flags.get("adj_x"):
        one = _turned(one)
    if flags.get("transpose_b") or flags.get("adj_y"):
        other = _turned(other)
    if other.axes == (1, 0):
        text = f"torch.nn.functional.linear({one.plain}, {other.text})"
        return fresh(text, operation.shape)
    return fresh(f"({one.plain} @ {other.plain})", operation.shape)


def _turned(given: Operand) -> Operand:
    rank = len(given.axes)
    return given.permuted((*range(rank - 2), rank - 1, rank - 2))


def _einsum(operation: Operation) -> Operand:
    operands = ", ".join(one.plain for one in operation.operands)
    equation = operation.attributes["equation"]
    return fresh(f'torch.einsum("{equation}", {operands})', operation.shape)


def _cross_entropy(operation: Operation) -> Operand:
    if operation.place:
        raise UntranslatedError("a gradient")
    logits, labels = (one.plain for one in operation.operands)
    return fresh(f"(-({labels} * {logits}.log_softmax(-1)).sum(dim=-1))", operation.shape)


def _sparse_cross_entropy(operation: Operation) -> Operand:
    if operation.place:
        raise UntranslatedError("a gradient")
    logits, labels = (one.plain for one in operation.operands)
    text = f'torch.nn.functional.cross_entropy({logits}, {labels}.long(), reduction="none")'
    return fresh(text, operation.shape)


def _half_square(operation: Operation) -> Operand:
    return fresh(f"({operation.first.text}.square().sum() / 2)", ())


def _arg(name: str, operation: Operation) -> Operand:
    axis = operation.integers(1)[0]
    return fresh(f"{operation.first.plain}.{name}({axis})", operation.shape)


def _top(operation: Operation) -> Operand:
    count = operation.integers(1)[0]
    return fresh(f"{operation.first.plain}.topk({count}, dim=-1)[{operation.place}]",
                 operation.shape)  # fmt: skip


def _segments(mean: bool, operation: Operation) -> Operand:
    given, numbers = (one.plain for one in operation.operands[:2])
    if len(operation.operands[1].shape) != 1:
        raise UntranslatedError("segments of several axes")
    shape = tuple_text(operation.shape)
    added = f"{given}.new_zeros({shape}).index_add(0, {numbers}.long(), {given})"
    if not mean:
        return fresh(added, operation.shape)
    ones = ", ".join("1" * (len(operation.shape) - 1))
    sizes = f"torch.bincount({numbers}, minlength={operation.shape[0]}).clamp(min=1)"
    sizes += f".view(-1, {ones})" if ones else ""
    return fresh(f"({added} / {sizes})", operation.shape)


REDUCTIONS: dict[str, Translation] = {
    "Sum": partial(_reduce, "sum"),
    "Mean": partial(_reduce, "mean"),
    "Max": partial(_reduce, "amax"),
    "Min": partial(_reduce, "amin"),
    "Prod": partial(_reduce, "prod"),
    "All": partial(_reduce, "all"),
    "Any": partial(_reduce, "any"),
    "Softmax": partial(_along_last, "{0}.softmax({1})"),
    "LogSoftmax": partial(_along_last, "{0}.log_softmax({1})"),
    "Cumsum": partial(_accumulate, "cumsum"),
    "Cumprod": partial(_accumulate, "cumprod"),
    **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2"), _multiply),
    "Einsum": _einsum,
    "SoftmaxCrossEntropyWithLogits": _cross_entropy,
    "SparseSoftmaxCrossEntropyWithLogits": _sparse_cross_entropy,
    "L2Loss": _half_square,
    "ArgMax": partial(_arg, "argmax"),
    "ArgMin": partial(_arg, "argmin"),
    "TopKV2": _top,
    **dict.fromkeys(
        ("SegmentSum", "SegmentSumV2", "UnsortedSegmentSum"), partial(_segments, False)
    ),
    "SegmentMean": partial(_segments, True),
}
"""Translations of operations along axes, by kind."""
