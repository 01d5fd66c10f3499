"""Frozen graphs (GraphDef): their inputs, outputs and weights, and the same graph in float64."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from parity.errors import InputError, describe
from parity.runners.tensorflow import tf

# What TensorFlow puts between a variable and its uses: `w/read`, `dense/MatMul/ReadVariableOp`.
_READ = ("/read", "ReadVariableOp")
_NORMS = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
_NOT_OUTPUTS = ("Const", "NoOp", "Assert", "Placeholder", "PlaceholderWithDefault")
_EPSILON = 1e-4
"""The epsilon of FusedBatchNorm where the graph gives none: the default of the operation."""

Node = Any
"""A NodeDef, whose class is made when TensorFlow is imported."""


def read_graph(path: Path) -> "FrozenGraph":
    """Read a frozen graph; raise InputError for a file that is none or has no inputs or outputs."""
    definition = tf.compat.v1.GraphDef()
    try:
        definition.ParseFromString(path.read_bytes())
    except Exception as error:  # protobuf raises errors of its own
        raise InputError(
            f"{path} cannot be read as a frozen graph (GraphDef): {describe(error)}"
        ) from error
    graph = FrozenGraph(definition)
    if not graph.placeholders or not graph.outputs:
        raise InputError(
            f"{path} has {len(graph.placeholders)} placeholders and {len(graph.outputs)} outputs; "
            "expected a frozen graph. For a SavedModel, name its folder"
        )
    held = next(
        (node for node in definition.node if node.op in ("VariableV2", "VarHandleOp")), None
    )
    if held is not None:
        raise InputError(
            f"{path} is not frozen: '{held.name}' is a variable, whose value is elsewhere; freeze "
            "it with its checkpoint: convert_variables_to_constants"
        )
    return graph


@dataclass(frozen=True)
class FrozenGraph:
    """A graph whose weights are constants.

    Args:
        definition: the GraphDef.
        inputs: the node of each input by name; None for the placeholders.
        results: the tensor of each output by name; None for what nothing takes.
        variables: the constants that were variables; None if their reads have to tell.
    """

    definition: Any
    inputs: Mapping[str, str] | None = None
    results: Mapping[str, str] | None = None
    variables: frozenset[str] | None = None

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Return the nodes by name, in the graph's order."""
        return {node.name: node for node in self.definition.node}

    @cached_property
    def placeholders(self) -> list[Node]:
        """Return the inputs that have no default."""
        return [node for node in self.definition.node if node.op == "Placeholder"]

    @cached_property
    def outputs(self) -> list[Node]:
        """Return what is computed and nothing takes."""
        taken = {source for node in self.definition.node for source in sources(node)}
        taken |= {
            each[1:] for node in self.definition.node for each in node.input if each[0] == "^"
        }
        return [n for n in self.definition.node if n.name not in taken and n.op not in _NOT_OUTPUTS]

    @cached_property
    def weights(self) -> dict[str, Any]:
        """Return the arrays of the weights by the name of their constant.

        They are the constants that were variables, as their reads tell; where no read is left, all
        of float32 with more than one number.
        """
        floating: dict[str, Node] = {
            node.name: node
            for node in self.definition.node
            if node.op == "Const" and node.attr["dtype"].type == tf.float32.as_datatype_enum
        }
        read = {
            sources(node)[0]
            for node in self.definition.node
            if node.op == "Identity" and any(word in node.name for word in _READ)
        }
        values = {
            name: tf.make_ndarray(node.attr["value"].tensor) for name, node in floating.items()
        }
        if self.variables is not None:
            chosen = floating.keys() & self.variables
        else:
            chosen = floating.keys() & read or {name for name, v in values.items() if v.size > 1}
        return {name: value for name, value in values.items() if name in chosen}

    def behind(self, name: str) -> str:
        """Return what a node passes on unchanged, or the node itself."""
        while self.nodes[name].op == "Identity":
            name = sources(self.nodes[name])[0]
        return name

    def ordered(self) -> Iterator[Node]:
        """Yield the nodes so that each comes after those it takes."""
        done: set[str] = set()
        for start in self.nodes:
            waiting = [start]
            while waiting:
                node = self.nodes[waiting[-1]]
                # A loop of control flow has no order; its first node comes as it is met.
                missing = [x for x in sources(node) if x not in done and x not in waiting]
                if missing:
                    waiting.append(missing[0])
                    continue
                waiting.pop()
                if node.name not in done:
                    done.add(node.name)
                    yield node

    def in_float64(self) -> "FrozenGraph":
        """Return the graph with every float32 as float64; a normalization as its arithmetic."""
        single, double = tf.float32.as_datatype_enum, tf.float64.as_datatype_enum
        made = tf.compat.v1.GraphDef()
        made.versions.CopyFrom(self.definition.versions)
        made.library.CopyFrom(self.definition.library)
        # A function of the same name in float32 may be known to TensorFlow by now.
        names = {f.signature.name: f"{f.signature.name}_in_float64" for f in made.library.function}
        for gradient in made.library.gradient:
            gradient.function_name = names[gradient.function_name]
            gradient.gradient_func = names[gradient.gradient_func]
        for function in made.library.function:
            function.signature.name = names[function.signature.name]
            for argument in (*function.signature.input_arg, *function.signature.output_arg):
                argument.type = double if argument.type == single else argument.type
            for node in function.node_def:
                _widen(node, names)
        for node in self.definition.node:
            for each in _as_arithmetic(node) if node.op in _NORMS else [node]:
                copy = made.node.add()
                copy.CopyFrom(each)
                _widen(copy, names)
        return replace(self, definition=made)


