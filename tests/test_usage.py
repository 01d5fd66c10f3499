"""Every command line answers a wrong call with one line, and keeps its exit codes.

`parity` and the converters must not import each other, so each has its own `run`.
"""

import inspect
import os
import subprocess
import sys
from importlib import metadata
from typing import Annotated, Literal

import pytest
import typer

import converters.messages
import parity.messages
from converters.commands import failing
from converters.errors import InputError
from parity import cli
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


@pytest.fixture(params=[cli, failing], ids=["parity", "converters"])
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
        ("pant", "No such command 'pant'. Did you mean 'paint'? (see toy --help)"),
        ("xyz", "No such command 'xyz' (see toy --help)"),
        ("--xyz", "No such option: --xyz (see toy --help)"),
        (
            "paint --color r",
            "No such option: --color (Possible options: --colour) (see toy paint --help)",
        ),
        (
            "paint -finish gloss",
            "No such option: -f; did you mean --finish? (see toy paint --help)",
        ),
        ("paint -x", "No such option: -x (see toy paint --help)"),
        ("paint -c r", "Missing argument 'WALL': What is painted (see toy paint --help)"),
        ("paint w", "Missing option '--colour' / '-c': By name (see toy paint --help)"),
        ("end", "Missing argument 'way' (see toy end --help)"),
        ("paint w -c", "Option '-c' requires an argument (see toy paint --help)"),
        ("paint w --dry=1", "Option '--dry' does not take a value (see toy paint --help)"),
        ("paint w x -c r", "Got unexpected extra argument(s) (x) (see toy paint --help)"),
        (
            "paint w -c r --coats 0",
            "Invalid value for '--coats': Input should be greater than or equal to 1 "
            "(see toy paint --help)",
        ),
        (
            "paint w -c r --finish mat",
            "Invalid value for '--finish': 'mat' is not one of 'matt', 'gloss' "
            "(see toy paint --help)",
        ),
    ],
)
def test_a_wrong_call_is_one_line(call, capsys, words, line):
    with pytest.raises((ParityError, InputError)) as caught:
        call(*words.split())
    assert str(caught.value) == line
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
        ("parity", "chek", "error: No such command 'chek'. Did you mean 'check'"),
        ("parity", "check --laier x", "error: No such option: --laier (Possible options: --layer"),
        ("parity", "compare a.json", "error: Missing argument 'B.json': The later one ({})"),
        ("parity", "check --records 0", "error: Invalid value for '--records': Input should be"),
        (
            "gmvp-convert",
            "wieghts",
            "error: No such command 'wieghts'. Did you mean 'weights'? ({})",
        ),
        ("gmvp-convert", "weights a.h5", "error: Missing option '--output' / '-o': Folder to make"),
        ("gmvp-convert", "weights --tu x", "error: No such option: --tu (Possible options: --"),
        ("gmvp", "xyz", "error: No such command 'xyz'"),
        ("gmvp", "--halp", "error: No such option: --halp (Possible options: --help) ({})"),
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
    command = "" if "such command" in said or program == "gmvp" else words.split()[0] + " "
    assert said.startswith(line.replace("({})", f"(see python -m {module} {command}--help)"))
    assert said.endswith("--help)")


@pytest.mark.parametrize("program", MODULES)
def test_each_program_says_its_version_and_takes_a_short_help(program):
    said = [
        subprocess.run(
            [sys.executable, "-m", MODULES[program], option],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for option in ("--version", "-h", "--help")
    ]
    assert said[0] == f"{program} {metadata.version('gmvp-parity')}\n"
    assert said[1] == said[2]
    assert "Usage:" in said[1]


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


def test_both_packages_make_text_safe_in_the_same_way():
    """The copy that `parity` has, as it must not import the converters, is the same code."""
    texts = [
        inspect.getsource(module).partition('"""\n\nimport')[2]
        for module in (converters.messages, parity.messages)
    ]
    assert texts[0] == texts[1]
    assert "def printable" in texts[0]


@pytest.mark.parametrize("program", MODULES)
def test_no_program_prints_a_control_character_of_a_name(program):
    odd = "no\x1b[2Jfile"
    words = {
        "parity": ["replay", odd],
        "gmvp-convert": ["weights", odd, "-o", "out"],
        "gmvp": ["lookup", odd, "TP53 R175H"],
    }[program]
    done = subprocess.run(
        [sys.executable, "-m", MODULES[program], *words],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "\x1b" not in done.stderr
    assert r"no\x1b[2Jfile" in done.stderr
