"""Statements written otherwise, as bugs: in the order of their ranks, near ones first."""

import torch

from parity.diagnosing.hypothesis_runs import HypothesisRuns
from parity.diagnosing.run_cache import RunCache
from parity.diagnosing.statements.changed import OtherStatement
from parity.diagnosing.statements.generate import generate_pairs, generate_statements
from tests.parity.diagnosing.small_ports import drawn, make_port, make_task, torch_side


def first(x):
    y = x * 2
    return y - 1


def second(x):
    y = first(x)
    return y - x


def port_of(reference, candidate):
    return make_port(torch_side(reference), torch_side(candidate), {"x": drawn(4, 3)})


def generated(near=()):
    port = port_of(second, second)
    return generate_statements(port.pairs[0], make_task(port), "float64", near)


def test_bugs_have_names_of_their_own_and_come_by_rank():
    groups = generated()
    names = [bug.name for group in groups for bug in group]
    assert len(names) == len(set(names)) > 10
    where = [bug.where.partition(",")[0] for bug in groups[0]]
    assert set(where) == {"first", "second"}


def test_functions_in_which_the_sides_part_come_first():
    line = first.__code__.co_firstlineno
    groups = generated([(__file__, line + 2)])
    assert {bug.where.partition(",")[0] for bug in groups[0]} == {"first"}
    assert groups[0][0].where == f"first, line {line + 2}"


def test_a_statement_explains_the_mismatch_that_it_repairs():
    def right(x):
        return x * 2 - 1 + x

    port = port_of(right, second)
    runs = HypothesisRuns(port.pairs[0], make_task(port), RunCache())
    groups = generate_statements(port.pairs[0], make_task(port), "float64", ())
    explaining = [
        bug.what
        for group in groups
        for bug in group
        if (errors := runs.try_hypothesis((bug,), complete=False)) and runs.explains(errors)
    ]
    assert explaining == ["return y + x"]


def test_a_candidate_that_raises_has_no_statements():
    def broken(x):
        raise ValueError("not so")

    port = port_of(lambda x: torch.relu(x), broken)
    assert generate_statements(port.pairs[0], make_task(port), "float64", ()) == []


def test_pairs_change_two_parts_of_one_statement():
    groups = generated()
    pairs = list(generate_pairs(groups[0], 99))
    assert "return y - 2" in {bug.what for bug in groups[0]}
    assert len({bug.name for bug in pairs}) == len(pairs)
    lines = [bug.where for bug in generate_pairs(groups[0], 1)]
    assert len(set(lines)) == len(lines) > 1
    for bug in pairs:
        assert isinstance(bug.change, OtherStatement)
        assert len(bug.change.replacements) > 1


def test_a_pair_explains_what_no_single_change_does():
    def right(x):
        return x * 3 + 2

    port = port_of(right, first)
    runs = HypothesisRuns(port.pairs[0], make_task(port), RunCache())
    groups = generate_statements(port.pairs[0], make_task(port), "float64", ())
    assert not [b for b in groups[0] if runs.explains(runs.try_hypothesis((b,)) or runs.errors)]

    def one_line(x):
        return x * 2 - 1

    port = port_of(lambda x: x * 3 + 1, one_line)
    runs = HypothesisRuns(port.pairs[0], make_task(port), RunCache())
    groups = generate_statements(port.pairs[0], make_task(port), "float64", ())
    pairs = generate_pairs(groups[0], 99)
    found = [b.what for b in pairs if runs.explains(runs.try_hypothesis((b,)) or runs.errors)]
    assert found == ["return x * 3 + 1"]
