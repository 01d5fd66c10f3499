"""Layers with weights in a Keras model or tf.Module, under names independent of counters."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from parity.declaring.shared_models import State, state_of
from parity.runners.tensorflow import tf
from parity.runners.tensorflow.keras_dtype import loaded_keras
from parity.runners.whole_models import LayerWeight

# Layers that a port treats as one, whatever layers they contain.
_WHOLE = ("LSTM", "GRU", "SimpleRNN", "MultiHeadAttention")
# Layers made of others that PyTorch has as one.
_COMPOSITES = ("Bidirectional", "RNN")
# Layers that packages extend, with the same weights.
_EXTENDED = (
    *("Dense", "Embedding", "BatchNormalization", "LayerNormalization", "GroupNormalization"),
    *(f"Conv{n}D{turned}" for n in (1, 2, 3) for turned in ("", "Transpose")),
    *("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"),
)
# Attributes of a layer that belong to Keras itself.
_INTERNAL = (
    *("_layers", "_functional", "_tracker", "_obj", "_inbound", "_outbound"),
    # Of tf.Module and tf_keras; a user's may be `_self_attention`.
    *("_self_tracked", "_self_unconditional", "_self_setattr", "_self_saveable"),
    *("_self_name_based", "_self_update", "_self_last", "_self_non"),
)
_SETTINGS = (
    *("return_sequences", "reset_after", "data_format", "use_bias", "go_backwards"),
    *("depth_multiplier", "num_heads", "axis"),
)


class Module(Protocol):
    """A layer or model of Keras 2 or 3, or a tf.Module, which has no `call`."""

    name: str
    variables: Sequence[tf.Variable]
    trainable_variables: Sequence[tf.Variable]
    call: Callable[..., object]

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Call the layer."""


@dataclass(frozen=True)
class KerasLayer:
    """A layer with weights of its own: the variables by canonical name, and their description."""

    path: str
    layer: Module
    variables: Mapping[str, tf.Variable]
    weights: tuple[LayerWeight, ...]

    @property
    def kind(self) -> str:
        """Return the name of its class; of the one that it extends, if that is Keras' own."""
        for kind in type(self.layer).__mro__:
            if kind.__name__ in _EXTENDED and kind.__module__.startswith(("keras", "tf_keras")):
                return kind.__name__
        return type(self.layer).__name__

    @property
    def settings(self) -> dict[str, Any]:
        """Return the attributes that its layout depends on."""
        return {name: getattr(self.layer, name) for name in _SETTINGS if hasattr(self.layer, name)}


def is_layer(value: object) -> bool:
    """Return whether `value` is a layer (or model) of either Keras, without importing one."""
    return any(isinstance(value, keras.layers.Layer) for keras in loaded_keras())


def declared_inputs(model: object) -> tuple[bool, dict[str, Any]]:
    """Return the tensors that a functional or sequential model declares, by name.

    The first value says whether they are passed as a dictionary. Names that Keras made up become x,
    or x0, x1. Other models declare none.
    """
    try:
        tensors = list(getattr(model, "inputs", None) or ())
    except ValueError:
        return False, {}
    nested = getattr(model, "_nested_inputs", getattr(model, "_inputs_struct", None))
    if isinstance(nested, Mapping):
        return True, dict(nested)
    names = getattr(model, "input_names", None) or [tensor.name for tensor in tensors]
    made_up = re.compile(r"(input|keras_tensor|inputs)(_\d+)?")
    names = [
        plain if made_up.fullmatch(name) else name
        for name, plain in zip(names, default_names(len(names)), strict=True)
    ]
    return False, dict(zip(names, tensors, strict=True))


def default_names(count: int) -> list[str]:
    """Name inputs that have no name: x, or x0, x1 and so on."""
    return ["x"] if count == 1 else [f"x{number}" for number in range(count)]


def weighted_layers(model: Module) -> list[KerasLayer]:
    """List every layer with weights of its own, each weight once, in the order of declaration."""
    found: list[KerasLayer] = []
    taken: set[int] = set()
    for path, layer in _layers(model):
        whole = type(layer).__name__ in _WHOLE
        inner = set() if whole else {id(v) for _, sub in _children(layer) for v in _weights(sub)}
        own = [v for v in _weights(layer) if id(v) not in inner and id(v) not in taken]
        own = [v for v in own if tensorflow_variable(v).dtype.is_floating]
        taken |= {id(v) for v in own}
        if not own:
            continue
        named = dict(zip(_weight_names(layer, own, path), own, strict=True))
        trainable = {id(v) for v in layer.trainable_variables}
        found.append(
            KerasLayer(
                path,
                layer,
                {name: tensorflow_variable(v) for name, v in named.items()},
                tuple(
                    LayerWeight(name, tuple(v.shape), id(v) in trainable)
                    for name, v in named.items()
                ),
            )
        )
    return found


def layer_state(layer: Module, assigned: Iterable[tf.Variable]) -> State:
    """Return what a layer holds besides weights that each run assigns, and what Keras keeps."""
    known = {id(value) for value in assigned}

    def mark(value: object) -> object:
        held = tensorflow_variable(value) if _is_weight(value) else value
        if not isinstance(held, tf.Variable) or id(held) in known:
            return value
        return value, held.numpy().tobytes()

    own = (kind() for keras in loaded_keras() for kind in (keras.layers.Layer, keras.Model))
    kept = {name for plain in own for name in vars(plain)}
    return state_of(
        ({k: v for k, v in vars(part).items() if k not in kept} for part in _parts(layer)), mark
    )


