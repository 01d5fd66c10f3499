"""Operations on images of channels last: convolutions, pooling, normalization, resizing.

How SAME padding is split: TensorFlow's documentation of `tf.nn`, "Notes on padding".
"""

from functools import partial

from parity.diagnosing.lining_up.operands import Operand, UntranslatedError, number
from parity.diagnosing.lining_up.translations.operation import Operation, Translation, tuple_text

_CHANNELS_FIRST, _CHANNELS_LAST = (0, 3, 1, 2), (0, 2, 3, 1)
_FUNCTIONAL = "torch.nn.functional"


def _image(operation: Operation) -> str:
    """Return source of the image with channels first."""
    _require_channels_last(operation)
    return operation.first.permuted(_CHANNELS_FIRST).plain


def _require_channels_last(operation: Operation) -> None:
    layout = operation.attributes.get("data_format", "NHWC")
    if layout != "NHWC" or len(operation.first.shape) != 4:
        raise UntranslatedError("another layout than NHWC")


def _result(text: str, operation: Operation) -> Operand:
    return Operand(text, _CHANNELS_LAST, operation.shape)


def _amounts(
    operation: Operation, window: tuple[int, ...], strides: tuple[int, ...]
) -> list[tuple[int, int]]:
    """Return how much is padded before and behind, for height and width."""
    padding = operation.attributes["padding"]
    if padding == "VALID":
        return [(0, 0), (0, 0)]
    if padding == "EXPLICIT":
        listed = [int(amount) for amount in operation.attributes["explicit_paddings"]]
        return [(listed[2], listed[3]), (listed[4], listed[5])]
    found = []
    for size, reach, step in zip(operation.first.shape[1:3], window, strides, strict=True):
        whole = max((-(-size // step) - 1) * step + reach - size, 0)
        found.append((whole // 2, whole - whole // 2))
    return found


def _padded(image: str, amounts: list[tuple[int, int]], value: str = "") -> tuple[str, str]:
    """Return source of the image, padded if both ends differ, else the argument that pads it."""
    if all(before == behind for before, behind in amounts):
        equal = [before for before, _ in amounts]
        return image, f", padding={tuple_text(equal)}" if any(equal) else ""
    (top, bottom), (left, right) = amounts
    return f"{_FUNCTIONAL}.pad({image}, ({left}, {right}, {top}, {bottom}){value})", ""


def _convolve(depthwise: bool, operation: Operation) -> Operand:
    image, kernel = _image(operation), operation.operands[1]
    high, wide, read, made = kernel.shape
    strides = tuple(int(step) for step in operation.attributes["strides"][1:3])
    apart = tuple(int(step) for step in (operation.attributes.get("dilations") or [1] * 4)[1:3])
    window = tuple((size - 1) * step + 1 for size, step in zip((high, wide), apart, strict=True))
    image, padding = _padded(image, _amounts(operation, window, strides))
    if depthwise:
        weight = f"{kernel.permuted((2, 3, 0, 1)).plain}.reshape({read * made}, 1, {high}, {wide})"
        groups = read
    else:
        weight, groups = kernel.permuted((3, 2, 0, 1)).plain, operation.first.shape[3] // read
    words = f", stride={tuple_text(strides)}" if strides != (1, 1) else ""
    words += padding
    words += f", dilation={tuple_text(apart)}" if apart != (1, 1) else ""
    words += f", groups={groups}" if groups > 1 else ""
    return _result(f"{_FUNCTIONAL}.conv2d({image}, {weight}{words})", operation)


def _pool(name: str, operation: Operation) -> Operand:
    window, strides = (
        tuple(int(one) for one in operation.attributes[key][1:3]) for key in ("ksize", "strides")
    )
    if any(int(operation.attributes["ksize"][axis]) != 1 for axis in (0, 3)):
        raise UntranslatedError("a window over records or channels")
    amounts = _amounts(operation, window, strides)
    uneven = any(before != behind for before, behind in amounts)
    if name == "avg_pool2d" and uneven:
        raise UntranslatedError("an average over an uneven border")
    image, padding = _padded(_image(operation), amounts, ', value=float("-inf")')
    words = f"{tuple_text(window)}, {tuple_text(strides)}{padding}"
    words += ", count_include_pad=False" if name == "avg_pool2d" and padding else ""
    return _result(f"{_FUNCTIONAL}.{name}({image}, {words})", operation)


def _batch_norm(operation: Operation) -> Operand:
    if operation.place:
        raise UntranslatedError("statistics of a batch")
    scale, offset, mean, variance = (one.plain for one in operation.operands[1:5])
    words = f"eps={number(float(operation.attributes['epsilon']))}"
    if operation.attributes.get("is_training"):
        words = f"None, None, {scale}, {offset}, training=True, {words}"
    else:
        words = f"{mean}, {variance}, {scale}, {offset}, {words}"
    # Keras normalizes layers so, with channels first.
    if operation.attributes.get("data_format") == "NCHW":
        text = f"{_FUNCTIONAL}.batch_norm({operation.first.plain}, {words})"
        return Operand(text, (0, 1, 2, 3), operation.shape)
    return _result(f"{_FUNCTIONAL}.batch_norm({_image(operation)}, {words})", operation)


def _resize(mode: str, operation: Operation) -> Operand:
    image, flags = _image(operation), operation.attributes
    size = tuple_text(operation.integers(1))
    if mode == "nearest":
        if flags.get("align_corners"):
            raise UntranslatedError("nearest neighbours of aligned corners")
        kind = "nearest-exact" if flags.get("half_pixel_centers") else "nearest"
        return _result(f'{_FUNCTIONAL}.interpolate({image}, {size}, mode="{kind}")', operation)
    aligned = bool(flags.get("align_corners"))
    if not aligned and not flags.get("half_pixel_centers"):
        return _resize_from_corners(operation)
    words = f'mode="{mode}", align_corners={aligned}'
    return _result(f"{_FUNCTIONAL}.interpolate({image}, {size}, {words})", operation)


def _resize_from_corners(operation: Operation) -> Operand:
    """Translate TensorFlow 1's bilinear resize, which reads at i * size / new size.

    By grid_sample with aligned corners, whose coordinate of place p is 2 p / (size - 1) - 1.
    """
    _, high, wide, _ = operation.first.shape
    rows, columns = operation.integers(1)
    if min(high, wide) < 2:
        raise UntranslatedError("an image of one row or column")
    image = _image(operation)

    def line(count: int, size: int) -> str:
        places = f"torch.arange({count}, dtype={{float}})"
        return f"(2 * {places} * {size} / {count} / {size - 1} - 1).clamp(max=1)"

    grid = f"torch.stack(torch.meshgrid({line(columns, wide)}, {line(rows, high)}, "
    grid += f'indexing="xy"), dim=-1).expand({image}.shape[0], -1, -1, -1)'
    return _result(f"{_FUNCTIONAL}.grid_sample({image}, {grid}, align_corners=True)", operation)


def _crop(operation: Operation) -> Operand:
    """Translate crops of boxes (top, left, bottom, right), in parts of the image.

    Point i of n lies at top + i / (n - 1) * (bottom - top), corners aligned: `tf.image`'s
    `crop_and_resize`. A point outside of the image is 0, even if it is within a pixel's reach.
    """
    boxes, records = operation.operands[1].plain, operation.operands[2].plain
    rows, columns = operation.integers(3)
    if operation.attributes.get("method", "bilinear") != "bilinear" or min(rows, columns) < 2:
        raise UntranslatedError("crops by another method")
    if operation.attributes.get("extrapolation_value"):
        raise UntranslatedError("a value outside of the image")

    def line(count: int, low: int) -> str:
        ends = f"{boxes}[:, {low}:{low + 1}]", f"{boxes}[:, {low + 2}:{low + 3}]"
        parts = f"torch.linspace(0, 1, {count}, dtype={{float}})"
        return f"(2 * ({ends[0]} + {parts} * ({ends[1]} - {ends[0]})) - 1)"

    across = f"{line(columns, 1)}[:, None, :].expand(-1, {rows}, -1)"
    down = f"{line(rows, 0)}[:, :, None].expand(-1, -1, {columns})"
    grid = f"torch.stack([{across}, {down}], dim=-1)"
    for _ in range(2):
        grid = f"-{_FUNCTIONAL}.threshold({grid}, -1.000001, -3)"
    image = f"{_image(operation)}[{records}.long()]"
    return _result(f"{_FUNCTIONAL}.grid_sample({image}, {grid}, align_corners=True)", operation)


IMAGES: dict[str, Translation] = {
    "Conv2D": partial(_convolve, False),
    "DepthwiseConv2dNative": partial(_convolve, True),
    "MaxPool": partial(_pool, "max_pool2d"),
    "AvgPool": partial(_pool, "avg_pool2d"),
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), _batch_norm),
    "CropAndResize": _crop,
    "ResizeBilinear": partial(_resize, "bilinear"),
    "ResizeNearestNeighbor": partial(_resize, "nearest"),
}
"""Translations of operations on images, by kind."""
