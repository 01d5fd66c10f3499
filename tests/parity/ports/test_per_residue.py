"""The scoring engine's pair can fail, and asks about every kind of protein."""

from unittest.mock import patch

import pytest
import torch

from parity.declaring.port import Given
from parity.ports.gmvp import inputs, per_residue
from pt_gmvp.forms.per_residue.joining import Variants

PAIR, CONFIG = "model_per_residue", "add-cov-spe"


def test_every_configuration_and_length_is_asked_about(gmvp):
    names = {config.name for config in gmvp.pair(PAIR).configs}
    of_model = {config.name for config in gmvp.pair("model").configs}
    # Neither shared windows nor dropout masks are questions of whole proteins.
    assert of_model - {"add-cov-spe-shared-windows", "add-cov-spe-uneven-masks"} < names
    assert {f"length-{length}" for length in (1, 2, 64, 65, 128, 129, 130)} < names


@pytest.mark.parametrize("source", [None, "random"])
@pytest.mark.parametrize("name", [CONFIG, "length-1", "length-2", "length-140"])
def test_an_x_and_a_column_of_gaps_are_scored(gmvp, source, name):
    (config,) = (c for c in gmvp.pair(PAIR).configs if c.name == name)
    arrays = per_residue.protein(Given(inputs.load(source, 1, 5), config, 1, dict))
    matrix, positions = arrays["matrix"], arrays["positions"]
    assert len(matrix) == config.options.get("length", len(matrix))
    assert {*range(min(3, len(matrix))), len(matrix) - 1} <= {*positions}
    assert (matrix[1:2, 0] == 20).all()
    assert (matrix[2:3, 21:221] == 20).all()


@pytest.mark.slow
@pytest.mark.parametrize("source", [None, "random"])
@pytest.mark.parametrize("config", [CONFIG, "nn-fre-none", "length-1", "length-65"])
def test_it_passes(gmvp, run_case, config, source):
    case = run_case(gmvp, PAIR, config, source)
    assert case.verdict.passes, case


def _open(ends: bool, center: bool):
    """As `_left_out`, but for what is open."""

    def left_out(length, some, device):
        offsets = torch.arange(-64, 65)
        positions = torch.arange(some.start, some.stop)[:, None] + offsets
        beyond = (positions < 0) | (positions >= length)
        return beyond & (not ends) | (offsets == 0) & (not center)

    return left_out


def _clamped(codes):
    return codes.clamp(0, 20).long()


def _as_if_known(of_site):
    return lambda self, sites, residues: of_site(self, sites, residues.clamp(max=19))


ARITHMETIC = "pt_gmvp.forms.per_residue"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("config", "source", "where", "mistake"),
    [
        (CONFIG, None, "model._left_out", _open(ends=True, center=False)),
        pytest.param(
            *(CONFIG, None, "model._left_out", _open(ends=False, center=True)),
            marks=pytest.mark.exhaustive,
        ),
        (CONFIG, "random", "protein.states", _clamped),
        pytest.param(CONFIG, None, "attention.LEAKY_SLOPE", 0.01, marks=pytest.mark.exhaustive),
        (CONFIG, None, "joining.Variants.at_sites", _as_if_known(Variants.at_sites)),
        # What pairs have that do not vary together: the least norm there is.
        ("length-64", None, "model._LEAST_NORM", 0.5),
    ],
)
def test_a_mistake_in_the_engine_is_caught(gmvp, run_case, config, source, where, mistake):
    with patch(f"{ARITHMETIC}.{where}", mistake):
        assert not run_case(gmvp, PAIR, config, source).verdict.passes
