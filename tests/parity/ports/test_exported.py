"""Exported files by the engine's verdicts; and one that is wrong is refused."""

import numpy as np
import pytest
from onnx import numpy_helper

import pt_gmvp.forms.exported.exporting
from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.judging.verdict import Verdict
from parity.ports.gmvp.exported import CONFIGS, port

RIGHT = pt_gmvp.forms.exported.exporting.export


def verdict(layer: str, config: str, source: str | None = None, records: int = 10) -> Verdict:
    pair = port.pair(layer)
    checker = Checker(port, port.load_inputs(source, 7, records), Selection())
    chosen = next(one for one in pair.configs if one.name == config)
    return checker.run(pair, chosen, "isolated").verdict


@pytest.mark.exhaustive
def test_residue_by_residue_it_is_the_original() -> None:
    assert verdict("per_residue", "dot-cov-spe-uneven", records=5) is Verdict.EQUIVALENT


@pytest.mark.exhaustive
@pytest.mark.parametrize("config", [config.name for config in CONFIGS])
@pytest.mark.parametrize("source", [None, "random"])
@pytest.mark.parametrize("layer", port.layers)
def test_every_configuration(layer: str, config: str, source: str | None) -> None:
    assert verdict(layer, config, source) is Verdict.EQUIVALENT


def without_the_slot(model, form):
    """An export that forgets the learned slot's bias of a position."""
    exported = RIGHT(model, form)
    names = [one.name for one in exported.graph.initializer if "bias_position_bias" in one.name]
    for weight in exported.graph.initializer:
        if weight.name in names:
            nothing = np.zeros_like(numpy_helper.to_array(weight))
            weight.CopyFrom(numpy_helper.from_array(nothing, weight.name))
    assert names
    return exported


@pytest.mark.exhaustive
def test_a_wrong_file_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(pt_gmvp.forms.exported.exporting, "export", without_the_slot)
    assert verdict("plain", "add-cov-spe-uneven", records=4) is Verdict.DIFFERENT
