"""Reader for TensorFlow checkpoints and SavedModels that does not need TensorFlow.

A checkpoint contains a graph of the saved objects. Visiting it as Keras lists weights (a layer's
own variables first, then its sublayers, in the order in which they were attached) gives Keras'
order; the names of the edges give attribute paths.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from converters.errors import WeightsError
from converters.protobuf_wire import BYTES, WireError, fields, submessages
from converters.weights.sources import SetAside, Source, Tensor
from converters.weights.tensor_bundle import TensorBundle

_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_VALUE = "VARIABLE_VALUE"
# Edges that Keras' SavedModels add to the attributes; they lead to objects reached in other ways.
_BOOKKEEPING = {
    "variables",
    "trainable_variables",
    "regularization_losses",
    "keras_api",
    "signatures",
}
_OPTIMIZER_MARKS = {"_iterations", "iter"}
_DEEPEST = 64


@dataclass
class Node:
    """One saved object: its children in order, its variable's key, its optimizer slots."""

    children: list[tuple[str, int]] = field(default_factory=list)
    key: str = ""
    slots: list[int] = field(default_factory=list)


def checkpoint_prefix(path: Path) -> Path:
    """Return the checkpoint's prefix for a path that is a prefix, its .index file, or a folder.

    Raises:
        WeightsError: there is none, or there are several and none is marked as the latest.
    """
    if path.is_dir():
        inner = path / "variables" / "variables"
        if Path(f"{inner}.index").is_file():
            return inner
        return _latest(path)
    return path.with_suffix("") if path.suffix == ".index" else path


def _latest(folder: Path) -> Path:
    listing = folder / "checkpoint"
    if listing.is_file():
        content = listing.read_text("utf-8", "replace")
        named = re.search(r'^model_checkpoint_path: "([^"\n]*)"', content, re.MULTILINE)
        if named is None:
            raise WeightsError(f"{listing}: names no checkpoint (model_checkpoint_path)")
        # In a moved folder the listing may give the old path; the files are next to it.
        for prefix in (folder / named[1], folder / Path(named[1]).name):
            if Path(f"{prefix}.index").is_file():
                return prefix
        raise WeightsError(f"{listing}: names {named[1]}, but there is no {named[1]}.index")
    found = sorted(folder.glob("*.index"))
    if len(found) != 1:
        raise WeightsError(f"{folder}: contains {len(found)} checkpoints; give the prefix of one")
    return found[0].with_suffix("")


def read_tf_checkpoint(path: str | Path) -> Source:
    """Read the variables of a checkpoint or SavedModel, in Keras' order.

    Args:
        path: a checkpoint's prefix, a folder with a `checkpoint` file, or a SavedModel's folder.

    Raises:
        WeightsError: it is damaged, incomplete, or has no object graph (TensorFlow 1).
        OSError: a file cannot be read.
    """
    path = Path(path)
    prefix = checkpoint_prefix(path)
    bundle = TensorBundle(prefix)
    if _GRAPH not in bundle.keys:
        raise WeightsError(
            f"{prefix}: has no object graph; expected a checkpoint of tf.train.Checkpoint,"
            " save_weights or a SavedModel of TensorFlow 2"
        )
    try:
        nodes = _read_graph(memoryview(bundle.string(_GRAPH)))
    except WireError as error:
        raise WeightsError(f"{prefix}: its object graph is damaged: {error}") from None
    walk = _Walk(nodes, prefix)
    walk.run()
    tensors = [
        Tensor(name, bundle.tensor(nodes[number].key), *_owner(name))
        for name, number in walk.variables
        if _exists(bundle, prefix, nodes[number].key)
    ]
    kind = "SavedModel" if prefix.parent.name == "variables" else "TensorFlow checkpoint"
    aside = [*walk.set_aside, *_unreached(bundle, walk)]
    return Source(path, kind, tuple(tensors), ordered=True, named=True, set_aside=tuple(aside))


def _owner(name: str) -> tuple[str, str]:
    layer, _, leaf = name.rpartition("/")
    return layer, leaf


def _exists(bundle: TensorBundle, prefix: Path, key: str) -> bool:
    if key not in bundle.keys:
        raise WeightsError(f"{prefix}: its object graph names {key}, which is not in the index")
    return True


def _unreached(bundle: TensorBundle, walk: "_Walk") -> Iterator[SetAside]:
    """Yield the keys that the graph does not use; raise WeightsError if one holds numbers."""
    known = {node.key for node in walk.nodes}
    for key in bundle.keys:
        if key in known or key == _GRAPH:
            continue
        if bundle.is_numeric(key) and key.endswith(_VALUE):
            raise WeightsError(f"{walk.prefix}: no object of the graph has {key}; damaged?")
        yield SetAside(key, "not a variable")


