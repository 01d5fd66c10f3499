"""The report counts what was planted, caught and named, and lists every survivor."""

from io import StringIO

import pytest
from rich.console import Console

from parity.declaring.known_bug import ChangedInputs, KnownBug
from parity.diagnosing.diagnosis import Diagnosis, RootCause
from parity.judging.verdict import Verdict
from parity.mutate.mutant import Mutant
from parity.mutate.report import by_number, counted, document, print_survivors, print_table


def planted(number, what):
    return KnownBug(number, what, "x", ChangedInputs(lambda inputs: inputs))


def result(number, what, verdict=Verdict.DIFFERENT, causes=None, **fields):
    bug = planted(number, what)
    if causes is not None:
        causes = tuple(RootCause((planted(*cause),), 0.0) for cause in causes)
        fields["diagnosis"] = Diagnosis("layer", "default", "y", (), 1.0, causes, 9)
    return Mutant("layer", "default", bug).result(verdict, **fields)


OTHER = result(None, "sign flipped")
NAMED = result(22, "mask inverted", causes=[(22, "mask inverted")], setting="--grad")
MISNAMED = result(5, "first row's values for every row", causes=[(None, "sign flipped")])
UNNAMED = result(5, "first row's values for every row", causes=[])
SURVIVOR = result(34, "float64 bytes read as float32", Verdict.EQUIVALENT)
NO_CHANGE = result(24, "squeezed", Verdict.EQUIVALENT, no_change="nothing to squeeze")
RESULTS = [OTHER, NAMED, MISNAMED, SURVIVOR, NO_CHANGE]


@pytest.fixture
def console():
    return Console(file=StringIO(), width=100)


def test_results_are_grouped_by_number_those_without_one_last():
    assert list(by_number(RESULTS)) == [5, 22, 24, 34, None]
    assert by_number(RESULTS)[22] == [NAMED]


def test_mutants_that_change_nothing_do_not_count():
    assert counted(RESULTS) == RESULTS[:-1]


def test_the_table_counts_each_number_and_all(console):
    print_table(console, RESULTS, diagnosed=True)
    rows = [line.split() for line in console.file.getvalue().splitlines() if line.strip()]
    assert rows[0] == ["no.", "known", "bug", "planted", "caught", "named", "no", "change"]
    assert rows[2] == ["22", "how", "a", "mask", "is", "applied", "1", "1", "1/1"]
    assert rows[3][-4:] == ["0", "0", "0/0", "1"]
    assert rows[-1] == ["all", "4", "3", "1/2", "1"]


def test_survivors_and_wrong_names_are_printed(console):
    print_survivors(console, [*RESULTS, UNNAMED])
    assert console.file.getvalue().splitlines() == [
        "survived: layer: float64 bytes read as float32 (x), default",
        "layer: first row's values for every row (x): diagnosis wrong, named first: "
        "sign flipped (x)",
        "layer: first row's values for every row (x): diagnosis none, named first: nothing",
    ]


def test_the_document_has_every_mutant():
    found = document("small", 12, RESULTS)
    assert (found["port"], found["planted"], found["caught"]) == ("small", 4, 3)
    assert found["mutants"][1] == {
        "layer": "layer",
        "config": "default",
        "number": 22,
        "known_bug": "mask inverted",
        "where": "x",
        "verdict": "different",
        "check": "--grad",
        "reason": "",
        "no_change": "",
        "named": "right",
        "root_causes": ["mask inverted (x)"],
    }
    assert found["mutants"][0]["root_causes"] == []
