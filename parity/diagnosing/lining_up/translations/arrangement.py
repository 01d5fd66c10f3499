"""Operations that arrange elements: shapes, axes, pieces, copies, padding."""

from functools import partial

from parity.diagnosing.lining_up.operands import Operand, UntranslatedError, fresh, number
from parity.diagnosing.lining_up.translations.operation import (
    Operation,
    Translation,
    as_tensor,
    is_number,
    tuple_text,
)


def _transpose(operation: Operation) -> Operand:
    return operation.first.permuted(operation.integers(1))


def _reshape(operation: Operation) -> Operand:
    if not operation.shape:
        return fresh(f"{operation.first.plain}.reshape(())", ())
    if operation.shape == operation.first.shape:
        return operation.first
    # The axis of the records has any size: the first that they fit into, mostly the first of all.
    fitting = (axis for axis, size in enumerate(operation.shape) if size % operation.records == 0)
    free = next(fitting, 0)
    sizes = [-1 if axis == free else size for axis, size in enumerate(operation.shape)]
    return fresh(f"{operation.first.plain}.reshape({', '.join(map(str, sizes))})", operation.shape)


def _expand_dims(operation: Operation) -> Operand:
    axis = operation.integers(1)[0]
    return fresh(f"{operation.first.plain}.unsqueeze({axis})", operation.shape)


def _squeeze(operation: Operation) -> Operand:
    given = operation.first
    listed = [int(axis) for axis in operation.attributes.get("squeeze_dims") or ()]
    axes = listed or [axis for axis, size in enumerate(given.shape) if size == 1]
    if not axes:
        return given
    dims = tuple_text(axes) if len(axes) > 1 else str(axes[0])
    return fresh(f"{given.plain}.squeeze({dims})", operation.shape)


def _concat(operation: Operation) -> Operand:
    tensors = operation.operands[:-1]
    axis = operation.integers(-1)[0] % len(operation.shape)
    orders = {one.axes for one in tensors}
    if len(orders) == 1:
        texts = ", ".join(one.text for one in tensors)
        dim = tensors[0].axes[axis]
        return Operand(f"torch.cat([{texts}], dim={dim})", tensors[0].axes, operation.shape)
    texts = ", ".join(one.plain for one in tensors)
    return fresh(f"torch.cat([{texts}], dim={axis})", operation.shape)


def _pack(operation: Operation) -> Operand:
    texts = ", ".join(as_tensor(one).plain for one in operation.operands)
    return fresh(f"torch.stack([{texts}], dim={operation.attributes['axis']})", operation.shape)


def _unpack(operation: Operation) -> Operand:
    axis = operation.attributes["axis"]
    return fresh(f"{operation.first.plain}.select({axis}, {operation.place})", operation.shape)


def _split(operation: Operation) -> Operand:
    given, axis = operation.operands[1], operation.integers(0)[0]
    count = operation.attributes["num_split"]
    return fresh(f"{given.plain}.chunk({count}, dim={axis})[{operation.place}]", operation.shape)


def _split_sizes(operation: Operation) -> Operand:
    sizes, axis = list(operation.integers(1)), operation.integers(2)[0]
    # One size may be left open, as -1.
    rest = operation.first.shape[axis] - sum(size for size in sizes if size >= 0)
    sizes = [size if size >= 0 else rest for size in sizes]
    return fresh(f"{operation.first.plain}.split({sizes}, dim={axis})[{operation.place}]",
                 operation.shape)  # fmt: skip


