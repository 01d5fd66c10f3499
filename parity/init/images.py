"""Flattened images, with the channels last in the reference and mostly first in the candidate.

A Dense on a flattened image, a Dense whose outputs become an image, and a normalization of such a
vector have the same elements on both sides in two orders. How many channels there may be is known
from the image layers called before and after.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from parity.arrays import Array
from parity.init.layouts import Layout, LayoutCall, positive
from parity.runners.whole_models import ModelDescription, Shape, WeightedLayer

CHANNELS_FIRST = ("Conv", "BatchNorm", "GroupNorm", "InstanceNorm")
"""Beginnings of the kinds of PyTorch's layers that have the channels first."""

_NORMS = ("BatchNormalization", "LayerNormalization")


def with_channels(model: ModelDescription) -> ModelDescription:
    """Add to each layer on vectors the numbers of channels that an image in them may have.

    "flattened" are those of the images before it, "image" those of the images after it, the nearest
    first.
    """
    found: list[WeightedLayer] = []
    for number, layer in enumerate(model.layers):
        if layer.kind in ("Dense", *_NORMS) and layer.inputs and len(layer.inputs[0]) == 2:
            before = [one.output for one in reversed(model.layers[:number])]
            after = [one.inputs[0] if one.inputs else None for one in model.layers[number + 1 :]]
            sizes = (layer.inputs[0][-1], (layer.output or layer.inputs[0])[-1])
            channels = {
                "flattened": _channels(before, sizes[0]),
                "image": _channels(after, sizes[1]),
            }
            layer = replace(layer, settings={**layer.settings, **channels})
        found.append(layer)
    return replace(model, layers=tuple(found))


def _channels(images: Sequence[Shape | None], size: int) -> tuple[int, ...]:
    """Return the channels that a vector of this size may have, of images in this order."""
    some = [shape[-1] for shape in images if shape is not None and len(shape) > 2]
    return tuple(n for n in dict.fromkeys(some) if 1 < n < size and size % n == 0)


def image_layouts(reference: WeightedLayer, plain: Layout) -> list[Layout]:
    """List the layouts of a layer on vectors that are flattened images, or become images."""
    before, after = (reference.settings.get(name, ()) for name in ("flattened", "image"))
    (call, *others) = plain.calls or (None,)
    if call is not None and call.function == "dense" and not others:
        keywords = [{"channels": n} for n in before]
        keywords += [{"image": n} for n in after]
        keywords += [{"channels": n, "image": m} for n in before for m in after]
        return [
            replace(plain, calls=(replace(call, keywords={**call.keywords, **some}),))
            for some in keywords
        ]
    if reference.kind not in _NORMS:
        return []
    return [
        replace(plain, calls=tuple(_vectors(plain, channels)))
        for channels in dict.fromkeys((*before, *after))
    ]


def _vectors(plain: Layout, channels: int) -> Iterator[LayoutCall]:
    for weight in plain.weights:
        arguments = (weight.name, weight.shape[0], weight.keys[0], channels)
        yield LayoutCall("image_vector", arguments, positive(weight.name))


def may_be_image(reference: WeightedLayer) -> bool:
    """Return whether the layer may take or return a flattened image."""
    return any(reference.settings.get(name) for name in ("flattened", "image"))


def is_flattened(layout: Layout) -> bool:
    """Return whether the layer takes a flattened image, whose channels are first there."""
    return any("channels" in call.keywords for call in layout.calls)


def returned_channels(layout: Layout) -> int:
    """Return the channels of the image that the layer returns in another order; 0 for none."""
    for call in layout.calls:
        if call.function == "image_vector":
            return int(call.arguments[3])
        if call.keywords.get("image"):
            return int(call.keywords["image"])
    return 0


def channels_last(array: Array, channels: int) -> Array:
    """Return vectors (N, channels * places) of the candidate with the channels last."""
    return array.reshape(len(array), channels, -1).swapaxes(1, 2).reshape(array.shape)
