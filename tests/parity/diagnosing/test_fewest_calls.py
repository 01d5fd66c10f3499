"""Of repairs that explain a mismatch as well, the one in the fewest calls is named."""

import pytest

from parity.declaring.known_bug import KnownBug, OtherOperation
from parity.diagnosing.diagnosis import RootCause
from parity.diagnosing.fewest_calls import in_fewest_calls

EXCHANGED = OtherOperation("add", 0, "with the second factors of its products exchanged")
TURNED = OtherOperation("mul", None, "with one minus its first factor")
ONE_TURNED = OtherOperation("mul", 1, "with one minus its first factor")
ONCE, ALWAYS = OtherOperation("tanh", 1, "as erf"), OtherOperation("tanh", None, "as erf")
WITH_EPS = OtherOperation("layer_norm", 0, "with eps 0.1, as in the reference")
PLUS = OtherOperation("tanh", 0, "plus 0.1, as in the reference")


@pytest.mark.parametrize(
    ("found", "left"),
    [
        ((EXCHANGED, TURNED), (EXCHANGED,)),
        ((TURNED, EXCHANGED), (EXCHANGED,)),
        ((EXCHANGED, ONE_TURNED), (EXCHANGED, ONE_TURNED)),
        ((TURNED, ONCE), (TURNED, ONCE)),
        ((ALWAYS, ONCE), (ONCE,)),
        ((WITH_EPS, PLUS), (WITH_EPS,)),
        ((PLUS,), (PLUS,)),
    ],
)
def test_what_says_no_more_is_left_out(found, left):
    def causes(changes):
        return [RootCause((KnownBug(None, each.way, "", each),), 0.0) for each in changes]

    kept = [cause.known_bugs[0].change for cause in in_fewest_calls(causes(found))]
    assert tuple(kept) == left


def test_a_pair_of_repairs_is_never_left_out():
    both = RootCause(tuple(KnownBug(None, c.way, "", c) for c in (ALWAYS, TURNED)), 0.0)
    single = RootCause((KnownBug(None, ONCE.way, "", ONCE),), 0.0)
    assert in_fewest_calls([both, single]) == [both, single]
