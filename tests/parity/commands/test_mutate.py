"""`parity mutate` exits with 0 if all mutants are caught, 1 if one survives, 2 on an error."""

import json

import pytest
from typer.testing import CliRunner

from parity.cli import app

PORT = """
import numpy as np
import parity
from parity.declaring.known_bug import ChangedOutputs, KnownBug

def side(factor):
    return parity.Side('numpy', lambda options, dtype: parity.Built(
        lambda inputs: {{'y': inputs['x'] * factor}}))

def load(source, seed, count):
    random = np.random.default_rng(seed)
    return parity.InputSet('drawn', {{'x': random.normal(size=(count, 3)).astype(np.float32)}})

own = KnownBug(None, 'a part left out', 'y', ChangedOutputs(
    lambda outputs, task: {{'y': outputs['y'] * {left}}}), layer='layer')
pair = parity.Pair('layer', side(2), side({factor}), (parity.Configuration('default', {{}}),),
                   lambda given: given.inputs.arrays)
port = parity.Port('small', (pair,), load, known_bugs=(own,))
"""


@pytest.fixture
def mutate(tmp_path):
    def run(factor=2, left=0.5, *arguments):
        path = tmp_path / "small_port.py"
        path.write_text(PORT.format(factor=factor, left=left))
        return CliRunner().invoke(app, ["mutate", "--port", str(path), *arguments])

    return run


def test_every_mutant_is_caught_and_named(mutate, tmp_path):
    path = tmp_path / "mutants.json"
    result = mutate(2, 0.5, "--diagnose", "--json", str(path))
    assert result.exit_code == 0, result.output
    found = json.loads(path.read_text())
    assert found["port"] == "small"
    assert found["planted"] == found["caught"] >= 5
    assert f"{found['caught']} of {found['planted']} mutants caught" in result.output
    names = {mutant["known_bug"]: mutant["named"] for mutant in found["mutants"]}
    assert names["a part left out"] == "right"


def test_a_survivor_is_exit_code_1(mutate):
    result = mutate(2, "(1 + np.finfo(outputs['y'].dtype).eps)")
    assert result.exit_code == 1, result.output
    assert "survived: layer: a part left out (y), default" in result.output


def test_a_port_that_fails_by_itself_is_an_error(mutate):
    result = mutate(3)
    assert "fails before any bug is planted: y different" in str(result.exception)


def test_options_of_the_source_alone_are_refused_without_it(mutate):
    result = mutate(2, 0.5, "--file", "gone.py")
    assert "--file is an option of --source" in str(result.exception)


def test_a_part_of_the_mutants_is_drawn_by_the_seed(mutate, tmp_path):
    path = tmp_path / "mutants.json"

    def drawn(seed):
        result = mutate(2, 0.5, "--limit", "3", "--seed", seed, "--json", str(path))
        assert result.exit_code == 0, result.output
        found = json.loads(path.read_text())
        assert f"mutants caught, 3 of {found['possible']} drawn" in result.output
        return [mutant["known_bug"] for mutant in found["mutants"]]

    assert len(drawn("1")) == 3
    assert drawn("1") == drawn("1")
    assert len({tuple(drawn(str(seed))) for seed in range(1, 5)}) > 1
