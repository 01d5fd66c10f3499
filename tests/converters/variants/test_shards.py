"""Several files of one piece of work: gone on with, replaced, never mixed up."""

import pytest

from converters.errors import InputError
from converters.variants.shards import shard_paths, write_shards


class Writer:
    """Writes shards, stopping before one if told to."""

    def __init__(self, paths, text="work", stop_at=None):
        self.paths, self.text, self.stop_at, self.wrote = paths, text, stop_at, []

    def __call__(self, index, path):
        if index == self.stop_at:
            raise KeyboardInterrupt
        path.write_text(f"{self.text} {index}")
        self.wrote.append(index)


def contents(folder):
    return {item.name: item.read_text() for item in folder.iterdir()}


def whole(number, text="work"):
    if number == 1:
        return {"o.tfrec": f"{text} 0"}
    return {f"o_{n}.tfrec": f"{text} {n}" for n in range(number)}


def test_goes_on_after_the_last_that_was_finished(tmp_path):
    paths = shard_paths(tmp_path / "o", 4)
    with pytest.raises(KeyboardInterrupt):
        write_shards(paths, "w", Writer(paths, stop_at=2), force=False)
    writer = Writer(paths)
    assert write_shards(paths, "w", writer, force=False) == paths[:2]
    assert writer.wrote == [2, 3]
    assert contents(tmp_path) == whole(4)


@pytest.mark.parametrize("force", [False, True])
def test_a_file_of_somebody_else_is_not_kept(tmp_path, force):
    paths = shard_paths(tmp_path / "o", 4)
    with pytest.raises(KeyboardInterrupt):
        write_shards(paths, "w", Writer(paths, stop_at=2), force=False)
    paths[0].write_text("foreign")
    if force:
        write_shards(paths, "w", Writer(paths), force=True)
        assert contents(tmp_path) == whole(4)
    else:
        with pytest.raises(InputError, match=r"o_0.tfrec: exists; give --force"):
            write_shards(paths, "w", Writer(paths), force=False)
        assert paths[0].read_text() == "foreign"


def test_the_old_file_stays_until_the_new_one_is_there(tmp_path):
    paths = shard_paths(tmp_path / "o", 1)
    write_shards(paths, "old", Writer(paths, "old"), force=False)
    with pytest.raises(KeyboardInterrupt):
        write_shards(paths, "new", Writer(paths, "new", stop_at=0), force=True)
    assert paths[0].read_text() == "old 0"
    write_shards(paths, "new", Writer(paths, "new"), force=True)
    assert contents(tmp_path) == whole(1, "new")


def test_one_killed_before_it_was_listed_is_written_anew(tmp_path):
    paths = shard_paths(tmp_path / "o", 2)

    def killed(index, path):
        path.write_text(f"half listed {index}")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_shards(paths, "w", killed, force=False)
    assert write_shards(paths, "w", Writer(paths), force=False) == []
    assert contents(tmp_path) == whole(2)


def test_files_of_a_run_with_more_shards_do_not_stay(tmp_path):
    many, few = shard_paths(tmp_path / "o", 4), shard_paths(tmp_path / "o", 2)
    write_shards(many, "many", Writer(many), force=False)
    (tmp_path / "o_x.tfrec").write_text("other")
    with pytest.raises(InputError, match="exists"):
        write_shards(few, "few", Writer(few), force=False)
    write_shards(few, "few", Writer(few, "few"), force=True)
    assert contents(tmp_path) == {**whole(2, "few"), "o_x.tfrec": "other"}


def test_places_that_cannot_be_are_refused(tmp_path):
    paths = shard_paths(tmp_path / "none" / "o", 1)
    with pytest.raises(InputError, match="does not exist; create it first"):
        write_shards(paths, "w", Writer(paths), force=False)
    (tmp_path / "o").mkdir()
    paths = shard_paths(tmp_path / "o", 1)
    with pytest.raises(InputError, match="is a folder"):
        write_shards(paths, "w", Writer(paths), force=False)
