"""`gmvp train` on a table, as its user runs it."""

import json
from pathlib import Path

import pytest

PTEN = "ENST00000371953"
ROWS = [("M", 1, "V"), ("T", 2, "A"), ("A", 3, "V"), ("I", 4, "N"), ("I", 5, "T"), ("K", 6, "E")]
MODEL = {"d_fc": 8, "d_model": 8, "num_heads": 2}


@pytest.fixture
def run(gmvp_command, golden, tmp_path, monkeypatch):
    """Train one epoch on a table of (ref, position, alt, effect); the first two validate."""
    monkeypatch.chdir(tmp_path)
    training = {"batch_size": 4, "warmup_steps": 1, "decay_steps": 9, "learning_rate": 0.01}
    Path("c.json").write_text(json.dumps({"model": MODEL, "training": training}))

    def call(rows: list[tuple], *words: str) -> tuple[int, str, str]:
        lines = [f"{PTEN}\t{at}\t{ref}\t{alt}\t{effect}\n" for ref, at, alt, effect in rows]
        header = "transcript_id\taa_pos\tref_aa\talt_aa\teffect\n"
        Path("t.tsv").write_text(header + "".join(lines))
        names = [f"{PTEN}_{at}_{ref}_{alt}\n" for ref, at, alt, _ in rows[:2]]
        Path("held-out.txt").write_text("".join(names))
        options = ["--config", "c.json", "--data", "t.tsv", "--features", golden / "combined"]
        options += ["--validation", "held-out.txt", "--max-epochs", 1, "--device", "cpu"]
        return gmvp_command("train", *options, "--out", "run", *words)

    return call


def labelled(words: tuple[str, str]) -> list[tuple]:
    return [(*row, words[number % 2]) for number, row in enumerate(ROWS)]


def predictions() -> dict[str, str]:
    (path,) = Path("run").glob("predictions/*")
    lines = [line.split("\t") for line in path.read_text().splitlines()[1:]]
    return {name: label for name, _, label in lines}


def test_labels_are_the_words_of_a_column(run):
    code, _, err = run(labelled(("Benign", "Likely pathogenic")), "--label", "effect")
    assert code == 0, err
    assert predictions() == {f"{PTEN}_1_M_V": "0", f"{PTEN}_2_T_A": "1"}


def test_a_column_that_is_not_there_is_named(run):
    code, _, err = run(labelled(("0", "1")), "--label", "outcome")
    assert code == 2
    assert "t.tsv: no column outcome of labels (--label); it has 'transcript_id', 'aa_pos'" in err


def test_without_the_option_the_table_has_no_labels(run):
    code, _, err = run(labelled(("0", "1")))
    assert code == 2
    assert "have no label to validate on" in err


def test_a_variant_that_cannot_be_used_is_refused_or_skipped(run):
    rows = [*labelled(("0", "1")), ("W", 7, "A", "1"), ("K", 6, "R", "VUS")]
    code, _, err = run(rows, "--label", "effect")
    assert code == 2
    assert err.splitlines()[-1] == (
        f"error: t.tsv, line 8: {PTEN}_7_W_A: {PTEN} position 7 is E in the protein, but W in the"
        " table; 1 of 8 variants cannot be used; correct the table, or leave them out with"
        " --on-problem skip"
    )
    code, _, err = run(rows, "--label", "effect", "--on-problem", "skip")
    assert code == 0, err
    assert f"failed: t.tsv, line 8: {PTEN}_7_W_A" in err
    assert f"failed: t.tsv, line 9: {PTEN}_6_K_R: effect is 'VUS'; expected 0 or 1" in err
    assert "note: not trained on: label is undecided: 1, reference mismatch: 1" in err


def test_the_option_has_no_effect_without_data(gmvp_command, tmp_path):
    (tmp_path / "c.json").write_text(json.dumps({"model": MODEL}))
    code, _, err = gmvp_command("train", "--config", tmp_path / "c.json", "--on-problem", "skip")
    assert code == 2
    assert "--on-problem has no effect without --data" in err
