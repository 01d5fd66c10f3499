"""The search tries bugs alone, repairs, functions moved elsewhere, and pairs, within its time."""

import torch

from parity.declaring.known_bug import ChangedInputs, KnownBug, OtherOperation
from parity.diagnosing.budget import Budget
from parity.diagnosing.diagnosis import RootCause
from parity.diagnosing.hypothesis_runs import HypothesisRuns
from parity.diagnosing.run_cache import RunCache
from parity.diagnosing.search import Search
from tests.parity.diagnosing.small_ports import (
    apart,
    drawn,
    joined,
    make_port,
    make_task,
    torch_side,
)


def search_of(right, wrong, seconds=60):
    port = make_port(torch_side(right), torch_side(wrong), {"x": drawn(4, 6)})
    runs = HypothesisRuns(port.pairs[0], make_task(port), RunCache())
    said = []
    return Search(runs, Budget(seconds, said.append)), said


def test_a_function_that_is_applied_elsewhere_is_found_as_two_edits():
    search, said = search_of(
        lambda x: torch.relu(x + x.roll(1, 0)), lambda x: x + torch.relu(x.roll(1, 0))
    )
    (found,) = search.explanations([])
    assert [bug.what for bug in found.known_bugs] == ["relu left out", "add followed by relu"]
    assert search.repairs_tried == len(said)


def test_nothing_is_tried_without_time():
    search, said = search_of(lambda x: x.exp(), lambda x: x.expm1(), seconds=0)
    assert search.explanations([]) == []
    assert search.repairs_left > 0
    assert search.repairs_tried == 0
    assert said == []


def test_what_the_reference_computes_is_tried_before_repairs_that_take_too_long(monkeypatch):
    search, _ = search_of(lambda x: x.exp(), lambda x: x.expm1())
    tried: list[object] = []

    def grafts():
        tried.append("grafts")
        return []

    def repairs(bugs, part=1):
        tried.append((len(bugs), part))
        search._repairs_left += len(bugs) - 1
        return [], bugs[1:]

    monkeypatch.setattr(search, "_try_repairs", repairs)
    monkeypatch.setattr(search, "_try_grafts", grafts)
    search._repairs()
    many, left = search.repairs_left + 2, search.repairs_left + 1
    assert tried == [(many, 1 / 2), "grafts", (left, 1)]


def test_two_repairs_are_found_as_a_pair_though_the_smaller_changes_nothing_alone():
    def layer(large, small):
        return lambda x: torch.cat([large(x.tanh()) * 8, small(x).sin()], 1)

    search, _ = search_of(layer(torch.exp, torch.square), layer(torch.expm1, torch.abs))
    (found,) = search.explanations([])
    assert sorted(bug.what for bug in found.known_bugs) == ["abs as square", "expm1 as exp"]


def test_three_mistakes_stay_unknown():
    def layer(large, small, last):
        return lambda x: torch.cat([large(x.tanh()) * 8, small(x).sin(), last(x)], 1)

    right, wrong = (torch.exp, torch.square, torch.sin), (torch.expm1, torch.abs, torch.cos)
    assert search_of(layer(*right), layer(*wrong))[0].explanations([]) == []


def kept(x):
    total = torch.zeros_like(x[:, 0])
    for step in x.unbind(1):
        total = step
    return total


def summed(x):
    return torch.cumsum(x, 1)[:, -1]


def test_statements_are_tried_where_no_call_explains_it():
    search, _ = search_of(summed, kept)
    (found,) = search.explanations([])
    (bug,) = found.known_bugs
    assert bug.what == "total = total + step"
    assert bug.where.startswith("kept, line ")
    assert search.statements_tried > 1


def test_statements_that_time_does_not_suffice_for_are_counted(monkeypatch):
    search, _ = search_of(summed, kept, seconds=0)
    search._repairs()
    calls_alone = search.repairs_left
    monkeypatch.setattr("parity.diagnosing.statement_search.generate_statements", lambda *_: [])
    search, _ = search_of(summed, kept, seconds=0)
    search._repairs()
    assert calls_alone > search.repairs_left


def reversed_late(x):
    late = x * 2
    return late - x.flip(1)


def test_a_known_bug_is_written_in_the_statement_that_repairs_it():
    def as_given(x):
        return x * 2 - x

    search, _ = search_of(as_given, reversed_late)
    bug = KnownBug(5, "columns reversed", "x", ChangedInputs(lambda given: given))
    written = search.written(RootCause((bug,), 0.0))
    assert written.known_bugs == (bug,)
    assert written.repair is not None
    assert written.repair.what == "return late - x"
    assert written.repairs == (written.repair,)
    search, _ = search_of(torch.exp, lambda x: x.expm1())
    (in_a_call,) = search.explanations([])
    assert search.written(in_a_call) == in_a_call


def test_a_call_for_which_there_is_no_patch_is_written_as_a_statement():
    search, _ = search_of(apart, joined)
    in_a_call = KnownBug(None, "", "", OtherOperation("unflatten", 0, "in the other order"))
    written = search.written(RootCause((in_a_call,), 0.0))
    assert written.known_bugs == (in_a_call,)
    assert written.repair is not None
    assert written.repair.what == "return x.unflatten(1, (3, 2)).amax(2).exp()"


def test_what_was_tried_is_said_without_lining_up_both_sides(monkeypatch):
    monkeypatch.setattr("parity.diagnosing.search.line_up", None)
    search, _ = search_of(apart, joined)
    assert search.statements_tried == search.repairs_left == 0
