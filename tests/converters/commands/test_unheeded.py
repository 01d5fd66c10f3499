from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from converters.commands.failing import failing_clearly
from converters.commands.unheeded import given, refuse

app = typer.Typer()


@app.command()
def command(
    context: typer.Context,
    data: Path | None = None,
    cv: Annotated[int, typer.Option("-k", "--fold", "--cv")] = 0,
) -> None:
    with failing_clearly():
        if data is None:
            refuse(context, ["cv"], "without --data")
        print(given(context, "cv"))


@pytest.mark.parametrize(
    ("words", "said"), [("", "False\n"), ("--data d", "False\n"), ("--data d --cv 0", "True\n")]
)
def test_an_option_counts_as_given_even_with_its_default(words, said):
    done = CliRunner().invoke(app, words.split())
    assert (done.exit_code, done.stdout) == (0, said)


@pytest.mark.parametrize("option", ["-k", "--fold", "--cv"])
def test_an_option_without_effect_is_refused_by_its_documented_name(option):
    done = CliRunner().invoke(app, [option, "0"])
    assert done.exit_code == 2
    assert done.stderr == "error: --fold has no effect without --data; leave it out\n"
