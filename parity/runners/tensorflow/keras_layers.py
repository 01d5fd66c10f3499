"""Which layers of a Keras model or tf.Module hold weights, under names that do not count up."""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from parity.runners.survey import Held
from parity.runners.tensorflow import tf

# Layers that are one thing to a port, whatever layers they hold within.
_WHOLE = ("LSTM", "GRU", "SimpleRNN", "MultiHeadAttention")
# Layers made of others that PyTorch has as one.
_FRAMES = ("Bidirectional", "RNN")
# What Keras itself keeps in a layer's attributes.
_INTERNAL = ("_layers", "_functional", "_self_", "_tracker", "_obj", "_inbound", "_outbound")
_FACTS = (
    *("return_sequences", "reset_after", "data_format", "use_bias", "go_backwards"),
    *("depth_multiplier", "num_heads", "axis"),
)


@dataclass(frozen=True)
class KerasPart:
    """A layer, and its own weights by canonical name."""

    path: str
    layer: Any
    variables: Mapping[str, tf.Variable]
    held: tuple[Held, ...]

    @property
    def kind(self) -> str:
        """The name of its class."""
        return type(self.layer).__name__

    @property
    def facts(self) -> dict[str, Any]:
        """What its layout depends on."""
        return {name: getattr(self.layer, name) for name in _FACTS if hasattr(self.layer, name)}


def is_layer(value: Any) -> bool:
    """Whether it is a layer (or model) of either Keras, without importing one."""
    loaded = [sys.modules[name] for name in ("tf_keras", "keras") if name in sys.modules]
    return any(isinstance(value, module.layers.Layer) for module in loaded)


def declared_inputs(model: Any) -> tuple[bool, dict[str, Any]]:
    """The tensors that a functional or sequential model declares, by name; none for others.

    Also whether they are handed over as a dictionary. Names that Keras made up become x, or x0, x1.
    """
    try:
        tensors = list(model.inputs or ())
    except (AttributeError, ValueError):
        return False, {}
    nested = getattr(model, "_nested_inputs", getattr(model, "_inputs_struct", None))
    if isinstance(nested, Mapping):
        return True, dict(nested)
    names = getattr(model, "input_names", None) or [tensor.name for tensor in tensors]
    made_up = re.compile(r"(input|keras_tensor|inputs)(_\d+)?")
    plain = ["x"] if len(names) == 1 else [f"x{number}" for number in range(len(names))]
    names = [p if made_up.fullmatch(n) else n for n, p in zip(names, plain, strict=True)]
    return False, dict(zip(names, tensors, strict=True))


def held_parts(model: Any) -> list[KerasPart]:
    """Every layer with weights of its own, each weight once, in the order of declaration."""
    found: list[KerasPart] = []
    taken: set[int] = set()
    for path, layer in _layers("", model):
        whole = type(layer).__name__ in _WHOLE
        inner = set() if whole else {id(v) for _, sub in _children(layer) for v in _weights(sub)}
        own = [v for v in _weights(layer) if id(v) not in inner and id(v) not in taken]
        own = [v for v in own if _variable(v).dtype.is_floating]
        taken |= {id(v) for v in own}
        if not own:
            continue
        names = _weight_names(layer, own, path)
        trainable = {id(v) for v in layer.trainable_variables}
        found.append(
            KerasPart(
                path,
                layer,
                {name: _variable(v) for name, v in zip(names, own, strict=True)},
                tuple(
                    Held(name, tuple(v.shape), id(v) in trainable)
                    for name, v in zip(names, own, strict=True)
                ),
            )
        )
    return found


def held_frames(model: Any, parts: list[KerasPart]) -> list[KerasPart]:
    """Layers within the model that are made of others, with all that these hold."""
    found: list[KerasPart] = []
    for path, layer in _layers("", model):
        within = [part for part in parts if part.path.startswith(f"{path}/")]
        if path and within and type(layer).__name__ in _FRAMES:
            variables = {name: v for part in within for name, v in part.variables.items()}
            held = tuple(one for part in within for one in part.held)
            found.append(KerasPart(path, layer, variables, held))
    return found


def _layers(path: str, layer: Any) -> Iterator[tuple[str, Any]]:
    """The layer and all within it, by path, each once; weightless ones too."""
    seen: set[int] = set()

    def walk(at: str, here: Any) -> Iterator[tuple[str, Any]]:
        if id(here) in seen:
            return
        seen.add(id(here))
        yield at, here
        if type(here).__name__ not in _WHOLE:
            for name, child in _children(here):
                yield from walk(f"{at}/{name}" if at else name, child)

    yield from walk(path, layer)


def _children(layer: Any) -> list[tuple[str, Any]]:
    """Layers directly within: by attribute, or by name in a model that lists its layers."""
    public = [(name, value) for name, value in vars(layer).items() if not name.startswith("_")]
    private = [(name, value) for name, value in vars(layer).items() if name.startswith("_")]
    listed = list(getattr(layer, "layers", None) or ())
    found: dict[int, tuple[str, Any]] = {}
    for name, child in (
        *_within(public),
        *zip(_steady_names(listed), listed, strict=True),
        *_within([item for item in private if not item[0].startswith(_INTERNAL)]),
    ):
        found.setdefault(id(child), (name, child))
    return list(found.values())


def _within(attributes: list[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Layers that are attributes, or in a list or dictionary that is one."""
    for name, value in attributes:
        inner: list[tuple[str, Any]] = [(name, value)]
        if isinstance(value, Mapping):
            inner = [(f"{name}/{key}", item) for key, item in value.items()]
        elif isinstance(value, (list, tuple)):
            inner = [(f"{name}/{number}", item) for number, item in enumerate(value)]
        for path, item in inner:
            if is_layer(item) or (isinstance(item, tf.Module) and not _is_weight(item)):
                yield path, item


def _steady_names(layers: list[Any]) -> list[str]:
    """Names as Keras gives them in a fresh process: automatic ones count from the first."""
    counts: dict[str, int] = {}
    names = []
    for layer in layers:
        parts = r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])"
        stem = re.sub(parts, "_", type(layer).__name__).lower()
        name = layer.name
        if re.fullmatch(rf"{re.escape(stem)}(_\d+)?", name):
            number = counts.get(stem, 0)
            counts[stem] = number + 1
            name = f"{stem}_{number}" if number else stem
        names.append(name)
    return names


def _weights(layer: Any) -> list[Any]:
    held = getattr(layer, "weights", None)
    return list(held if held is not None else layer.variables)


def _variable(value: Any) -> Any:
    """The TensorFlow variable within one of Keras 3; others are one already."""
    return value if isinstance(value, tf.Variable) else value.value


def _weight_names(layer: Any, own: list[Any], path: str) -> list[str]:
    """The last part of each name, or two where one is not enough; a number where that is not."""
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


def _is_weight(value: Any) -> bool:
    return isinstance(value, tf.Variable) or type(value).__name__ == "Variable"
