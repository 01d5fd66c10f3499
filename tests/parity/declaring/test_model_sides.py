"""Sides that are whole models: which runner has them, and which weights they have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from parity.declaring.interpreters import sides_in
from parity.declaring.model_sides import CandidateModel, Layer, ModelSide, ReferenceModel
from parity.declaring.port import REFERENCE_OUTPUTS
from parity.declaring.shared_models import SharedModels, sharing, sharing_wholes, tracking_constants

REFERENCE = ReferenceModel("a.py:f", Path(), dict)
CANDIDATE = CandidateModel("b.py:F", Path(), {})


class Made:
    def __init__(self) -> None:
        self.weights = {"one/w": 1, "one/b": 2, "two/w": 3}

    def call(self, inputs: Any, layers: Any, returned: Any = None) -> dict[str, Any]:
        return {"called": (inputs, layers, returned)}

    def alone(self, layer: Layer) -> Callable[[Any], dict[str, Any]]:
        return lambda tensor: {"alone": (layer, tensor)}

    def state(self, layer: Layer | None) -> dict[tuple[int, str], object]:
        return {}

    def is_plain(self, layer: Layer) -> bool:
        return layer.reference == "one"


def test_a_side_runs_in_the_interpreter_that_is_named_for_it() -> None:
    assert ModelSide(REFERENCE).side().framework == "tensorflow"
    assert ModelSide(CANDIDATE).side().framework == "torch"
    with sides_in("a/python"):
        assert ModelSide(REFERENCE).side().framework == "reference-python"
        assert ModelSide(CANDIDATE).side().framework == "torch"
    with sides_in(None, "b/python"):
        assert ModelSide(CANDIDATE).side().framework == "candidate-python"


def test_a_whole_model_is_called_with_its_layers() -> None:
    layers = (Layer("one", "one"),)
    side = ModelSide(CANDIDATE, layers, kept=("two/w",))
    built = side.of(Made(), {})
    assert built.parameters == {"one/w": 1, "one/b": 2}
    assert built.call({"x": 1}) == {"called": ({"x": 1}, layers, None)}
    returning = side.of(Made(), {REFERENCE_OUTPUTS: {"one": 5}})
    assert returning.call({}) == {"called": ({}, layers, {"one": 5})}


def test_a_layer_is_called_alone_with_its_own_weights() -> None:
    layer = Layer("one", "one")
    built = ModelSide(REFERENCE, alone=layer, within="one/").of(Made(), {})
    assert built.parameters == {"one/w": 1, "one/b": 2}
    assert built.call({"input": 7}) == {"alone": (layer, 7)}


def test_layers_share_models_where_that_is_asked_for(monkeypatch: Any) -> None:
    opened: list[str] = []

    def opening(model: ReferenceModel, dtype: str) -> Made:
        opened.append(dtype)
        return Made()

    monkeypatch.setattr(ReferenceModel, "open", opening)
    sides = [ModelSide(REFERENCE, alone=Layer(name, name)) for name in ("one", "two")]
    whole = ModelSide(REFERENCE)
    for side in sides:
        side({}, "float32")
    assert len(opened) == 2
    opened.clear()
    with sharing(SharedModels()):
        for side in (*sides, whole, whole):
            side({}, "float32")
            side({}, "float64")
    assert sorted(opened) == ["float32"] * 3 + ["float64"] * 3
    opened.clear()
    with sharing_wholes():
        for side in (*sides, whole, whole):
            side({}, "float32")
    assert opened == ["float32"]
    opened.clear()
    with sharing(SharedModels()):
        for _ in range(2):
            # What changed constants are built into is never shared.
            with tracking_constants():
                for side in (*sides, whole):
                    side({}, "float64")
            for side in sides:
                side({}, "float64")
    assert len(opened) == 3 + 1 + 2
