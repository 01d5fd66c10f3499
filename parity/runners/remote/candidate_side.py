"""Candidates in a worker: modules of PyTorch."""

from typing import Any

from parity.arrays import Arrays
from parity.declaring.constants import ConstantChanges
from parity.declaring.model_sides import ModelSide
from parity.declaring.port import Side
from parity.declaring.trace import Task, Trace
from parity.errors import ParityError
from parity.runners import torch
from parity.runners.remote.messages import Message
from parity.runners.remote.worker import named_folder
from parity.runners.torch import models

PACKAGES = {"torch": ("torch",)}


def opened(described: Message, dtype: str) -> models.Model:
    """Make a module."""
    rest = [described[name] for name in ("orders", "zero", "split", "outputs")]
    return models.Model(*named_folder(described), dtype, *rest)


def ready(model: models.Model, described: Message) -> models.Model:
    """Return a module made before, with the orders of axes that are declared now."""
    model.orders, model.outputs = described["orders"], described["outputs"]
    return model


def run(
    described: Message, side: ModelSide, task: Task, dtype: str, changes: ConstantChanges | None
) -> Trace:
    """Run a side of a module, its weights and gradients by its own keys."""
    built = Side("torch", lambda options, dtype: side.of(opened(described, dtype), options))
    return torch.run(built, "reference", task, dtype, changes)


def numbers(model: models.Model, names: list[str]) -> Arrays:
    """Return weights of a module as they are."""
    return {name: torch.numbers(model.weights[name]) for name in names}


def answer(question: str, message: Message) -> Any:
    """Raise ParityError: a candidate is asked nothing more."""
    raise ParityError(f"the candidate cannot answer '{question}' in another Python")
