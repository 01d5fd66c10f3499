"""Report of the mutants of a candidate's source."""

import io
from dataclasses import replace

from rich.console import Console

from parity.judging.verdict import Verdict
from parity.mutate.source.campaign import SourceResult
from parity.mutate.source.mutants import SourceMutant
from parity.mutate.source.report import document, print_survivors, print_table

MUTANT = SourceMutant(
    "/net/layer.py", "net/layer.py", "f", 3, 3, "operator", "return x + 1", "return x - 1", 0
)
REFUSED = SourceResult(MUTANT, 2, ("layer", "default"), Verdict.DIFFERENT, "y: differs", 1.234)
SURVIVED = SourceResult(replace(MUTANT, after="return 1"), 1)
UNSEEN = SourceResult(replace(MUTANT, after="return x"), 0)
DECLARED = replace(SURVIVED, declared="adds nothing")
RESULTS = [REFUSED, SURVIVED, UNSEEN, DECLARED]


def printed(show, *given):
    file = io.StringIO()
    show(Console(file=file, width=100), *given)
    return file.getvalue()


def test_one_line_for_each_file_and_the_totals():
    rows = [line.split() for line in printed(print_table, RESULTS).splitlines()]
    assert rows[1] == ["net/layer.py", "4", "1", "1", "2", "1"]
    assert rows[-1] == ["all", "4", "1", "1", "2", "1"]


def test_survivors_show_their_change_and_whether_they_ran():
    text = printed(print_survivors, RESULTS)
    assert "survived: net/layer.py:3, f: operator; executed by 1 case\n" in text
    assert "no case executes this line" in text
    assert "  - return x + 1\n  + return 1\n" in text
    assert "return x - 1" not in text


def test_a_declared_mutant_that_is_refused_is_pointed_out():
    text = printed(print_survivors, [replace(REFUSED, declared="adds nothing")])
    assert text.startswith("declared equivalent, but refused: net/layer.py:3")


def test_the_document_has_every_mutant():
    found = document("small", 7, 40, RESULTS)
    counts = {key: found[key] for key in ("checked", "refused", "equivalent", "survived")}
    assert counts == {"checked": 4, "refused": 1, "equivalent": 1, "survived": 2}
    assert found["verdicts"] == {"different": 1}
    first, second, *_ = found["mutants"]
    assert first["case"] == ["layer", "default"]
    assert first["seconds"] == 1.23
    assert second["verdict"] is None
    assert second["executed_by"] == 1