class _Walk:
    """A traversal of the object graph in Keras' order of weights."""

    def __init__(self, nodes: list[Node], prefix: Path) -> None:
        self.nodes, self.prefix = nodes, prefix
        self.variables: list[tuple[str, int]] = []
        self.set_aside: list[SetAside] = []
        self._seen: set[int] = set()

    def run(self) -> None:
        """Visit the attributes first, then what is reachable only by Keras' bookkeeping edges."""
        for node in self.nodes:
            for slot in node.slots:
                self._leave_out(slot, self.nodes[slot].key, "state of the optimizer")
        self._visit(0, ())
        for number, node in enumerate(self.nodes):
            if node.key and number not in self._seen:
                name = node.key.partition("/.ATTRIBUTES")[0]
                reason = _aside_reason(name.split("/"))
                if reason:
                    self._leave_out(number, name, reason)
                else:
                    self._seen.add(number)
                    self.variables.append((name, number))

    def _visit(self, number: int, parts: tuple[str, ...]) -> None:
        if number in self._seen:
            return
        self._check_depth(parts)
        self._seen.add(number)
        node = self.nodes[number]
        own = [child for child in node.children if self.nodes[child[1]].key]
        sublayers = [child for child in node.children if not self.nodes[child[1]].key]
        for name, child in own:
            if child not in self._seen:
                self._seen.add(child)
                self._take((*parts, name), child)
        for name, child in sublayers:
            if name in _BOOKKEEPING:
                continue
            if name == "optimizer" or self._is_optimizer(child):
                self._leave_out_all(child, (*parts, name))
            else:
                self._visit(child, (*parts, name))

    def _check_depth(self, parts: tuple[str, ...]) -> None:
        if len(parts) > _DEEPEST:
            raise WeightsError(
                f"{self.prefix}: objects are nested more than {_DEEPEST} deep; damaged?"
            )

    def _take(self, parts: tuple[str, ...], number: int) -> None:
        reason = _aside_reason(parts)
        if reason:
            self.set_aside.append(SetAside("/".join(parts), reason))
        else:
            self.variables.append(("/".join(parts), number))

    def _is_optimizer(self, number: int) -> bool:
        return not _OPTIMIZER_MARKS.isdisjoint(name for name, _ in self.nodes[number].children)

    def _leave_out_all(self, number: int, parts: tuple[str, ...]) -> None:
        if number in self._seen:
            return
        self._check_depth(parts)
        if self.nodes[number].key:
            self._leave_out(number, "/".join(parts), "state of the optimizer")
            return
        self._seen.add(number)
        for name, child in self.nodes[number].children:
            self._leave_out_all(child, (*parts, name))

    def _leave_out(self, number: int, name: str, reason: str) -> None:
        if number not in self._seen:
            self._seen.add(number)
            self.set_aside.append(SetAside(name.partition("/.ATTRIBUTES")[0], reason))


def _aside_reason(parts: tuple[str, ...] | list[str]) -> str:
    if parts[-1] == "save_counter":
        return "counter of saved checkpoints"
    if parts[0] == "optimizer":
        return "state of the optimizer"
    if "keras_api" in parts and "metrics" in parts:
        return "state of a metric"
    if "_random_generator" in parts:
        return "state of a random generator"
    return ""


def _read_graph(message: memoryview) -> list[Node]:
    """Read a TrackableObjectGraph.

    Raises:
        WireError: it is damaged, or an edge leads nowhere.
    """
    nodes = [_read_node(item) for item in submessages(message, 1)]
    for node in nodes:
        for number in [child for _, child in node.children] + node.slots:
            if number >= len(nodes):
                raise WireError(f"an edge leads to object {number} of {len(nodes)}", 0)
    if not nodes:
        raise WireError("there is no object", 0)
    return nodes


def _read_node(message: memoryview) -> Node:
    node = Node()
    for item in fields(message):
        if item.wire_type != BYTES:
            continue
        numbers = {part.tag: part.number for part in fields(item.data) if part.wire_type != BYTES}
        words = {
            part.tag: bytes(part.data).decode("utf-8", "replace")
            for part in fields(item.data)
            if part.wire_type == BYTES
        }
        if item.tag == 1:
            node.children.append((words.get(2, ""), numbers.get(1, 0)))
        elif item.tag == 2 and words.get(1) == _VALUE:
            node.key = words.get(3, "")
        elif item.tag == 3:
            node.slots.append(numbers.get(3, 0))
    return node