def _strided_slice(operation: Operation) -> Operand:
    begins, ends, strides = (operation.integers(place) for place in (1, 2, 3))
    masks = {
        name: int(operation.attributes.get(f"{name}_mask", 0))
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    parts = []
    for place, (begin, end, stride) in enumerate(zip(begins, ends, strides, strict=True)):
        held = {name for name, mask in masks.items() if mask >> place & 1}
        if "ellipsis" in held:
            parts.append("...")
        elif "new_axis" in held:
            parts.append("None")
        elif "shrink_axis" in held:
            parts.append(str(begin))
        else:
            parts.append(_range(begin, end, stride, held))
    while parts and parts[-1] == ":" and "..." not in parts:
        parts.pop()
    given = operation.first.plain
    return fresh(f"{given}[{', '.join(parts)}]" if parts else given, operation.shape)


def _range(begin: int, end: int, stride: int, held: set[str]) -> str:
    if stride < 1:
        raise UntranslatedError("a slice from behind")
    first = "" if "begin" in held or begin == 0 else str(begin)
    last = "" if "end" in held else str(end)
    return f"{first}:{last}" + (f":{stride}" if stride > 1 else "")


def _slice(operation: Operation) -> Operand:
    begins, sizes = operation.integers(1), operation.integers(2)
    parts = [
        f"{begin or ''}:{'' if size == -1 or begin + size == whole else begin + size}"
        for begin, size, whole in zip(begins, sizes, operation.first.shape, strict=True)
    ]
    return fresh(f"{operation.first.plain}[{', '.join(parts)}]", operation.shape)


def _tile(operation: Operation) -> Operand:
    times = ", ".join(map(str, operation.integers(1)))
    return fresh(f"{operation.first.plain}.repeat({times})", operation.shape)


def _broadcast(operation: Operation) -> Operand:
    # Sizes that stay are those of any number of records.
    new = len(operation.shape) - len(operation.first.shape)
    kept = [None] * new + list(operation.first.shape)
    sizes = [-1 if size == old else size for size, old in zip(operation.shape, kept, strict=True)]
    return fresh(f"{operation.first.plain}.expand({_sizes(*sizes)})", operation.shape)


def _pad(operation: Operation) -> Operand:
    given, numbers = operation.first, operation.integers(1)
    by_axis = dict(zip(given.axes, zip(numbers[::2], numbers[1::2], strict=True), strict=True))
    pairs = [by_axis[dim] for dim in reversed(range(len(given.axes)))]
    while pairs and pairs[-1] == (0, 0):
        pairs.pop()
    amounts = tuple_text([amount for pair in pairs for amount in pair])
    mode = operation.attributes.get("mode")
    words = ', mode="reflect"' if mode == "REFLECT" else ""
    if mode == "SYMMETRIC":
        raise UntranslatedError("padding that repeats the border")
    if len(operation.operands) > 2:
        value = operation.operands[2]
        if not is_number(value):
            raise UntranslatedError("a value that depends on data")
        assert value.constant is not None
        words += f", value={number(value.constant.item())}"
    text = f"torch.nn.functional.pad({given.text}, {amounts}{words})"
    return Operand(text, given.axes, operation.shape)


def _reverse(operation: Operation) -> Operand:
    given = operation.first
    dims = ", ".join(str(given.axes[axis]) for axis in operation.integers(1))
    return Operand(f"{given.text}.flip({dims})", given.axes, given.shape)


def _one_hot(operation: Operation) -> Operand:
    numbers, depth, on, off = operation.operands
    values = [one.constant.item() for one in (on, off) if one.constant is not None]
    if values != [1, 0] or operation.attributes.get("axis", -1) != -1:
        raise UntranslatedError("one-hot vectors of other values")
    (count,) = depth.integers
    assert on.constant is not None
    into = {"f": ".to({float})", "b": ""}.get(on.constant.dtype.kind, ".long()")
    # Numbers outside of the range, which torch's one_hot refuses, have vectors of zeros.
    text = f"({numbers.plain}[..., None] == torch.arange({count})){into}"
    return fresh(text, operation.shape)


def _band(operation: Operation) -> Operand:
    lower, upper = operation.integers(1)[0], operation.integers(2)[0]
    text = operation.first.plain
    if upper >= 0:
        text += f".tril({upper or ''})"
    if lower >= 0:
        text += f".triu({-lower or ''})"
    return fresh(text, operation.shape)


def _blocks(into_depth: bool, operation: Operation) -> Operand:
    if operation.attributes.get("data_format", "NHWC") != "NHWC":
        raise UntranslatedError("channels first")
    size = int(operation.attributes["block_size"])
    _, high, wide, deep = operation.first.shape
    if into_depth:
        sizes = (-1, high // size, size, wide // size, size, deep)
        order = "0, 1, 3, 2, 4, 5"
    else:
        sizes = (-1, high, wide, size, size, deep // size**2)
        order = "0, 1, 3, 2, 4, 5"
    apart = f"{operation.first.plain}.reshape({', '.join(map(str, sizes))}).permute({order})"
    end = ", ".join(map(str, (-1, *operation.shape[1:])))
    return fresh(f"{apart}.reshape({end})", operation.shape)


def _space_to_batch(operation: Operation) -> Operand:
    """Translate how TensorFlow begins a dilated convolution: interleaved places become records."""
    blocks, amounts = operation.integers(1), operation.integers(2)
    given = operation.first
    count, rest = len(blocks), len(given.shape) - 1 - len(blocks)
    pairs = list(zip(amounts[::2], amounts[1::2], strict=True))
    listed = [amount for pair in reversed(pairs) for amount in pair]
    text = given.plain
    if any(listed):
        text = f"torch.nn.functional.pad({text}, {tuple_text([0, 0] * rest + listed)})"
    sizes = [given.shape[1 + axis] + sum(pair) for axis, pair in enumerate(pairs)]
    apart = [
        part for size, block in zip(sizes, blocks, strict=True) for part in (size // block, block)
    ]
    tail = given.shape[1 + count :]
    order = (
        *(2 + 2 * axis for axis in range(count)),
        0,
        *(1 + 2 * axis for axis in range(count)),
        *range(1 + 2 * count, 1 + 2 * count + rest),
    )
    text = f"{text}.reshape({_sizes(-1, *apart, *tail)}).permute({_sizes(*order)})"
    return fresh(f"{text}.reshape({_sizes(-1, *operation.shape[1:])})", operation.shape)


def _batch_to_space(operation: Operation) -> Operand:
    """Translate how TensorFlow ends a dilated convolution: the inverse of `_space_to_batch`."""
    blocks, crops = operation.integers(1), operation.integers(2)
    given = operation.first
    count, rest = len(blocks), len(given.shape) - 1 - len(blocks)
    order = [count]
    for axis in range(count):
        order += [count + 1 + axis, axis]
    order += range(2 * count + 1, 2 * count + 1 + rest)
    text = (
        f"{given.plain}.reshape({_sizes(*blocks, -1, *given.shape[1:])}).permute({_sizes(*order)})"
    )
    whole = [given.shape[1 + axis] * block for axis, block in enumerate(blocks)]
    text = f"{text}.reshape({_sizes(-1, *whole, *given.shape[1 + count :])})"
    if any(crops):
        pairs = zip(crops[::2], crops[1::2], whole, strict=True)
        parts = ", ".join(f"{first}:{size - last}" for first, last, size in pairs)
        text = f"{text}[:, {parts}]"
    return fresh(text, operation.shape)


def _sizes(*sizes: int) -> str:
    return ", ".join(map(str, sizes))


ARRANGEMENT: dict[str, Translation] = {
    "Transpose": _transpose,
    "Reshape": _reshape,
    "ExpandDims": _expand_dims,
    "Squeeze": _squeeze,
    "ConcatV2": _concat,
    "Pack": _pack,
    "Unpack": _unpack,
    "Split": _split,
    "SplitV": _split_sizes,
    "StridedSlice": _strided_slice,
    "Slice": _slice,
    "Tile": _tile,
    "BroadcastTo": _broadcast,
    **dict.fromkeys(("Pad", "PadV2", "MirrorPad"), _pad),
    "ReverseV2": _reverse,
    "OneHot": _one_hot,
    "MatrixBandPart": _band,
    "SpaceToBatchND": _space_to_batch,
    "BatchToSpaceND": _batch_to_space,
    "SpaceToDepth": partial(_blocks, True),
    "DepthToSpace": partial(_blocks, False),
}
"""Translations of operations that arrange elements, by kind."""
