"""References in a worker: models of TensorFlow, or plain functions of numpy arrays."""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from parity.arrays import Arrays
from parity.declaring.constants import ConstantChanges
from parity.declaring.model_sides import ModelSide
from parity.declaring.port import Built, Side
from parity.declaring.trace import Task, Trace
from parity.errors import ParityError
from parity.runners import loading, numpy
from parity.runners.binding import CallSignature
from parity.runners.remote.functions import FunctionModel, is_function_of_arrays
from parity.runners.remote.messages import Message
from parity.runners.remote.worker import named_folder

PACKAGES = {
    "tensorflow": ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos"),
    "keras": ("keras",),
    "tf_keras": ("tf_keras",),
}

# TensorFlow from this version on has Keras 3, which sets its own default dtype.
_WITHOUT_KERAS_2 = (2, 16)


def opened(described: Message, dtype: str) -> Any:
    """Make a model, built on example inputs, or open a function."""
    (name, folder), inputs = named_folder(described), described["examples"]
    if _is_function(name, folder):
        return FunctionModel(name, folder, dtype, inputs)
    return _models().Model(name, folder, dtype, inputs, described["trust"])


def ready(model: Any, described: Message) -> Any:
    """Return the model: nothing of a reference's declaration changes it."""
    return model


def run(
    described: Message, side: ModelSide, task: Task, dtype: str, changes: ConstantChanges | None
) -> Trace:
    """Run a side of a model; a function has no gradients, so none may be asked for."""
    name, folder = named_folder(described)
    function = _is_function(name, folder)
    if function and task.differentiate != ():
        raise ParityError(
            f"{name} is a plain function of numpy arrays, which has no gradients; leave out --grad"
        )
    build: Callable[[Any, str], Built] = lambda options, dtype: side.of(  # noqa: E731
        opened(described, dtype), options
    )
    runner: Any = numpy
    if not function:
        _models()
        from parity.runners import tensorflow

        runner = tensorflow
    trace: Trace = runner.run(Side("", build), "reference", task, dtype, changes)
    return trace


def numbers(model: Any, names: list[str]) -> Arrays:
    """Return weights of a model as they are."""
    if isinstance(model, FunctionModel):
        return {}
    from parity.runners import tensorflow

    return {name: tensorflow.numbers(model.weights[name]) for name in names}


def answer(question: str, message: Message) -> Any:
    """Answer a question of `parity init`, or read a file of weights."""
    name, folder = named_folder(message["model"])
    trust = message["model"]["trust"]
    if question == "read_weights":
        from parity.runners.tensorflow.weight_files import read_weights

        return read_weights(opened(message["model"], "float32"), Path(message["path"]), name)
    if _is_function(name, folder):
        signature = CallSignature.of(loading.load_attribute(name, folder))
        if question == "argument_names":
            count, names = message["count"], list(signature.names)
            return names if len(names) == count else [f"x{number}" for number in range(count)]
        return signature if question == "call_signature" else {}
    arguments = (message["count"],) if question == "argument_names" else ()
    return getattr(_models(), question)(name, folder, *arguments, trust)


@cache
def _is_function(name: str, folder: Path) -> bool:
    if loading.is_model_file(name, folder):
        return False
    return is_function_of_arrays(loading.load_attribute(name, folder))


def _models() -> ModuleType:
    """Import TensorFlow, its own Keras, and what makes models of them."""
    from parity.runners.tensorflow import models, tf

    # Until 2.15, tf.keras is loaded on first use, and before 2.6 it is no package of its own. It
    # must be known as Keras before a model is built in a dtype.
    major, minor = map(int, tf.__version__.split(".")[:2])
    if (major, minor) < _WITHOUT_KERAS_2 and hasattr(tf.keras, "layers"):
        sys.modules.setdefault("keras", tf.keras)
    return models
