"""What `parity init` prints says sure only of what values confirmed."""

from dataclasses import replace

import pytest
from rich.console import Console

from parity.declaring.model_inputs import Input
from parity.init.layouts import Layout, LayoutCall
from parity.init.proposal import Judgement, Match, Proposal
from parity.init.report import print_inputs, print_proposal
from parity.runners.whole_models import LayerWeight, WeightedLayer

LAYER = WeightedLayer("d", "Dense", (LayerWeight("d/kernel", (3, 4)),))
LAYOUT = Layout((LayoutCall("transposed", ("d/kernel", (3, 4), "a.weight", (1, 0))),))
CONFIRMED = Judgement(True, True, "the layer agrees to 3e-16")
ONLY = Judgement(True, False, "the only layer of this kind and shape; not confirmed by values")
NAMED = Judgement(True, False, "by name", by_name=True)
WARNED = Judgement(False, True, "names say 'b'", warning=True)
UNSURE = Judgement(False, False, "equally good with 'a' and 'b' swapped")


def proposal(*judgements):
    matches = tuple(Match(LAYER, LAYER, LAYOUT, judgement) for judgement in judgements)
    return Proposal(matches, (), {}, (), ())


def printed(capsys, given):
    print_inputs(Console(width=200), {"words": Input((6,), "int64", 30)})
    print_proposal(Console(width=200), given, "my_port.py")
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("judgements", "mark", "outcome"),
    [
        ([CONFIRMED, CONFIRMED], "✓", "every pairing is certain"),
        ([ONLY, CONFIRMED], "·", "the map is not confirmed: values confirm only 1 of 2 entries"),
        ([NAMED, CONFIRMED], "·", "every pairing is certain"),
        ([WARNED, CONFIRMED], "!", "1 where names disagree with values, marked in the file"),
        ([UNSURE, ONLY], "?", "1 UNSURE, marked in the file"),
    ],
)
def test_the_last_line_agrees_with_the_marks(capsys, judgements, mark, outcome):
    out = printed(capsys, proposal(*judgements))
    assert f"wrote my_port.py: {outcome}\n" in out
    (first, *_) = (line for line in out.splitlines() if "d/kernel" in line)
    assert first.startswith(f"{mark} d/kernel  a.weight  transpose")
    assert judgements[0].evidence in first
    assert ("UNSURE: " in first) == (mark == "?")
    assert ("WARNING: " in first) == (mark == "!")


def test_nothing_is_certain_where_the_outputs_differ_or_something_was_not_tried(capsys):
    out = printed(capsys, replace(proposal(CONFIRMED), agrees=False))
    assert "the map is not confirmed, as the outputs differ under it" in out
    out = printed(capsys, replace(proposal(CONFIRMED), untried=("3 alternatives after 9 runs",)))
    assert "not tried: 3 alternatives after 9 runs" in out
    assert "every pairing is certain" not in out


def test_inputs_and_weights_without_a_partner_are_shown(capsys):
    left = replace(proposal(CONFIRMED), unmatched_candidate=(LayerWeight("spare", (3,)),))
    out = printed(capsys, left)
    assert "input words: B×6 int64, from 0 to 29" in out
    assert "? spare" in out
    assert "UNSURE: the candidate's; no partner found" in out
    assert "wrote my_port.py: 1 UNSURE" in out


def test_the_orders_of_axes_are_named_where_sizes_did_not_tell(capsys):
    print_inputs(Console(width=200), {"x": Input((4, 4))}, "values decided", doubtful=True)
    assert capsys.readouterr().out == "input x: B×4×4 float32\nlayout: values decided\n"
