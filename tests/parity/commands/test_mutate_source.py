"""`parity mutate --source`: what it takes, what it prints and writes, and its exit code."""

import json

import pytest
from typer.testing import CliRunner

from parity.cli import app
from parity.commands.mutate_source import SourceOptions, run_source
from parity.errors import ParityError
from tests.parity.mutate.source.small_port import CANDIDATE, PORT

FIELDS = ("file", "function", "before", "after")


@pytest.fixture
def mutate(tmp_path):
    (tmp_path / "candidate.py").write_text(CANDIDATE)
    (tmp_path / "port.py").write_text(PORT)

    def run(*arguments):
        command = ["mutate", str(tmp_path / "port.py"), "--source", "--layer", "scale", *arguments]
        return CliRunner().invoke(app, command)

    return run


@pytest.mark.slow
def test_survivors_are_exit_code_1_unless_declared(mutate, tmp_path):
    path = tmp_path / "mutants.json"
    result = mutate("--limit", "12", "--seed", "3", "--json", str(path))
    assert result.exit_code == 1, result.output
    found = json.loads(path.read_text())
    assert found["checked"] == 12
    assert found["possible"] > 12
    survivors = [m for m in found["mutants"] if not m["refused"]]
    assert f"{12 - len(survivors)} of 12 mutants refused, 0 declared" in result.output
    (tmp_path / "equivalent_mutants.toml").write_text(
        "".join(
            "[[mutant]]\nreason = 'for the test'\n"
            + "".join(f"{name} = {json.dumps(survivor[name])}\n" for name in FIELDS)
            for survivor in survivors
        )
    )
    result = mutate("--limit", "12", "--seed", "3")
    assert result.exit_code == 0, result.output
    assert f"refused, {len(survivors)} declared equivalent" in result.output


@pytest.mark.slow
def test_a_seed_draws_the_same_mutants_again_and_another_seed_others(mutate, tmp_path):
    def drawn(seed):
        path = tmp_path / "mutants.json"
        mutate("--limit", "4", "--seed", seed, "--json", str(path))
        return [tuple(m[name] for name in FIELDS) for m in json.loads(path.read_text())["mutants"]]

    assert drawn("1") == drawn("1")
    assert drawn("1") != drawn("2")


def test_what_it_cannot_do_is_refused(mutate):
    for arguments, message in (
        (("--diagnose",), "are not diagnosed"),
        (("--file", "gone.py"), "has no code that matches gone.py to change"),
        (("--equivalent", "gone.toml"), "cannot read gone.toml"),
    ):
        assert message in str(mutate(*arguments).exception)


def test_a_file_of_declarations_is_read_before_anything_runs(tmp_path):
    (tmp_path / "port.py").write_text(PORT)
    (tmp_path / "candidate.py").write_text(CANDIDATE)
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[[mutant]]\nfile = 'candidate.py'\n")
    options = SourceOptions(None, 10, None, 1, 60, (), wrong, None)
    with pytest.raises(ParityError, match="mutant 1: expected text as 'function'"):
        run_source(None, str(tmp_path / "port.py"), None, options)
