"""`gmvp-convert weights`: convert a model's weights from and to TensorFlow's files."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from converters.commands.failing import failing_clearly

if TYPE_CHECKING:
    from converters.weights.conversion import Conversion


class Target(StrEnum):
    """Format that weights are converted to."""

    SAFETENSORS = "safetensors"
    KERAS_H5 = "keras-h5"


Source = Annotated[
    Path,
    typer.Argument(
        metavar="SOURCE",
        help="Keras 2 .h5, Keras 3 .weights.h5 or .keras, TensorFlow checkpoint (prefix or folder),"
        " SavedModel folder, or a model folder of the port. Recognised by content.",
        show_default=False,
    ),
]
Output = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        help="Folder to make (safetensors) or file to write (keras-h5).",
        show_default=False,
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config", help="The model's JSON configuration. Default: inferred from the shapes."
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="One model setting, such as pairwise_type=fre; repeatable.",
    ),
]
Renames = Annotated[
    list[str] | None,
    typer.Option(
        "--rename",
        metavar="SOURCE=CANONICAL",
        help="Assign an array or layer of the file to a weight or layer of the model.",
    ),
]
Ignored = Annotated[
    list[str] | None,
    typer.Option("--ignore", metavar="NAME", help="Ignore an array, or all arrays below a path."),
]
Report = Annotated[
    Path | None, typer.Option("--report", help="Write a report on every tensor as JSON.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing model.")]


def weights(
    source: Source,
    output: Output,
    config: ConfigFile = None,
    to: Annotated[Target, typer.Option("--to", help="Format to write.")] = Target.SAFETENSORS,
    setting: Settings = None,
    rename: Renames = None,
    ignore: Ignored = None,
    report: Report = None,
    force: Force = False,
) -> None:
    """Convert a model's weights, using each tensor exactly once; otherwise fail and show why."""
    with failing_clearly():
        from converters.atomic import write_json
        from converters.weights.conversion import read_weights
        from converters.weights.infer_config import parse_settings
        from converters.weights.report import print_report

        _check_output(output, to, force, report)
        made = read_weights(
            source,
            _read_settings(config) if config else None,
            parse_settings(setting or ()),
            _parse_renames(rename or ()),
            ignore or (),
        )
        account = _write(made, output, to, force)
        if report:
            write_json(report, account)
        print_report(account)
        _print_notes(made, output)


def _read_settings(path: Path) -> dict[str, Any]:
    """Read and check a configuration file, naming it in the error; note what nothing reads."""
    from converters.config_file import read_config_file
    from converters.model_config import ConfigError, check_whole, read_config

    settings = read_config(path)
    try:
        check_whole(settings)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    if note := read_config_file(path).note():
        print(f"note: {note}", file=sys.stderr)
    return settings


def _check_output(output: Path, to: Target, force: bool, report: Path | None) -> None:
    from converters.destination import check_outputs, check_parent
    from converters.errors import WeightsError
    from converters.weights.model_dir import check_destination

    check_outputs([report], used=[output])
    check_parent(output)
    if to is Target.SAFETENSORS:
        check_destination(output, force)
    elif output.is_dir():
        raise WeightsError(f"{output}: is a folder; expected the name of a file such as weights.h5")
    elif output.exists() and not force:
        raise WeightsError(f"{output}: exists; give --force to replace it")


def _parse_renames(pairs: list[str] | tuple[()]) -> dict[str, str]:
    from converters.errors import WeightsError

    renames: dict[str, str] = {}
    for pair in pairs:
        given, equals, canonical = pair.rpartition("=")
        if not equals or not given:
            raise WeightsError(f"--rename {pair}: expected SOURCE=CANONICAL")
        if given in renames:
            raise WeightsError(f"--rename is given twice for {given}")
        renames[given] = canonical
    return renames


def _write(made: "Conversion", output: Path, to: Target, force: bool) -> dict[str, Any]:
    from converters.weights.report import keras_report, state_report

    if to is Target.KERAS_H5:
        from converters.weights.keras_h5 import write_keras_h5

        return keras_report(made, write_keras_h5(output, made.canonical, made.config))
    from converters.weights.model_dir import write_model_dir
    from converters.weights.state_dict import to_state_dict

    state = to_state_dict(made.canonical, made.config)
    account = state_report(made, state)
    write_model_dir(output, state, made.config, account, force)
    return account


def _print_notes(made: "Conversion", output: Path) -> None:
    for note in made.notes:
        print(f"note: {note}", file=sys.stderr)
    reasons: dict[str, list[str]] = {}
    for item in made.set_aside:
        reasons.setdefault(item.reason, []).append(item.name)
    for reason, names in reasons.items():
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        print(f"note: left out, {reason}: {', '.join(names[:3])}{more}", file=sys.stderr)
    for warning in made.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    count = len(made.canonical)
    print(f"{made.format}: all {count} weights converted, {output} written", file=sys.stderr)
