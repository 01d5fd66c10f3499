"""The table and the summary as the terminal shows them."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from parity.checking.case_result import CaseResult
from parity.declaring.inputs import InputSet
from parity.judging.verdict import Verdict
from parity.report.terminal import CaseTable, print_diagnoses, print_summary, shape
from tests.parity.report.results import BAD, GOOD, case

LONG = "a_layer_with_a_name_that_leaves_little"


@pytest.fixture
def printed(toy):
    """Prints cases of one configuration as a check does; `layer` renames the toy's only layer."""

    def show(*given, width=80, layer="layer", headline=(), terminal=False):
        stream = io.StringIO()
        console = Console(
            file=stream, width=width, highlight=False, markup=False,
            force_terminal=terminal, color_system=None,
        )  # fmt: skip
        pair = replace(toy().pairs[0], layer=layer)
        cases = [replace(case, layer=layer) for case in given]
        modes = tuple(c.mode for c in cases)
        table = CaseTable(console, [(pair, pair.configs[0], modes)])
        table.header(modes)
        table.row({c.mode: c for c in cases}, modes)
        inputs = InputSet("drawn", {}, "by lot")
        print_summary(console, cases, inputs, 1.2, headline=headline, sides=table.sides)
        return stream.getvalue()

    return show


def test_one_line_a_case_with_both_modes_side_by_side(printed):
    lines = printed(case("isolated", GOOD), case("cascade", BAD)).splitlines()
    assert lines[0].split() == ["layer", "configuration", "shape", "isolated", "cascade"]
    assert lines[1].replace("  ", " ").split() == [
        *("layer", "default", "2×3"),
        *("✓", "equivalent", "2e-16"),
        *("✗", "different", "inf"),
    ]


@pytest.mark.parametrize("layer", ["layer", LONG])
@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_line_of_the_table_is_wider_than_the_console(printed, layer, width):
    text = printed(case("isolated", GOOD), case("cascade", BAD), width=width, layer=layer)
    table, _, _ = text.partition("\n\n")
    assert max(map(len, table.splitlines())) <= width
    assert layer in table
    assert "✗ different inf" in table


def test_a_layer_whose_name_leaves_no_room_stands_above_its_configurations(printed):
    lines = printed(case("isolated", GOOD), case("cascade", BAD), layer=LONG).splitlines()
    assert lines[0] == "layer"
    assert lines[1].split()[0] == "configuration"
    assert lines[2] == LONG
    assert lines[3].startswith("  default")


def test_shapes_that_differ_stand_side_by_side_or_are_shortened(printed):
    differing = case("isolated", replace(BAD, cand_shape=(3, 2)))
    assert "2×3 | 3×2" in printed(differing)
    assert "10×20×30×40 | 40×30×20×10" not in printed(
        case("isolated", replace(BAD, ref_shape=(10, 20, 30, 40), cand_shape=(40, 30, 20, 10)))
    )


def test_identical_outputs_show_no_difference(printed):
    identical = case("isolated", replace(GOOD, verdict=Verdict.IDENTICAL))
    text = printed(identical)
    assert "✓ identical\n" in text
    assert "Beside a verdict" not in text
    assert "Beside a verdict" in printed(case("isolated", GOOD))


def test_a_failing_output_is_explained_below_the_table_with_its_worst_element(printed):
    lines = printed(case("isolated", BAD)).splitlines()
    at = lines.index("layer, default, isolated")
    assert at > lines.index("1 case: 1 different  (1 s)")
    assert lines[at + 1] == (
        "  y different: float64 runs differ; worst at [1, 2]: numpy 0.5, numpy 1.0 (float64)"
    )


def test_the_worst_come_first_and_none_is_hidden(printed):
    outputs = [
        replace(BAD, name=f"y{n}", scale=1.0, ref_err=1e-7, cand_err=gap, max_abs_err_64=gap)
        for n, gap in enumerate([1e-7, 1e-3, 1e-5, 1e-6, 1e-4, 1e-2, 2e-7, 3e-7])
    ]
    given = replace(case("isolated", BAD), outputs=tuple(outputs), independent=("y1", "y5"))
    lines = printed(given).splitlines()
    at = lines.index("layer, default, isolated")
    assert lines[at + 1] == (
        "  2 divergences, each of which remains if the layers before it return the reference's "
        "outputs: y1, y5"
    )
    named = [line.split()[0] for line in lines[at + 2 : at + 8]]
    assert named == ["y5", "y1", "y4", "y2", "y3", "y7"]
    rest = "  and 2 more, with their multiples of the bound: "
    assert lines[at + 8].startswith(rest)
    assert [part.split()[0] for part in lines[at + 8].removeprefix(rest).split(", ")] == [
        "y6",
        "y0",
    ]


def test_the_headline_comes_first_after_the_table(printed):
    text = printed(case("isolated", BAD), headline=["where: y", "why: a bug", "next: mend it"])
    summary = text.partition("\n\n")[2]
    assert summary.startswith("where: y\nwhy: a bug\nnext: mend it\n\n1 case: 1 different")


def test_sentences_wrap_between_words_on_a_terminal_and_not_in_a_pipe(printed):
    long = case("isolated", BAD)
    on_terminal = printed(long, width=60, terminal=True).splitlines()
    assert max(map(len, on_terminal)) <= 60
    assert any(
        line.startswith("  ") and line.rstrip().endswith("(float64)") for line in on_terminal
    )
    assert any(len(line) > 60 for line in printed(long, width=60).splitlines())


def test_the_summary_names_the_input(printed):
    text = printed(case("isolated", GOOD))
    assert "1 case: 1 equivalent" in text
    assert "input: drawn (0 records) - by lot" in text


def test_a_case_without_outputs_gives_its_note(printed):
    raising = CaseResult("layer", "default", "isolated", "in", Verdict.NOT_COMPARED, (), ("no",))
    text = printed(raising)
    assert "✗ not compared" in text
    assert "layer, default, isolated\n  no\n" in text


def test_a_pipe_gets_no_colours(printed):
    assert "\x1b" not in printed(case("isolated", BAD))


def test_diagnoses_are_printed_by_layer():
    stream = io.StringIO()
    found = {"layer": "a", "config": "b", "explanation": ["where: first in y", "why: unknown"]}
    print_diagnoses(Console(file=stream, width=80), [found])
    assert stream.getvalue() == ("\nwhy a, b differs\n  where: first in y\n  why: unknown\n")


def test_shapes_are_written_as_people_write_them():
    assert [shape(s) for s in ((), (3,), (2, 3), None)] == ["scalar", "3", "2×3", "-"]


def test_what_is_said_of_several_passing_cases_is_said_once(printed):
    def noted(result, config, *notes):
        return replace(result, config=config, notes=notes)

    good, bad = case("isolated", GOOD), case("isolated", BAD)
    text = printed(
        noted(good, "a", "no gradients"),
        noted(good, "b", "no gradients"),
        noted(good, "c", "no gradients", "half of it in float32"),
        noted(bad, "d", "no gradients"),
        noted(bad, "e", "no gradients"),
    )
    titles = [line for line in text.splitlines() if line.startswith("layer, ")]
    assert titles == [f"layer, {names}, isolated" for names in ("a, b", "c", "d", "e")]
