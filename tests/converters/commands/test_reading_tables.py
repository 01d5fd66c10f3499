"""Commands print the rows that they did not use, by reason or one by one."""

import pytest

from converters.commands.reading_tables import SHOWN, print_listed
from converters.variants.listing import Listing


@pytest.fixture
def printed(capsys):
    """Print a list of (line, variant, kind, detail, failed); return the lines."""

    def run(items, **options):
        listed = Listing()
        for item in items:
            listed.add("t.tsv", *item)
        print_listed(listed, **options)
        return capsys.readouterr().err.splitlines()

    return run


def failures(number):
    return [(n, f"T_{n}", "no matrix", f"no T_{n}.npy", True) for n in range(1, number + 1)]


def test_failed_rows_have_a_line_each_up_to_twenty(printed):
    lines = printed(failures(SHOWN))
    assert lines == [f"failed: t.tsv, line {n}: T_{n}: no T_{n}.npy" for n in range(1, SHOWN + 1)]
    lines = printed(failures(SHOWN + 3))
    assert len(lines) == SHOWN + 1
    assert lines[-1] == "... and 3 more failed; --report FILE lists all"
    assert printed(failures(SHOWN + 3), reported=False)[-1] == "... and 3 more failed"


def test_a_failure_of_several_rows_is_printed_once(printed):
    lines = printed([(n, "", "no matrix", "T: no T.npy", True) for n in range(1, 6)])
    assert lines == [
        "failed: t.tsv, line 1: T: no T.npy",
        "... and 4 more failed; --report FILE lists all",
    ]


def test_left_out_rows_are_counted_by_reason_with_one_example_each(printed):
    intron = [(n, f"v{n}", "another consequence", "intron_variant", False) for n in range(1, 1001)]
    stop = (7, "w", "another consequence", "stop_gained", False)
    stranger = (9, "x", "no annotation", "no CSQ", False)
    assert printed([stranger, *intron, stop]) == [
        "left out: 1,001 (another consequence), such as t.tsv, line 1: v1: intron_variant",
        "left out: t.tsv, line 9: x: no CSQ",
    ]


def test_left_out_rows_never_hide_a_failed_one(printed):
    out = [(n, f"v{n}", "another consequence", "intron_variant", False) for n in range(100)]
    lines = printed([*out, *failures(2)])
    assert [line.split(":")[0] for line in lines] == ["failed", "failed", "left out"]


def test_nothing_is_printed_of_an_empty_list(printed):
    assert printed([]) == []
