"""Candidates in a worker, made in this process."""

from pathlib import Path

import numpy as np
import pytest

from parity.errors import ParityError
from parity.runners.remote import candidate_side
from parity.runners.remote.messages import Message


@pytest.fixture
def described(folder: Path) -> Message:
    rest = {"orders": {"x": "same"}, "zero": (), "split": {}, "outputs": {}}
    return {"name": "candidate.py:Scaled", "folder": str(folder), **rest}


def test_a_module_is_made_in_its_dtype(described: Message) -> None:
    model = candidate_side.opened(described, "float64")
    assert candidate_side.numbers(model, ["linear.bias"])["linear.bias"].dtype == np.float64


def test_a_module_takes_the_orders_that_are_declared_now(described: Message) -> None:
    model = candidate_side.opened(described, "float32")
    changed = {**described, "orders": {"x": "channels first"}}
    assert candidate_side.ready(model, changed).orders == {"x": "channels first"}


def test_there_is_nothing_else_to_ask(described: Message) -> None:
    with pytest.raises(ParityError, match="cannot answer 'input_specs'"):
        candidate_side.answer("input_specs", {"model": described})
