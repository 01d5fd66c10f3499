"""Models that a command is given: folders, files of weights with --config, or a list of either."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from converters.commands.failing import fail
from converters.errors import InputError
from pt_gmvp.commands.options import note_unread

if TYPE_CHECKING:
    from pt_gmvp.ensemble import ModelSource

Models = Annotated[
    list[Path] | None,
    typer.Option(
        "--model",
        "--model_path",
        metavar="MODEL",
        help="Folder of a model, or .h5 with --config; repeat it for an ensemble.",
        show_default=False,
    ),
]
ModelList = Annotated[
    Path | None,
    typer.Option("--model_list", metavar="LIST", help="File of models, one per line."),
]
ModelConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="JSON", help="Configuration of models that are .h5 files."),
]


class Chosen(NamedTuple):
    """The models of an ensemble, and those of the list that do not exist."""

    sources: "list[ModelSource]"
    missing: list[str]

    def fail_if_missing(self) -> None:
        """End the command with 1 if a model of the list does not exist."""
        if self.missing:
            count, used = len(self.missing), len(self.sources)
            fail(
                f"{count} of {count + used} models of the list do not exist; the scores are those "
                f"of the other {used}",
                1,
            )


def choose_models(models: list[Path] | None, listed: Path | None, config: Path | None) -> Chosen:
    """Return the models to load; name those of the list that do not exist on standard error.

    Raises:
        InputError: no model or two ways to name them; a list without an existing model; a file of
            weights without `config`, or `config` without such a file.
        ConfigError: `config` is refused.
        OSError: the list cannot be read.
    """
    if bool(models) == (listed is not None):
        raise InputError("give --model MODEL, once or more, or --model_list LIST")
    paths = list(models or [])
    missing: list[str] = []
    if listed is not None:
        paths, missing = _read_list(listed)
        for name in missing:
            print(f"note: {listed}: {name}: no such model; it is left out", file=sys.stderr)
    files = [path for path in paths if path.is_file()]
    if config is None:
        if files:
            raise InputError(
                f"{files[0]}: is a file; expected a model folder, or --config JSON with it, the "
                f"original's; make a folder with: gmvp-convert weights {files[0]} -o FOLDER"
            )
        return Chosen(list(paths), missing)
    if not files:
        raise InputError("--config has no effect: a model folder has its own; leave it out")
    from pt_gmvp.config import load_config
    from pt_gmvp.ensemble import WeightFile

    load_config(config)
    note_unread(config)
    sources = [WeightFile(path, config) if path in files else path for path in paths]
    return Chosen(sources, missing)


def _read_list(path: Path) -> tuple[list[Path], list[str]]:
    from converters.text import read_text

    lines = read_text(path).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    names = [line.strip() for line in lines if line.strip()]
    if not names:
        raise InputError(f"{path}: names no model; expected one path per line")
    missing = [name for name in names if not Path(name).exists()]
    if len(missing) == len(names):
        raise InputError(f"{path}: none of its models exists, such as {missing[0]}")
    return [Path(name) for name in names if name not in missing], missing
