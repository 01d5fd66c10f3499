"""Sixty ways to write gMVP's layers that mean the same pass; those that nearly do are refused.

A right port is seldom written as this one is: sums in another order, -inf for a mask, torch's own
cell, a convolution for a dense layer. None of these may be refused, or nobody would trust a
refusal. Beside each kind stands a mistake that looks like it.
"""

from unittest.mock import patch

import pytest

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.registry import find
from tests.parity.ports.rewritten import attention, dense, encoding

pytestmark = pytest.mark.slow

RIGHT = {**attention.RIGHT, **encoding.RIGHT, **dense.RIGHT}
WRONG = {**attention.WRONG, **encoding.WRONG, **dense.WRONG}


def params(rewritings):
    """Return the names; an inverse of 2709 x 2709 takes minutes."""
    return [
        pytest.param(name, marks=pytest.mark.exhaustive)
        if one.config.startswith("inv_cov")
        else name
        for name, one in rewritings.items()
    ]


def verdicts(rewriting):
    """Check the layer with gradients, isolated, with the part written in the other way."""
    port = find("gmvp")
    selection = Selection(
        layers=(rewriting.layer,), configs=(rewriting.config,), modes=("isolated",), gradients=True
    )
    checker = Checker(port, port.load_inputs(None, 1, 3), selection)
    ((pair, config, _),) = checker.cases()
    with patch.object(rewriting.target, rewriting.name, rewriting.written):
        return checker.run(pair, config, "isolated")


def test_there_are_sixty_right_ways_and_half_as_many_wrong_ones():
    assert len(RIGHT) == 60
    assert len(WRONG) > 30


@pytest.mark.parametrize("name", params(RIGHT))
def test_another_way_to_write_it_passes(name):
    case = verdicts(RIGHT[name])
    failing = {o.name: o.reason for o in case.outputs if not o.verdict.passes}
    assert case.verdict.passes, (failing, case.notes)


@pytest.mark.parametrize("name", params(WRONG))
def test_a_mistake_that_looks_like_it_is_refused(name):
    assert verdicts(WRONG[name]).verdict.mismatch
