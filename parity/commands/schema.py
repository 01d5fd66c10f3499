"""`parity schema`: JSON Schemas of the documents that commands write."""

import sys
from importlib import resources
from typing import Annotated, Literal

import typer


def schema(
    of: Annotated[
        Literal["check", "compare"],
        typer.Argument(help="The command whose --json is described."),
    ] = "check",
) -> None:
    """Print the JSON Schema (draft 2020-12) of what --json writes."""
    file = resources.files("parity.report") / "schema" / f"{of}.schema.json"
    sys.stdout.write(file.read_text(encoding="utf-8"))
