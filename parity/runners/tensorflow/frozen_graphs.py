"""Frozen graphs (.pb) as references: constants that were variables are weights, by operations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parity.declaring.training_mode import in_training
from parity.errors import SideFailedError, describe
from parity.runners.quiet import quiet
from parity.runners.tensorflow import tf
from parity.runners.tensorflow.graph_defs import FrozenGraph, Node, read_graph, sources
from parity.runners.tensorflow.keras_layers import Module
from parity.runners.tensorflow.kinds import MOVING, kind_of

# Operations that begin a layer: its kind, and the name of each weight by its place in the inputs.
_BEGINNINGS: dict[str, tuple[str, dict[int, str]]] = {
    "Conv2D": ("Conv2D", {1: "kernel"}),
    "Conv3D": ("Conv3D", {1: "kernel"}),
    "DepthwiseConv2dNative": ("DepthwiseConv2D", {1: "depthwise_kernel"}),
    "Conv2DBackpropInput": ("Conv2DTranspose", {1: "kernel"}),
    "MatMul": ("Dense", {1: "kernel"}),
    "GatherV2": ("Embedding", {0: "embeddings"}),
    **dict.fromkeys(
        ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"),
        ("BatchNormalization", {1: "gamma", 2: "beta", 3: "moving_mean", 4: "moving_variance"}),
    ),
}
_ADDITIONS = ("BiasAdd", "Add", "AddV2")
_DATA = {"Conv2DBackpropInput": 2, "GatherV2": 1}
"""The place of an operation's data among its inputs, where it is not the first."""


@dataclass
class _Layer:
    """Operations that weights belong to: their names by constant, what goes in and comes out."""

    path: str
    kind: str = "Module"
    weights: dict[str, str] = field(default_factory=dict)
    data: str = ""
    output: str = ""


class GraphLayer(tf.Module):  # type: ignore[misc]
    """A layer of a graph, which can be run alone; `call` returns what the graph's run returned.

    Its class is named as a layer of Keras, its weights are attributes.
    """

    def __init__(self) -> None:
        super().__init__()
        self._function: Any = None
        self._found: tuple[tf.Tensor, tf.Tensor] | None = None

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Return the output for an input."""
        if self._found is not None and x is self._found[0]:
            return self._found[1]
        return self._function(x)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Return the output for an input."""
        return self.call(x)

    def runs_as(self, function: Any) -> None:
        """Take the function of the graph's part from the layer's input to its output."""
        self._function = function

    def replay(self, given: tf.Tensor, found: tf.Tensor) -> None:
        """Call the layer on what a run of the whole graph gave it, with the output of that run."""
        self._found = given, found
        try:
            self.call(given)
        finally:
            self._found = None


class GraphModule(tf.Module):  # type: ignore[misc]
    """A frozen graph whose weights are variables, and whose layers are modules.

    `inputs` are its placeholders; a single one of truth values is whether it trains.
    """

    def __init__(self, graph: FrozenGraph, dtype: str) -> None:
        super().__init__()
        fed = graph.inputs or {node.name: node.name for node in graph.placeholders}
        nodes = {name: graph.nodes[node] for name, node in fed.items()}
        self._inputs_struct = {
            k: _spec(k, node) for k, node in nodes.items() if not _is_phase(node)
        }
        self.inputs = list(self._inputs_struct.values())
        phases = [name for name, node in nodes.items() if _is_phase(node)]
        self._phases = len(phases)
        results = graph.results or {node.name: f"{node.name}:0" for node in graph.outputs}
        self._outputs = list(results)
        layers = _layers(graph)
        held = {
            constant: tf.Variable(
                graph.weights[constant], name not in MOVING, dtype=dtype, name=constant
            )
            for layer in layers
            for constant, name in layer.weights.items()
        }
        self._imported = _imported(graph.in_float64() if dtype == "float64" else graph, held)
        self._modules = {layer.path: self._module(layer, held) for layer in layers}
        for path, module in self._modules.items():
            setattr(self, path, module)
        self._taps = [layer for layer in layers if layer.output]
        taps = [tensor for layer in self._taps for tensor in (layer.data, layer.output)]
        feeds = [f"{fed[name]}:0" for name in (*self._inputs_struct, *phases)]
        self._whole = self._part(feeds, [*results.values(), *taps])

    def _module(self, layer: _Layer, held: Mapping[str, tf.Variable]) -> GraphLayer:
        module: GraphLayer = type(layer.kind, (GraphLayer,), {})()
        for constant, name in layer.weights.items():
            setattr(module, name, held[constant])
        if layer.kind == "GRU":
            module.reset_after = any(
                len(held[constant].shape) == 2
                for constant, name in layer.weights.items()
                if name == "bias"
            )
        if layer.output:
            module.runs_as(self._part([layer.data], [layer.output]))
        return module

    def _part(self, feeds: list[str], fetches: list[str]) -> Any:
        element = self._imported.graph.as_graph_element
        function = self._imported.prune(
            [element(one) for one in feeds], [element(one) for one in fetches]
        )
        kinds = [element(one).dtype for one in feeds]

        def call(*given: tf.Tensor) -> Any:
            found = function(*(tf.cast(x, kind) for x, kind in zip(given, kinds, strict=True)))
            return found if len(fetches) > 1 else found[0]

        return call

    def __call__(self, inputs: Any) -> Any:
        """Run the graph on one tensor, or on several by name; layers are called as it goes."""
        names = list(self._inputs_struct)
        given = inputs if isinstance(inputs, Mapping) else {names[0]: inputs}
        phases = [tf.constant(in_training())] * self._phases
        found = self._whole(*(given[name] for name in names), *phases)
        found = list(found) if isinstance(found, (list, tuple)) else [found]
        made, taps = found[: len(self._outputs)], found[len(self._outputs) :]
        for layer, x, y in zip(self._taps, taps[::2], taps[1::2], strict=True):
            self._modules[layer.path].replay(x, y)
        return made[0] if len(made) == 1 else dict(zip(self._outputs, made, strict=True))


