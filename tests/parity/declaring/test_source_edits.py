"""Places in source are shown relative to the current folder, and edits are ranked."""

from parity.declaring.source_edits import Edit, Place, display


def test_a_place_is_shown_with_its_file_as_seen_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inside, outside = tmp_path / "a" / "b.py", tmp_path.parent / "b.py"
    assert str(Place(str(inside), 3, 4)) == "a/b.py:3"
    assert display(str(outside)) == str(outside)


def test_an_argument_is_a_smaller_edit_than_another_function_or_one_more():
    edits = [Edit((("dim", "1"),)), Edit(renamed="sum"), Edit(before="{input}.flip(0)")]
    assert [edit.rank for edit in edits] == [0, 1, 2]
