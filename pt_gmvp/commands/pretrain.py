"""`gmvp pretrain`: train gMVP's layers without labels to predict hidden positions."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from converters.commands.failing import failing_clearly
from converters.commands.progress import progress
from pt_gmvp.commands.installed import check_installed
from pt_gmvp.commands.options import note_unread
from pt_gmvp.runs.process import prepare


class Device(StrEnum):
    """Device to train on."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


Features = Annotated[Path, typer.Option(help="Folder of feature matrices, <id>.npy or .pickle.")]
Config = Annotated[
    Path,
    typer.Option(metavar="JSON", help="Configuration: section model and, optionally, pretrain."),
]
Out = Annotated[Path, typer.Option(help="Folder of the model and its results, new or empty.")]
Transcripts = Annotated[
    Path | None,
    typer.Option(metavar="LIST", help="File of ids, one per line. Default: all in the folder."),
]
Validation = Annotated[
    Path | None,
    typer.Option(metavar="LIST", help="File of ids to hold out. Default: a random share."),
]
Frequencies = Annotated[
    Path | None,
    typer.Option(
        metavar="TABLE",
        help="Columns transcript_id, aa_pos, alt_aa, frequency, which are predicted too.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, max=2**63 - 2, help="Seed of weights, split and order.")]
DeviceOption = Annotated[Device, typer.Option("--device", help="auto, cpu or cuda.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing pre-training.")]


def pretrain(
    features: Features,
    config: Config,
    out: Out,
    transcripts: Transcripts = None,
    validation: Validation = None,
    allele_frequencies: Frequencies = None,
    seed: Seed = 0,
    device: DeviceOption = Device.AUTO,
    force: Force = False,
) -> None:
    """Train without labels: predict a hidden position's residues from the alignment around it.

    The result is a model for `gmvp train --init`. See docs/pretraining.md.
    """
    with failing_clearly():
        check_installed("pre-training", "torch", "sklearn", "scipy", "matplotlib")
        from pt_gmvp.config import load_config
        from pt_gmvp.pretraining.settings import load_settings

        load_config(config)
        settings = load_settings(config)
        note_unread(config)
        prepare()
        from pt_gmvp.pretraining.running import Request, read, run

        request = Request(
            features,
            config,
            out,
            settings,
            transcripts,
            validation,
            allele_frequencies,
            seed,
            device.value,
            force,
        )
        with progress("reading", None, "proteins") as advance:
            found = read(request, advance)
        try:
            with progress("pre-training", None, "positions") as advance:
                results = run(request, found, advance)
        except KeyboardInterrupt:
            print(
                f"interrupted; {out} has the best model so far, if an epoch was finished; "
                "give --force to start over",
                file=sys.stderr,
            )
            raise typer.Exit(130) from None
        _print_summary(results)
        print(f"the model is in {out}, the curves in {out / 'curves.png'}", file=sys.stderr)


def _print_summary(results: dict[str, Any]) -> None:
    from converters.tables import new_table, print_table

    held, judged = len(results["proteins"]["held_out"]), results["positions"]["judged"]
    print(
        f"{judged:,} positions of {held} held-out proteins, epoch {results['best_epoch']} "
        f"of {results['epochs']}:"
    )
    titles = {
        "divergence": "KL, nats",
        "recovery": "top residue found",
        "deviance": "count deviance",
        "error": "frequency error",
    }
    found = results["judged"]
    shown = [name for name in titles if found["network"][name] is not None]
    table = new_table("predicted by", *(titles[name] for name in shown), "network better on")
    for name, values in found.items():
        better = results["better_on"].get(name)
        cells = [f"{values[part]:.4f}" for part in shown]
        table.add_row(name, *cells, "" if better is None else f"{better} of {held}")
    print_table(table, sys.stdout)
    print(f"pre-trained weights: {', '.join(results['pretrained'])}")
