"""Models in another interpreter, as `parity init` opens them."""

import sys
from pathlib import Path

import numpy as np
import pytest

from parity.errors import ParityError
from parity.runners.binding import CallSignature
from parity.runners.remote.models import Candidates, References
from parity.runners.remote.process import workers_in


@pytest.mark.slow
def test_a_candidate_is_opened_described_and_run(folder: Path) -> None:
    x = np.ones((2, 3), np.float32)
    with workers_in(None, sys.executable):
        model = Candidates().Model("candidate.py:Scaled", folder, "float64", {"x": "same"})
        assert {name: weight.shape for name, weight in model.weights.items()} == {
            "linear.weight": (2, 3),
            "linear.bias": (2,),
        }
        assert model.signature.names == ("x",)
        described = model.describe({"x": x})
        assert described.outputs == {"output": (2, 2)}
        assert [layer.path for layer in described.layers] == ["linear"]
        weights = {"linear.weight": np.ones((2, 3)), "linear.bias": np.arange(2.0)}
        found = model.run(weights, {"x": x}, ())
        np.testing.assert_array_equal(found["output"], [[3, 4], [3, 4]])


def test_a_reference_answers_what_init_asks(folder: Path) -> None:
    name = "reference.py:double"
    with workers_in(sys.executable, None):
        references = References()
        assert references.call_signature(name, folder) == CallSignature(("x", "n"), ("x", "n"))
        assert references.argument_names(name, folder, 2) == ["x", "n"]
        assert references.input_specs(name, folder) == {}
        with pytest.raises(ParityError, match="no file"):
            references.call_signature("nothing.py:f", folder)