def _widen(node: Node, functions: Mapping[str, str]) -> None:
    """Make every float32 in a node's attributes float64, and give functions their other names."""
    single, double = tf.float32.as_datatype_enum, tf.float64.as_datatype_enum
    node.op = functions.get(node.op, node.op)
    for attribute in node.attr.values():
        if attribute.type == single:
            attribute.type = double
        if single in attribute.list.type:
            attribute.list.type[:] = [double if t == single else t for t in attribute.list.type]
        for called in (attribute.func, *attribute.list.func):
            if called.name in functions:
                called.name = functions[called.name]
        if attribute.HasField("tensor") and attribute.tensor.dtype == single:
            array = tf.make_ndarray(attribute.tensor).astype("float64")
            attribute.tensor.CopyFrom(tf.make_tensor_proto(array))


def sources(node: Node) -> list[str]:
    """Return the names of the nodes whose values a node takes."""
    return [each.partition(":")[0] for each in node.input if not each.startswith("^")]


def _as_arithmetic(node: Node) -> Iterator[Node]:
    """Yield the steps of a normalization by moving statistics, which has no kernel in float64."""
    if node.attr["is_training"].b or node.attr["data_format"].s not in (b"", b"NHWC"):
        yield node
        return
    x, gamma, beta, mean, variance = node.input
    name = node.name
    epsilon = node.attr["epsilon"].f if "epsilon" in node.attr else _EPSILON
    yield _constant(f"{name}/epsilon", epsilon)
    yield _step("AddV2", f"{name}/variance", variance, f"{name}/epsilon")
    yield _step("Rsqrt", f"{name}/rsqrt", f"{name}/variance")
    yield _step("Sub", f"{name}/centered", x, mean)
    yield _step("Mul", f"{name}/normalized", f"{name}/centered", f"{name}/rsqrt")
    yield _step("Mul", f"{name}/scaled", f"{name}/normalized", gamma)
    yield _step("AddV2", name, f"{name}/scaled", beta)


def _constant(name: str, value: float) -> Node:
    node = tf.compat.v1.NodeDef(name=name, op="Const")
    node.attr["dtype"].type = tf.float32.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value, tf.float32))
    return node


def _step(operation: str, name: str, *inputs: str) -> Node:
    node = tf.compat.v1.NodeDef(name=name, op=operation, input=inputs)
    node.attr["T"].type = tf.float32.as_datatype_enum
    return node