def load_frozen_graph(path: Path, dtype: str) -> Module:
    """Load a frozen graph in float32 or float64.

    Raises InputError if it is none or is damaged; SideFailedError if it cannot be had in the dtype.
    """
    return run_graph(read_graph(path), path, dtype)


def run_graph(graph: FrozenGraph, path: Path, dtype: str) -> Module:
    """Return the module of a graph from a file; raise SideFailedError if it cannot be imported."""
    if dtype not in ("float32", "float64"):
        raise SideFailedError(f"{path} holds a graph, which cannot be had in {dtype}")
    try:
        with quiet():
            module: Module = GraphModule(graph, dtype)
    except Exception as error:  # TensorFlow raises all kinds of errors for graphs it cannot take
        said = f"{path} cannot be imported in {dtype}: {describe(error)}"
        raise SideFailedError(said) from error
    return module


def _imported(graph: FrozenGraph, variables: Mapping[str, tf.Variable]) -> Any:
    def build() -> None:
        read = {f"{name}:0": tf.convert_to_tensor(held) for name, held in variables.items()}
        tf.graph_util.import_graph_def(graph.definition, input_map=read, name="")

    return tf.compat.v1.wrap_function(build, [])


def _is_phase(node: Node) -> bool:
    return bool(node.attr["dtype"].type == tf.bool.as_datatype_enum)


def _spec(name: str, node: Node) -> tf.TensorSpec:
    shape = node.attr["shape"].shape if "shape" in node.attr else None
    return tf.TensorSpec(tf.TensorShape(shape), tf.as_dtype(node.attr["dtype"].type), name)


def _layers(graph: FrozenGraph) -> list[_Layer]:
    """Return the layers in the order of their operations, then those of weights used otherwise."""
    found: list[_Layer] = []
    ending: dict[str, _Layer] = {}
    taken: set[str] = set()
    for node in graph.ordered():
        inputs = [graph.behind(name) for name in sources(node)]
        behind = [_expanded(graph, name) or name for name in inputs]
        own = [(place, name) for place, name in enumerate(behind) if name in graph.weights]
        own = [(place, name) for place, name in own if name not in taken]
        if node.op == "Squeeze" and inputs[0] in ending:
            layer = ending[inputs[0]]
        elif own and (begun := _begun(graph, node, inputs, own)) is not None:
            layer = begun
            found.append(layer)
        elif len(own) == 1 and node.op in _ADDITIONS and inputs[1 - own[0][0]] in ending:
            layer = ending[inputs[1 - own[0][0]]]
            layer.weights[own[0][1]] = "bias"
        else:
            continue
        layer.output = f"{node.name}:0"
        ending[node.name] = layer
        taken |= {name for _, name in own}
    others = _others(graph, taken)
    _name(found, {layer.path for layer in others})
    return [*found, *others]


def _begun(
    graph: FrozenGraph, node: Node, inputs: list[str], own: list[tuple[int, str]]
) -> _Layer | None:
    """Return the layer that an operation with these weights begins; None if it begins none."""
    kind, names = _BEGINNINGS.get(node.op, ("", {}))
    data = _DATA.get(node.op, 0)
    if not kind or any(place not in names for place, _ in own) or inputs[data] in graph.weights:
        return None
    layer = _Layer(own[0][1], kind, {name: names[place] for place, name in own})
    layer.data = _tensor(node.input[data])
    if _expanded(graph, inputs[own[0][0]]) is not None:
        # A convolution over time is one over images of one row.
        given = graph.nodes[inputs[data]]
        if kind != "Conv2D" or given.op != "ExpandDims":
            return None
        layer.kind, layer.data = "Conv1D", _tensor(given.input[0])
    return layer


def _expanded(graph: FrozenGraph, name: str) -> str | None:
    """Return the weight that a node gives one more axis; None if it does not."""
    node = graph.nodes[name]
    if node.op != "ExpandDims":
        return None
    weight = graph.behind(sources(node)[0])
    return weight if weight in graph.weights else None


def _tensor(name: str) -> str:
    return name if ":" in name else f"{name}:0"


def _name(found: list[_Layer], others: set[str]) -> None:
    """Name layers by the scope of their first weight, or by the weight where that is not enough.

    It is not where several layers share a scope, or where one has its scope within another's, as
    that would be a part of it.
    """
    scopes = [layer.path.rpartition("/")[0] for layer in found]
    every = {*scopes, *others}
    for layer, scope in zip(found, scopes, strict=True):
        within = any(other.startswith(f"{scope}/") for other in every)
        if scope and scope not in others and scopes.count(scope) == 1 and not within:
            layer.path = scope


def _others(graph: FrozenGraph, taken: set[str]) -> list[_Layer]:
    """Return a layer without a call for each scope of the weights that are left."""
    layers: dict[str, _Layer] = {}
    for constant in graph.weights:
        if constant not in taken:
            scope, _, name = constant.rpartition("/")
            layer = layers.setdefault(scope or "others", _Layer(scope or "others"))
            layer.weights[constant] = name
    for layer in layers.values():
        layer.kind = kind_of(
            {name: graph.weights[key].shape for key, name in layer.weights.items()}
        )
    return list(layers.values())
