"""SavedModels as references: the graph of their signature, frozen, or else the signature itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parity.errors import InputError, SideFailedError, describe
from parity.runners.quiet import quiet
from parity.runners.tensorflow import tf
from parity.runners.tensorflow.frozen_graphs import run_graph
from parity.runners.tensorflow.graph_defs import FrozenGraph
from parity.runners.tensorflow.keras_layers import Module
from parity.runners.tensorflow.kinds import kind_of


class SavedModule(tf.Module):  # type: ignore[misc]
    """A SavedModel whose graph cannot be frozen, called by its signature, in float32.

    Each scope of variable names is a module, which cannot be called.

    `inputs` are those of the signature, by name.
    """

    def __init__(self, loaded: Any, signature: Any) -> None:
        super().__init__()
        _, inputs = signature.structured_input_signature
        # Attributes with an underscore: neither is a layer.
        self._loaded, self._signature = loaded, signature
        self._inputs_struct = dict(inputs)
        self.inputs = list(inputs.values())
        for scope, held in _scopes(signature).items():
            setattr(self, scope, held)

    def __call__(self, inputs: Any) -> Any:
        """Call the signature on one tensor, or on several by name."""
        given = inputs if isinstance(inputs, Mapping) else {next(iter(self._inputs_struct)): inputs}
        found = self._signature(**given)
        return next(iter(found.values())) if len(found) == 1 else found


def load_saved_model(path: Path, dtype: str) -> Module:
    """Load the folder of a SavedModel; raise SideFailedError if it cannot be had in the dtype.

    Raises InputError if it is none, is damaged, or has no or several signatures.
    """
    if not (path / "saved_model.pb").is_file():
        raise InputError(f"{path} is a folder without saved_model.pb; expected a SavedModel")
    try:
        with quiet():
            loaded = tf.saved_model.load(str(path))
            signatures = dict(loaded.signatures)
    except Exception as error:  # TensorFlow raises all kinds of errors for damaged files
        raise InputError(f"{path} cannot be loaded as a SavedModel: {describe(error)}") from error
    signature = signatures.get("serving_default")
    if signature is None and len(signatures) == 1:
        signature = next(iter(signatures.values()))
    if signature is None:
        raise InputError(
            f"{path} has {len(signatures)} signatures and no serving_default; save it with one: "
            "tf.saved_model.save(model, folder, signatures=...)"
        )
    if (graph := _frozen(signature)) is not None:
        return run_graph(graph, path, dtype)
    if dtype != "float32":
        raise SideFailedError(f"{path} is a SavedModel whose operations are in float32")
    module: Module = SavedModule(loaded, signature)
    return module


def _frozen(signature: Any) -> FrozenGraph | None:
    """Return the graph of a signature with its variables as constants of their names, or None.

    Tables and other resources cannot be frozen.
    """
    from tensorflow.python.framework import convert_to_constants

    try:
        with quiet():
            frozen = convert_to_constants.convert_variables_to_constants_v2(
                signature, lower_control_flow=False
            )
    except Exception:  # TensorFlow raises all kinds of errors for what it cannot freeze
        return None
    definition = frozen.graph.as_graph_def()
    fed = [tensor.op.name for tensor in frozen.inputs]
    placeholders = {node.name for node in definition.node if node.op == "Placeholder"}
    _, inputs = signature.structured_input_signature
    outputs = signature.structured_outputs
    if placeholders != set(fed) or len(inputs) != len(fed) or len(outputs) != len(frozen.outputs):
        return None
    names = _variable_names(signature)
    for node in definition.node:
        node.name = names.get(node.name, node.name)
        node.input[:] = [names.get(each, each) for each in node.input]
    # Structures of TensorFlow are in the order of their names.
    return FrozenGraph(
        definition,
        dict(zip(sorted(inputs), fed, strict=True)),
        dict(zip(sorted(outputs), [tensor.name for tensor in frozen.outputs], strict=True)),
        frozenset(names.values()),
    )


def _variable_names(signature: Any) -> dict[str, str]:
    """Return the name of each variable by that of the constant which it is frozen as."""
    found: dict[str, str] = {}
    for variable in signature.variables:
        name = variable.name.partition(":")[0]
        while name in found.values():
            name += "_"
        captured = (p.op.name for held, p in signature.graph.captures if held is variable.handle)
        found |= dict.fromkeys(captured, name)
    return found


def _scopes(signature: Any) -> dict[str, tf.Module]:
    """Return a module for each scope of the names of the variables that a signature uses."""
    scopes: dict[str, dict[str, tf.Variable]] = {}
    for variable in signature.variables:
        scope, _, name = variable.name.partition(":")[0].rpartition("/")
        held = scopes.setdefault(scope.replace("/", "_") or "model", {})
        while name in held:
            name += "_"
        held[name] = variable
    return {scope: _module(held) for scope, held in scopes.items()}


def _module(held: Mapping[str, tf.Variable]) -> tf.Module:
    """Return a module with these variables, whose class is named as the layer seems to be."""
    kind = kind_of({name: tuple(variable.shape) for name, variable in held.items()})
    module = type(kind, (tf.Module,), {})()
    for name, variable in held.items():
        setattr(module, name, variable)
    return module
