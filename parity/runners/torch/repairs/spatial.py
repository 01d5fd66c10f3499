"""Convolutions, pooling and resizing: where they pad, what they count, how they sample."""

from collections.abc import Callable, Sequence
from functools import partial

from torch import Tensor
from torch.nn import functional

from parity.declaring.source_edits import Edit
from parity.runners.torch.operations import Alternative, Alternatives, Bound, with_arguments

CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
TRANSPOSED = ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
POOLS = (*("avg_pool1d", "avg_pool2d", "avg_pool3d", "max_pool1d", "max_pool2d", "max_pool3d"),)


def _sizes(value: int | Sequence[int] | None, axes: int, default: int) -> tuple[int, ...]:
    if value is None or value == []:
        return (default,) * axes
    if isinstance(value, int):
        return (value,) * axes
    return tuple(value) * (axes if len(value) == 1 else 1)


def _same(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return TensorFlow's SAME padding in front and behind: an odd row goes behind.

    See the comments on padding in TensorFlow's documentation of tf.nn.convolution.
    """
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def _paddings(
    sizes: Sequence[int], kernels: Sequence[int], strides: Sequence[int]
) -> dict[str, list[tuple[int, int]]]:
    each = list(zip(sizes, kernels, strides, strict=True))
    return {
        "padded as SAME is": [_same(*one) for one in each],
        "without padding": [(0, 0) for _ in each],
        "padded in front alone": [(kernel - 1, 0) for _, kernel, _ in each],
        "padded behind alone": [(0, kernel - 1) for _, kernel, _ in each],
        "padded in front as SAME is behind": [_same(*one)[::-1] for one in each],
    }


def _flat(padding: Sequence[tuple[int, int]]) -> list[int]:
    """Return the padding as functional.pad takes it, the last axis first."""
    return [size for pair in reversed(padding) for size in pair]


def _sizes_written(padding: Sequence[tuple[int, int]]) -> str | None:
    """Return symmetric padding as an argument in Python's syntax; None if it is not symmetric."""
    if any(front != behind for front, behind in padding):
        return None
    sizes = tuple(front for front, _ in padding)
    return str(sizes[0] if len(set(sizes)) == 1 else sizes)


def _padded(padding: Sequence[tuple[int, int]], value: str = "") -> Edit:
    """Return the edit of a call that pads its input before, or by itself where it can."""
    symmetric = _sizes_written(padding)
    if symmetric is not None:
        return with_arguments(padding=symmetric)
    filled = f", value={value}" if value else ""
    pad = f"torch.nn.functional.pad({{input}}, {tuple(_flat(padding))}{filled})"
    return Edit((("padding", "0"),), before=pad)


def _windows(
    padding: Sequence[tuple[int, int]],
    sizes: Sequence[int],
    kernels: Sequence[int],
    strides: Sequence[int],
) -> list[tuple[int, int]]:
    """Return where the windows of each axis begin, and how many there are.

    Paddings that differ behind the last window alone are the same.
    """
    each = zip(padding, sizes, kernels, strides, strict=True)
    return [
        (front, (front + size + behind - kernel) // stride)
        for (front, behind), size, kernel, stride in each
    ]


def _geometry(bound: Bound, kernels: Sequence[int]) -> tuple[list[int], tuple[int, ...]]:
    """Return how far each kernel reaches, and the strides."""
    axes = len(kernels)
    dilations = _sizes(bound.get("dilation"), axes, 1)
    reach = [d * (k - 1) + 1 for d, k in zip(dilations, kernels, strict=True)]
    return reach, _sizes(bound.get("stride"), axes, 1)


def padded_otherwise(bound: Bound) -> Alternatives:
    """Return a convolution with TensorFlow's SAME padding, none, or all of it on one side."""
    x, kernels = bound["input"], bound["weight"].shape[2:]
    reach, strides = _geometry(bound, kernels)
    axes, own = len(kernels), bound.get("padding", 0)
    now = None if isinstance(own, str) else [(size, size) for size in _sizes(own, axes, 0)]

    def do(padding: list[tuple[int, int]]) -> Tensor:
        done: Tensor = bound["again"](input=functional.pad(x, _flat(padding)), padding=0)
        return done

    sizes = x.shape[-axes:]
    found: Alternatives = {}
    seen = [] if now is None else [_windows(now, sizes, reach, strides)]
    for name, padding in _paddings(sizes, reach, strides).items():
        windows = _windows(padding, sizes, reach, strides)
        if windows not in seen:
            found[name] = Alternative(16, partial(do, padding), _padded(padding))
        seen.append(windows)
    return found


def dilated_otherwise(bound: Bound) -> Alternatives:
    """Return a convolution with another dilation, whose padding is larger or smaller as well."""
    axes = bound["weight"].ndim - 2
    own, padding = _sizes(bound.get("dilation"), axes, 1), bound.get("padding", 0)
    if isinstance(padding, str) or len(set(own)) > 1:
        return {}
    sizes = _sizes(padding, axes, 0)
    found: Alternatives = {}
    for dilation in (1, 2, 3, 4):
        if dilation == own[0] or any(size * dilation % own[0] for size in sizes):
            continue
        new = tuple(size * dilation // own[0] for size in sizes)
        written = str(new[0] if len(set(new)) == 1 else new)
        found[f"with dilation {dilation}"] = Alternative(
            None,
            partial(bound["again"], dilation=dilation, padding=new),
            with_arguments(dilation=str(dilation), padding=written),
        )
    return found


def cropped_otherwise(bound: Bound) -> Alternatives:
    """Return a transposed convolution cropped as TensorFlow's SAME is, or not cropped at all."""
    kernels = bound["weight"].shape[2:]
    axes = len(kernels)
    reach, strides = _geometry(bound, kernels)
    sizes = bound["input"].shape[-axes:]
    lacking = [max(stride - size, 0) for size, stride in zip(reach, strides, strict=True)]

    def whole() -> Tensor:
        done: Tensor = bound["again"](padding=0, output_padding=tuple(lacking))
        return done

    def cropped() -> Tensor:
        made = whole()
        for axis, (size, kernel, stride) in enumerate(zip(sizes, reach, strides, strict=True)):
            made = made.narrow(axis - axes, max(kernel - stride, 0) // 2, size * stride)
        return made

    crops = []
    for kernel, stride in zip(reach, strides, strict=True):
        front = max(kernel - stride, 0) // 2
        behind = max(kernel - stride, 0) - front
        crops.append(f"{front or ''}:{-behind if behind else ''}")
    arguments = (("padding", "0"), ("output_padding", str(tuple(lacking) if any(lacking) else 0)))
    edit = Edit(arguments, after=f"{{call}}[..., {', '.join(crops)}]")
    return {
        "cropped as SAME is": Alternative(16, cropped, edit),
        "not cropped": Alternative(16, whole, Edit(arguments)),
    }


def pooled_otherwise(bound: Bound) -> Alternatives:
    """Return pooling that pads, counts or rounds otherwise, and the other kind of pooling."""
    x, kind, again = bound["input"], bound["kind"], bound["again"]
    axes = int(kind[-2])
    kernels = _sizes(bound["kernel_size"], axes, 1)
    strides = _sizes(bound.get("stride"), axes, 0)
    strides = tuple(s or k for s, k in zip(strides, kernels, strict=True))
    padding = bound.get("padding", 0)
    ceiling = bool(bound.get("ceil_mode"))
    name = "without a last window that is cut short" if ceiling else "with a last window cut short"
    edit = with_arguments(ceil_mode=str(not ceiling))
    found: Alternatives = {name: Alternative(16, partial(again, ceil_mode=not ceiling), edit)}
    average, largest = (getattr(functional, f"{way}_pool{axes}d") for way in ("avg", "max"))
    wanted = [_same(*one) for one in zip(x.shape[-axes:], kernels, strides, strict=True)]
    same, symmetric = _flat(wanted), _sizes_written(wanted)
    other_kind = "max" if kind.startswith("avg") else "avg"
    renamed = Edit(
        renamed=f"{other_kind}_pool{axes}d",
        module_renamed=f"{other_kind.title()}Pool{axes}d",
    )
    if kind.startswith("avg"):
        counted = bound.get("count_include_pad", True)
        name = "without counting the padding" if counted else "counting the padding"
        edit = with_arguments(count_include_pad=str(not counted))
        found[name] = Alternative(None, partial(again, count_include_pad=not counted), edit)
        found["as max pooling"] = Alternative(
            None, partial(largest, x, bound["kernel_size"], strides, padding), renamed
        )
        found["padded as SAME is"] = Alternative(
            16,
            partial(_average_of_what_is_there, average, x, kernels, strides, same),
            with_arguments(padding=symmetric, count_include_pad="False") if symmetric else None,
        )
        return found
    found["as average pooling"] = Alternative(
        None, partial(average, x, bound["kernel_size"], strides, padding), renamed
    )
    found["padded as SAME is"] = Alternative(
        16,
        lambda: largest(functional.pad(x, same, value=-float("inf")), kernels, strides),
        _padded(wanted, "-torch.inf"),
    )
    return found


def _average_of_what_is_there(
    average: Callable[..., Tensor],
    x: Tensor,
    kernels: tuple[int, ...],
    strides: tuple[int, ...],
    padding: list[int],
) -> Tensor:
    """Average over the elements of each window that are no padding, as TensorFlow does."""
    there = functional.pad(x.new_ones(x.shape), padding)
    return average(functional.pad(x, padding), kernels, strides) / average(there, kernels, strides)


def normalized_otherwise(bound: Bound) -> Alternatives:
    """Return local response normalization with TensorFlow's meaning of alpha and of its radius.

    PyTorch divides alpha by the number of channels, TensorFlow does not; its depth_radius n means
    2 n + 1 channels.
    """
    size, alpha, again = bound["size"], bound.get("alpha", 1e-4), bound["again"]
    wide = 2 * size + 1
    return {
        "with alpha times its size": Alternative(
            None, partial(again, alpha=alpha * size), with_arguments(alpha=f"{size} * {alpha!r}")
        ),
        "with alpha by its size": Alternative(
            None, partial(again, alpha=alpha / size), with_arguments(alpha=f"{alpha!r} / {size}")
        ),
        f"over {wide} channels": Alternative(
            None, partial(again, size=wide), with_arguments(size=str(wide))
        ),
        f"over {wide} channels, with alpha times their number": Alternative(
            None,
            partial(again, size=wide, alpha=alpha * wide),
            with_arguments(size=str(wide), alpha=f"{wide} * {alpha!r}"),
        ),
    }


def sampled_otherwise(bound: Bound) -> Alternatives:
    """Return resizing or sampling in another mode, with another filter, or with other borders."""
    again, kind = bound["again"], bound["kind"]
    mode = bound.get("mode", "nearest" if kind == "interpolate" else "bilinear")
    modes = ["nearest", "bilinear", "bicubic"]
    found: Alternatives = {}
    if kind == "grid_sample":
        own = bound.get("padding_mode", "zeros")
        for border in ("zeros", "border", "reflection"):
            if border != own:
                found[f"with {border} beyond the border"] = Alternative(
                    None,
                    partial(again, padding_mode=border),
                    with_arguments(padding_mode=f'"{border}"'),
                )
    else:
        modes += ["nearest-exact", "area"]
        if mode in ("bilinear", "bicubic"):
            name = "without antialias" if bound.get("antialias") else "with antialias"
            wanted = not bound.get("antialias")
            edit = with_arguments(antialias=str(wanted))
            found[name] = Alternative(None, partial(again, antialias=wanted), edit)
    plain = {} if kind == "grid_sample" else {"align_corners": None}
    for other in modes:
        if other != mode:
            changed = plain if other in ("nearest", "nearest-exact", "area") else {}
            edit = with_arguments(mode=f'"{other}"')
            found[f"as {other}"] = Alternative(None, partial(again, mode=other, **changed), edit)
    return found