def is_plain(layer: Module, assigned: Iterable[tf.Variable]) -> bool:
    """Return whether a layer is made of Keras' own and holds no number but its weights."""
    known = {id(value) for value in assigned}

    def is_number(value: object) -> bool:
        held = tensorflow_variable(value) if _is_weight(value) else value
        tensor = isinstance(held, (tf.Tensor, tf.Variable, np.ndarray))
        return tensor and id(held) not in known

    return all(
        _is_own(type(part))
        and not any(is_number(v) or (callable(v) and not _is_own(v)) for v in vars(part).values())
        for part in _parts(layer)
    )


def _is_own(value: object) -> bool:
    return str(getattr(value, "__module__", "")).startswith(("keras.", "tf_keras.", "tensorflow."))


def _parts(layer: Module) -> Iterable[Any]:
    flat = getattr(layer, "_flatten_layers", None)
    return flat() if flat else (layer, *getattr(layer, "submodules", ()))


def composite_layers(model: Module, layers: list[KerasLayer]) -> list[KerasLayer]:
    """List the layers within the model that are made of others, with the weights of all these."""
    found: list[KerasLayer] = []
    for path, layer in _layers(model):
        within = [inner for inner in layers if inner.path.startswith(f"{path}/")]
        if path and within and type(layer).__name__ in _COMPOSITES:
            variables = {name: v for inner in within for name, v in inner.variables.items()}
            weights = tuple(weight for inner in within for weight in inner.weights)
            found.append(KerasLayer(path, layer, variables, weights))
    return found


def _layers(model: Module) -> Iterator[tuple[str, Module]]:
    """Walk the model and all layers within it, by path, each once; weightless ones too."""
    seen: set[int] = set()

    def walk(path: str, layer: Module) -> Iterator[tuple[str, Module]]:
        if id(layer) in seen:
            return
        seen.add(id(layer))
        yield path, layer
        if type(layer).__name__ not in _WHOLE:
            for name, child in _children(layer):
                yield from walk(f"{path}/{name}" if path else name, child)

    yield from walk("", model)


def _children(layer: Module) -> list[tuple[str, Module]]:
    """List the layers directly within, by attribute, or by name in a model that lists them."""
    public = [(name, value) for name, value in vars(layer).items() if not name.startswith("_")]
    private = [(name, value) for name, value in vars(layer).items() if name.startswith("_")]
    listed = list(getattr(layer, "layers", None) or ())
    found: dict[int, tuple[str, Module]] = {}
    for name, child in (
        *_within(public),
        *zip(_stable_names(listed), listed, strict=True),
        *_within([item for item in private if not item[0].startswith(_INTERNAL)]),
    ):
        found.setdefault(id(child), (name, child))
    return list(found.values())


def _within(attributes: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Module]]:
    """Find the layers among attributes, and in lists and dictionaries, however deep."""
    for name, value in attributes:
        if is_layer(value) or (isinstance(value, tf.Module) and not _is_weight(value)):
            yield name, value
        elif isinstance(value, Mapping):
            yield from _within([(f"{name}/{key}", item) for key, item in value.items()])
        elif isinstance(value, (list, tuple)):
            yield from _within([(f"{name}/{number}", item) for number, item in enumerate(value)])


def _stable_names(layers: list[Module]) -> list[str]:
    """Return names as Keras gives them in a fresh process, where its counters start at 0."""
    counts: dict[str, int] = {}
    names = []
    for layer in layers:
        word_starts = r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])"
        stem = re.sub(word_starts, "_", type(layer).__name__).lower()
        name = layer.name
        if re.fullmatch(rf"{re.escape(stem)}(_\d+)?", name):
            number = counts.get(stem, 0)
            counts[stem] = number + 1
            name = f"{stem}_{number}" if number else stem
        names.append(name)
    return names


def _weights(layer: Module) -> list[Any]:
    weights = getattr(layer, "weights", None)
    return list(weights if weights is not None else layer.variables)


def tensorflow_variable(value: Any) -> tf.Variable:
    """Return the TensorFlow variable, which Keras 3 wraps in one of its own."""
    return value if isinstance(value, tf.Variable) else value.value


def _weight_names(layer: Module, own: list[Any], path: str) -> list[str]:
    """Name weights by the last part of their name, the last two, or that and a number.

    The shortest of these that distinguishes all of the layer's weights is used.
    """
    attributes = {id(value): name for name, value in vars(layer).items() if _is_weight(value)}
    full = [(getattr(v, "path", None) or v.name).split(":")[0].split("/") for v in own]
    full = [["output" if p == "attention_output" else p for p in parts] for parts in full]
    for parts in (1, 2):
        names = ["/".join(name[-parts:]) for name in full]
        if not is_layer(layer):
            names = [attributes.get(id(v), n) for v, n in zip(own, names, strict=True)]
        if len(set(names)) == len(names):
            break
    else:
        names = [f"{name}/{number}" for number, name in enumerate(names)]
    return [f"{path}/{name}" if path else name for name in names]


def _is_weight(value: object) -> bool:
    return isinstance(value, tf.Variable) or type(value).__name__ == "Variable"
