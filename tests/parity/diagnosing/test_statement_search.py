"""Statements are sought in groups: the commonest slips, rarer ones, then two changes of one."""

import pytest
import torch

from parity.diagnosing.budget import Budget
from parity.diagnosing.hypothesis_runs import HypothesisRuns
from parity.diagnosing.run_cache import RunCache
from parity.diagnosing.statement_search import StatementSearch
from parity.diagnosing.trials import Trials
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
    return StatementSearch(Trials(runs, Budget(seconds)), list)


def test_two_changes_of_one_statement_are_found_after_single_ones():
    search = search_of(apart, joined)
    assert search.likeliest() == []
    (cause,) = search.others()
    assert cause.known_bugs[0].what == "return x.unflatten(1, (3, 2)).amax(2).exp()"
    assert search.left == 0


@pytest.mark.parametrize("begun", [False, True])
def test_a_statement_is_written_for_a_cause_that_is_known(begun):
    search = search_of(apart, joined)
    if begun:
        search.likeliest()
    before = search.tried
    (cause,) = search.writing()
    assert cause.known_bugs[0].what == "return x.unflatten(1, (3, 2)).amax(2).exp()"
    # What was tried already is not tried again.
    assert begun == (before > 0)


def test_what_time_does_not_suffice_for_counts_only_if_it_may_be_the_cause():
    search = search_of(apart, joined, seconds=0)
    assert search.writing() == []
    assert search.left == 0
    assert search.likeliest() == []
    assert search.left > 0


def test_a_candidate_without_code_of_its_own_has_no_statements():
    search = search_of(torch.exp, torch.expm1)
    assert search.likeliest() == search.others() == search.writing() == []
    assert search.tried == 0
