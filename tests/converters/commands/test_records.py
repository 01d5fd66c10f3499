import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from converters.records.tf_example import encode_example
from converters.records.tfrecord import read_frames, write_frames


@pytest.fixture
def many(tmp_path, shipped_records):
    path = tmp_path / "many.tfrec"
    path.write_bytes(shipped_records.read_bytes() * 100)
    return path


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.slow
def test_there_and_back(gmvp_convert, tmp_path, shipped_records):
    shutil.copy(shipped_records, tmp_path)
    done = gmvp_convert(
        "records", shipped_records.name, "-o", "s", "--report", "r.json", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].split()[:3] == ["10", "542", "10"]
    assert json.loads((tmp_path / "r.json").read_text())["records"] == 10
    done = gmvp_convert("records", "--verify", "s", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "every record equals its source" in done.stdout
    for number in (1, 2):
        done = gmvp_convert(
            "records", "s", "--to", "tfrecord", "-o", f"{number}.tfrec", cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "1.tfrec").read_bytes() == (tmp_path / "2.tfrec").read_bytes()
    done = gmvp_convert("records", "--verify", "s", "1.tfrec", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (tmp_path / shipped_records.name).unlink()
    done = gmvp_convert("records", "--verify", "s", cwd=tmp_path)
    assert done.returncode == 0
    assert "NOT compared" in done.stderr


def test_what_is_left_out_is_listed_and_told(gmvp_convert, tmp_path, shipped_records):
    content = bytearray(shipped_records.read_bytes())
    content[4000] ^= 1
    (tmp_path / "bad").write_bytes(content)
    done = gmvp_convert("records", "bad", "-o", "s", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: bad, record 0 at byte 0: the checksum of the payload")
    assert not (tmp_path / "s").exists()
    done = gmvp_convert("records", "bad", "-o", "s", "--skip-corrupt", cwd=tmp_path)
    assert done.returncode == 1
    assert "skipped: bad, record 0, bytes 0 to" in done.stderr
    done = gmvp_convert("records", "--verify", "s", "bad", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_wrong_usage_is_one_line(gmvp_convert, tmp_path, shipped_records):
    features = encode_example(
        {
            "label": 1,
            "var_id": b"x",
            "other": 3,
            "ref_aa": 1,
            "alt_aa": 2,
            "feature": bytes(435 * 4),
            "mask": bytes(4),
        }
    )
    write_frames(tmp_path / "extra", [features])
    (tmp_path / "text").write_text("hello, no records here")
    for arguments, problem in (
        ([], "no input given"),
        (["text"], "no output given"),
        (["text", "-o", "s"], "expected a TFRecord file"),
        (["text", "-o", "s", "--report", "text"], "text: this command already uses this file"),
        (["gone", "-o", "s"], "gone: No such file"),
        ([".", "-o", "s"], "Is a directory"),
        (["extra", "--width", "0", "-o", "s"], "give --drop-extra"),
        ([shipped_records, "--width", "3", "-o", "s"], "mask has 516 bytes, expected 28"),
        ([shipped_records, "-o", "no/s"], "the folder no does not exist; create it first"),
        (["--verify", "text"], "text: is not a folder; expected a tensor store"),
        (["text", "--to", "tfrecord", "-o", "x"], "text: is not a folder; expected a tensor store"),
    ):
        done = gmvp_convert("records", *arguments, cwd=tmp_path)
        assert done.returncode == 2, arguments
        assert problem in done.stderr, arguments
        assert done.stderr.count("\n") == 1
    done = gmvp_convert("records", "extra", "--width", "0", "-o", "s", "--drop-extra", cwd=tmp_path)
    assert done.returncode == 0
    assert "'other' dropped from 1 records" in done.stderr


@pytest.mark.parametrize("times", [4, pytest.param(20, marks=pytest.mark.exhaustive)])
def test_killed_at_any_moment_it_finishes_the_next_time(gmvp_convert, many, tmp_path, times):
    assert gmvp_convert("records", many, "-o", tmp_path / "whole").returncode == 0
    (tmp_path / "out").mkdir()
    command = [sys.executable, "-m", "converters.cli", "records", many]
    chance = random.Random(7)
    for _ in range(times):
        process = subprocess.Popen(
            [*command, "-o", tmp_path / "out" / "s"], stdout=subprocess.DEVNULL
        )
        time.sleep(chance.uniform(0.1, 0.9))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if (tmp_path / "out" / "s").exists():
            assert contents(tmp_path / "out" / "s") == contents(tmp_path / "whole")
            shutil.rmtree(tmp_path / "out" / "s")
    done = gmvp_convert("records", many, "-o", tmp_path / "out" / "s")
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "out" / "s") == contents(tmp_path / "whole")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["s"]


def test_a_full_disk_is_one_line(gmvp_convert, many, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        os.geteuid()
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk], capture_output=True
        ).returncode
    ):
        pytest.skip("a small file system cannot be mounted here")
    try:
        done = gmvp_convert("records", many, "-o", disk / "s")
        left = list(disk.iterdir())
    finally:
        subprocess.run(["umount", disk], check=True)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert done.stderr.count("\n") == 1
    assert left == []


def test_several_files_keep_their_order(gmvp_convert, tmp_path, shipped_records):
    frames = [frame.payload for frame in read_frames(shipped_records)]
    write_frames(tmp_path / "a.gz", frames[5:], gzipped=True)
    write_frames(tmp_path / "b", frames[:5])
    done = gmvp_convert("records", "a.gz", "b", "-o", "s", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert gmvp_convert("records", "--verify", "s", cwd=tmp_path).returncode == 0
    done = gmvp_convert("records", "--verify", "s", "b", "a.gz", cwd=tmp_path)
    assert "record 0: var_id differs from b, record 0" in done.stderr


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (["--verify", "s", "--report", "r.json"], "--report"),
        (["--verify", "s", "-o", "t"], "-o"),
        (["s", "--to", "tfrecord", "-o", "t", "--report", "r.json"], "--report"),
        (["s", "--to", "tfrecord", "-o", "t", "--skip-corrupt"], "--skip-corrupt"),
        (["f", "-o", "t", "--gzip"], "--gzip"),
    ],
)
def test_no_option_goes_unheeded(gmvp_convert, tmp_path, options, name):
    done = gmvp_convert("records", *options, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {name} cannot be used with")
    assert not list(tmp_path.iterdir())


def test_a_report_that_cannot_be_is_refused_before_the_work(
    gmvp_convert, tmp_path, shipped_records
):
    for report in ("none/r.json", "."):
        done = gmvp_convert(
            "records", str(shipped_records), "-o", "s", "--report", report, cwd=tmp_path
        )
        assert done.returncode == 2
        assert done.stderr.startswith(f"error: {report}: ")
        assert not list(tmp_path.iterdir())


def test_a_report_may_go_into_a_pipe(gmvp_convert, tmp_path, shipped_records):
    done = gmvp_convert(
        "records", str(shipped_records), "-o", "s", "--report", "/dev/stdout", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert '"records": 10' in done.stdout


def test_a_pipe_is_no_record_file(gmvp_convert, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["sh", "-c", f"sleep 9 > {tmp_path / 'pipe'}"]) as writer:
        done = gmvp_convert("records", "pipe", "-o", "s", cwd=tmp_path)
        writer.kill()
    assert done.returncode == 2
    assert "pipe: is a pipe; expected a file" in done.stderr


def test_a_reader_that_has_gone_is_no_error_of_the_command(tmp_path, shipped_records):
    command = [sys.executable, "-m", "converters.cli", "records", str(shipped_records), "-o", "s"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 141
    assert "Traceback" not in said
    assert "Exception" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--verify", "s", "--width", "3"), "--width has no effect with --verify, as the store"),
        (("s", "--to", "tfrecord", "-o", "o", "--width", "3"), "--width has no effect with --to t"),
    ],
)
def test_a_width_that_the_store_has_already_is_refused(gmvp_convert, tmp_path, words, said):
    done = gmvp_convert("records", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {said}")
