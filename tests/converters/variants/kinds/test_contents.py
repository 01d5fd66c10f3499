import pytest

from converters.variants.kinds import contents


@pytest.mark.parametrize(
    ("rows", "needed"),
    [
        ([["R130Q"], ["p.Arg130Gly"]], [0]),
        ([["x", "p.Arg130Gln", "ENST00000371953.9"], ["y", "NA", "ENST00000371953"]], [2, 1]),
        ([["NM_000314.8", "P60484", "R130Q"]], [0, 2]),
        ([["P60484", "R130Q"]], [0, 1]),
        ([["MINE", "R130Q"]], [0, 1]),
    ],
)
def test_columns_are_recognised_by_what_is_in_them(rows, needed):
    assert contents.guess(rows).needed == needed


@pytest.mark.parametrize("rows", [[["a", "b"]], [["1", "2", "3"]], [["R130Q"], ["a"], ["b"]]])
def test_other_columns_are_not(rows):
    assert contents.guess(rows) is None


def test_changes_and_plain_lines():
    assert contents.is_change("ENST1:p.Arg130Gln")
    assert not contents.is_change("c.389G>A")
    assert contents.is_plain(["T1", "130", "R", "Q"])
    assert not contents.is_plain(["T1", "pos", "ref", "alt"])
    assert contents.plain().needed == [0, 1, 2, 3]
