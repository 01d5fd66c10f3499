"""A trial says how much agrees, and ranks an exact agreement above one within float32."""

from parity.init.trial import AGREES, Trial


def test_an_exact_agreement_ranks_before_one_that_float32_would_show():
    assert Trial({"output": 1e-15}, {}).rank > Trial({"output": 1e-9}, {}).rank
    assert Trial({"output": 1e-9}, {}).rank > Trial({"output": 1e-3}, {}).rank


def test_a_layer_that_agrees_only_on_the_right_input_counts_half():
    trial = Trial({"output": 1.0}, {"one": 0.0, "two": 1.0}, {"two": 0.0})
    assert (trial.score, trial.full_score) == (3, 6)
    assert trial.error("two") == 0.0
    assert trial.confirms("two")
    assert not trial.agrees
    assert not Trial({}, {}).agrees


def test_what_agrees_in_no_way_differs():
    trial = Trial({"output": 1e-15}, {"one": 1.0, "two": 1.0, "three": 0.0}, {"two": 0.0})
    assert trial.differing == ("one",)


def test_outputs_agree_exactly_only_beyond_float32():
    assert Trial({"output": 1e-15}, {}).agrees_exactly
    assert not Trial({"output": 1e-15, "other": 1e-9}, {}).agrees_exactly
    assert not Trial({}, {}).agrees_exactly
    assert AGREES["float64"] < AGREES["float32"]
