"""References in a worker: functions, and models of TensorFlow."""

import sys
from pathlib import Path

import numpy as np
import pytest

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.registry import find
from parity.runners.remote import reference_side
from parity.runners.remote.process import workers_in

KERAS = """
import keras

def make():
    x = keras.Input((4,), name="x")
    hidden = keras.layers.Dense(5, name="hidden")(x)
    hidden = keras.layers.LeakyReLU(negative_slope=0.3)(hidden)
    return keras.Model(x, keras.layers.Dense(3, name="out")(hidden))
"""
TORCH = """
from torch import nn

class Net(nn.Module):
    def __init__(self, slope=0.3):
        super().__init__()
        self.hidden, self.act, self.out = nn.Linear(4, 5), nn.LeakyReLU(slope), nn.Linear(5, 3)

    def forward(self, x):
        return self.out(self.act(self.hidden(x)))

class Other(Net):
    def __init__(self):
        super().__init__(0.2)
"""
PORT = """
from parity import layouts, models

port = models.port(
    "p", "keras_model.py:make", "torch_model.py:{candidate}", beside=__file__,
    inputs={{"x": models.Input((4,))}},
    weights=(*layouts.dense("hidden", "hidden", 4, 5), *layouts.dense("out", "out", 5, 3)),
    layers=(models.Layer("hidden", "hidden"), models.Layer("out", "out")),
)
"""


def test_a_function_has_no_weights(folder: Path) -> None:
    examples = {"x": np.ones((1, 3)), "n": np.ones(1)}
    described = {
        **{"name": "reference.py:double", "folder": str(folder)},
        **{"examples": examples, "trust": False},
    }
    model = reference_side.opened(described, "float32")
    assert reference_side.numbers(model, []) == {}
    assert reference_side.ready(model, described) is model
    assert reference_side.answer("input_specs", {"model": described}) == {}
    for count, names in ((2, ["x", "n"]), (1, ["x0"])):
        asked = {"model": described, "count": count}
        assert reference_side.answer("argument_names", asked) == names


@pytest.mark.slow
def test_keras_elsewhere_is_judged_as_keras_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("keras_model.py").write_text(KERAS)
    Path("torch_model.py").write_text(TORCH)
    for candidate in ("Net", "Other"):
        Path(f"{candidate}.py").write_text(PORT.format(candidate=candidate))
    found = {}
    for python in (None, sys.executable):
        with workers_in(python, None):
            for candidate in ("Net", "Other"):
                port = find(f"{candidate}.py")
                checker = Checker(port, port.load_inputs(None, 1, 4), Selection(gradients=True))
                found[python, candidate] = [
                    (result.layer, result.mode, result.verdict, result.constants, result.outputs)
                    for pair, config, modes in checker.cases()
                    for result in (checker.run(pair, config, mode) for mode in modes)
                ]
    for candidate in ("Net", "Other"):
        assert found[None, candidate] == found[sys.executable, candidate]
    assert all(each[2].passes for each in found[None, "Net"])
    # The slope is held in float32, which is seen in the other process, too.
    assert any(each[3] for each in found[None, "Net"])
    assert not all(each[2].passes for each in found[None, "Other"])
