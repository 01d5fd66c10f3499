"""Every command line answers a call that it does not understand with one line, and keeps its codes.

`parity` may not know the converters, so each has its own reading of typer's errors; what is said
here of the one is said of the other.
"""

import os
import subprocess
import sys
from typing import Annotated, Literal

import pytest
import typer

from converters.commands import usage as of_converters
from converters.errors import InputError
from parity.commands import usage as of_parity
from parity.errors import ParityError

MODULES = {"parity": "parity", "gmvp-convert": "converters.cli", "gmvp": "pt_gmvp.cli"}

toy = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@toy.command()
def paint(
    wall: Annotated[str, typer.Argument(metavar="WALL", help="What is painted. It must stand.")],
    colour: Annotated[str, typer.Option("--colour", "-c", help="By name.")],
    coats: Annotated[int, typer.Option("--coats", min=1)] = 2,
    finish: Annotated[Literal["matt", "gloss"], typer.Option()] = "matt",
    dry: Annotated[bool, typer.Option(help="Wait.")] = True,
):
    """Paint a wall."""


@toy.command("end")
def end_in_some_way(way: str):
    """End as it is told to."""
    if way.isdigit():
        raise typer.Exit(int(way))
    raise {"ctrl-c": KeyboardInterrupt, "pipe": BrokenPipeError, "own": RuntimeError}[way]()


@pytest.fixture(params=[of_parity, of_converters], ids=["parity", "converters"])
def call(request, monkeypatch):
    """Runs the small command line by either package's `run`; what it raises is let through."""
    # As an installed script, not as `python -m pytest`.
    monkeypatch.setattr(sys.modules["__main__"], "__package__", "")

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["/bin/toy", *words])
        request.param.run(toy, "toy")

    return run


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("pant", "unknown command 'pant'; did you mean paint? (toy --help)"),
        ("xyz", "unknown command 'xyz'; known: paint, end (toy --help)"),
        ("--xyz", "unknown option '--xyz'; known: --help (toy --help)"),
        ("paint --color r", "unknown option '--color'; did you mean --colour? (toy paint --help)"),
        (
            "paint -finish gloss",
            "unknown option '-finish'; did you mean --finish? (toy paint --help)",
        ),
        ("paint -x", "unknown option '-x'; known: KNOWN (toy paint --help)"),
        ("paint -c r", "missing argument WALL: What is painted (toy paint --help)"),
        ("paint w", "missing option --colour / -c: By name (toy paint --help)"),
        ("end", "missing argument way (toy end --help)"),
        ("paint w -c", "option '-c' requires an argument (toy paint --help)"),
        ("paint w --dry=1", "option '--dry' does not take a value (toy paint --help)"),
        ("paint w x -c r", "got unexpected extra argument(s) (x) (toy paint --help)"),
        (
            "paint w -c r --coats 0",
            "--coats cannot be '0': input should be greater than or equal to 1 (toy paint --help)",
        ),
        (
            "paint w -c r --finish mat",
            "--finish cannot be 'mat': not one of 'matt', 'gloss' (toy paint --help)",
        ),
    ],
)
def test_a_wrong_call_is_one_line(call, capsys, words, line):
    with pytest.raises((ParityError, InputError)) as caught:
        call(*words.split())
    known = "--colour, -c, --coats, --finish, --dry, --no-dry, --help"
    assert str(caught.value) == line.replace("KNOWN", known)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("way", "code"), [("0", 0), ("1", 1), ("2", 2), ("ctrl-c", 130)])
def test_a_commands_own_end_is_the_end(call, way, code):
    with pytest.raises(SystemExit) as caught:
        call("end", way)
    assert caught.value.code == code


def test_a_reader_that_goes_away_is_no_failure_of_a_command(call):
    with pytest.raises(BrokenPipeError):
        call("end", "pipe")


def test_a_mistake_of_the_program_is_no_mistake_of_the_call(call):
    with pytest.raises(RuntimeError):
        call("end", "own")


def test_a_call_of_nothing_is_answered_with_the_help(call, capsys):
    with pytest.raises(SystemExit) as caught:
        call()
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert "Paint a wall." in out
    assert err == ""


@pytest.mark.parametrize(
    ("program", "words", "line"),
    [
        ("parity", "chek", "error: unknown command 'chek'; did you mean check or schema? ({})"),
        ("parity", "check --laier x", "error: unknown option '--laier'; did you mean --layer"),
        ("parity", "compare a.json", "error: missing argument B.json: The later one ({})"),
        ("parity", "check --records 0", "error: --records cannot be '0': input should be"),
        ("gmvp-convert", "wieghts", "error: unknown command 'wieghts'; did you mean weights? ({})"),
        ("gmvp-convert", "weights a.h5", "error: missing option --output / -o: Folder to make"),
        ("gmvp-convert", "weights --tu x", "error: unknown option '--tu'; did you mean --to"),
        ("gmvp", "xyz", "error: unknown command 'xyz'; known: "),
        ("gmvp", "--halp", "error: unknown option '--halp'; did you mean --help? ({})"),
    ],
)
def test_each_program_through_a_pipe(program, words, line):
    module = MODULES[program]
    result = subprocess.run(
        f"{sys.executable} -m {module} {words} | cat; exit ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stdout) == (2, "")
    (said,) = result.stderr.splitlines()
    command = "" if "unknown command" in said or program == "gmvp" else words.split()[0] + " "
    assert said.startswith(line.replace("({})", f"(python -m {module} {command}--help)"))
    assert said.endswith("--help)")


@pytest.mark.parametrize("program", MODULES)
def test_help_whose_reader_has_gone(program):
    # `true` reads nothing; the pause lets it be gone when the help is written.
    result = subprocess.run(
        f"(sleep 0.5; exec {sys.executable} -m {MODULES[program]} --help) | true; "
        "exit ${PIPESTATUS[0]}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stderr) == (141, "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("program", MODULES)
def test_help_that_no_longer_fits_on_the_disk(program, unbuffered):
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [sys.executable, "-m", MODULES[program], "--help"],
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert result.returncode == 2
    (said,) = result.stderr.splitlines()
    assert "No space left on device" in said
