"""`gmvp coevolution`: measure how strongly the positions of an alignment vary together."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from converters.commands.failing import failing_clearly
from converters.commands.progress import progress
from converters.commands.unheeded import refuse

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pt_gmvp.analysis.coevolution.alignment import Alignment
    from pt_gmvp.analysis.coevolution.pairs import Pairs

_SHOWN = 10


class Format(StrEnum):
    """Format of an alignment."""

    FASTA = "fasta"
    A3M = "a3m"
    STOCKHOLM = "stockholm"
    CLUSTAL = "clustal"
    COMPARA = "compara"


class Weighting(NamedTuple):
    """`weights` of the sequences (None: all equal), the default norm, and the effective number of
    sequences."""

    weights: "NDArray[np.float64] | None"
    norm: str
    effective: float


class Norm(StrEnum):
    """States that the norm of a covariance covers."""

    RELEASED = "released"
    PAPER = "paper"


Source = Annotated[
    Path, typer.Argument(metavar="ALIGNMENT", help="Alignment, the query first; may be gzipped.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write the matrix, float32, as .npy.")
]
Table = Annotated[
    Path | None, typer.Option("--pairs", help="Write the pairs by strength, tab-separated.")
]
Plot = Annotated[Path | None, typer.Option("--plot", help="Draw a heat map as PNG.")]
Form = Annotated[
    Format | None,
    typer.Option("--format", help="Default: detected from the file's name or content."),
]
NormOption = Annotated[
    Norm | None,
    typer.Option(
        "--norm",
        help="All 21 x 21 pairs of states (released, the default) or only amino acids (paper)."
        " With --model the default is the model's.",
    ),
]
Model = Annotated[
    Path | None,
    typer.Option("--model", help="Weight the 200 rows by this model's species weights."),
]
Reweight = Annotated[
    float | None,
    typer.Option("--reweight", help="Weight by 1 / number of sequences at least this identical."),
]
Decorrelate = Annotated[
    bool,
    typer.Option("--decorrelate", help="Correct for common descent; no tree is needed."),
]
Apc = Annotated[bool, typer.Option("--apc", help="Average product correction.")]
KeepGaps = Annotated[
    bool, typer.Option("--keep-gaps", help="Keep columns where the query has a gap.")
]
First = Annotated[int, typer.Option("--first", help="Number of the query's first residue.")]
Separation = Annotated[
    int,
    typer.Option("--min-separation", min=1, help="Minimum distance of listed and marked pairs."),
]
Top = Annotated[
    int | None, typer.Option("--top", min=1, help="Pairs written by --pairs. Default: all.")
]
Device = Annotated[str, typer.Option("--device", help="auto (a GPU if there is one), cpu, cuda.")]


def coevolution(
    context: typer.Context,
    alignment: Source,
    output: Output = None,
    pairs: Table = None,
    plot: Plot = None,
    form: Form = None,
    norm: NormOption = None,
    model: Model = None,
    reweight: Reweight = None,
    decorrelate: Decorrelate = False,
    apc: Apc = False,
    keep_gaps: KeepGaps = False,
    first: First = 1,
    min_separation: Separation = 6,
    top: Top = None,
    device: Device = "auto",
) -> None:
    """Measure how strongly the positions of an alignment vary together, pair by pair."""
    with failing_clearly():
        from converters.errors import InputError
        from pt_gmvp.analysis.coevolution.alignment import read_alignment
        from pt_gmvp.analysis.coevolution.pairs import ranked_pairs, write_pairs

        _check_outputs(alignment, output, pairs, plot)
        if pairs is None:
            refuse(context, ["top"], "without --pairs")
        if model and reweight is not None:
            raise InputError("--model and --reweight exclude each other; give only one of them")
        if decorrelate and (model or reweight is not None):
            raise InputError("--decorrelate computes its own weights; leave out the other weights")
        found = read_alignment(alignment, form, keep_gaps=keep_gaps, first=first)
        if len(found.codes) < 2:
            raise InputError(f"{alignment}: contains one sequence; expected at least two")
        weighting = _weighting(found, model, reweight)
        chosen = norm.value if norm else weighting.norm
        how = f"{chosen} norm{', decorrelated' * decorrelate}"
        weights = weighting.weights
        strength = _strength(found, weights, chosen, device, decorrelate=decorrelate)
        if apc:
            from pt_gmvp.analysis.coevolution.strength import average_product_corrected

            strength = average_product_corrected(strength)
        ranked = ranked_pairs(
            strength,
            found.positions,
            min_separation=min_separation,
            top=top if pairs else _SHOWN,
        )
        if output:
            _write_matrix(output, strength)
        if pairs:
            write_pairs(pairs, ranked, found.letters, found.positions)
        if plot:
            title = _title(alignment, found, weighting.effective, how, apc)
            _draw(plot, found, strength, title, apc, min_separation)
        for note in found.notes:
            print(f"note: {note}", file=sys.stderr)
        _print_summary(found, weighting.effective, how, apc, ranked)


def _check_outputs(
    alignment: Path, output: Path | None, pairs: Path | None, plot: Path | None
) -> None:
    """Raise InputError for outputs that cannot be written."""
    from converters.destination import check_outputs
    from converters.errors import InputError

    if not (output or pairs or plot):
        raise InputError(
            "nothing to write; give --output FILE.npy, --pairs FILE.tsv or --plot FILE"
        )
    check_outputs([output, pairs, plot], used=[alignment])
    for named, suffix in ((output, ".npy"), (plot, ".png")):
        if named and named.suffix.lower() != suffix:
            raise InputError(f"{named}: expected a name that ends in {suffix}")
    if plot:
        from pt_gmvp.commands.installed import check_installed

        check_installed("--plot", "matplotlib", extras="report")


def _weighting(found: "Alignment", model: Path | None, reweight: float | None) -> Weighting:
    if reweight is not None:
        from pt_gmvp.analysis.coevolution.weights import identity_weights

        with progress("weights", len(found.codes), "sequences") as advance:
            weights = identity_weights(found.codes, reweight, advance=advance)
        return Weighting(weights, "released", float(weights.sum()))
    if model:
        from pt_gmvp.analysis.coevolution.weights import kish, model_weights

        weights, norm = model_weights(model, len(found.codes))
        return Weighting(weights, norm, kish(weights))
    return Weighting(None, "released", len(found.codes))


def _strength(
    found: "Alignment",
    weights: "NDArray[np.float64] | None",
    norm: str,
    device: str,
    *,
    decorrelate: bool,
) -> "NDArray[np.float64]":
    import torch

    from converters.errors import InputError
    from pt_gmvp.analysis.coevolution.ancestry import decorrelated_coevolution
    from pt_gmvp.analysis.coevolution.strength import coevolution, count_steps
    from pt_gmvp.runs.devices import choose_device

    place = choose_device(device)
    steps = count_steps(found.codes.shape[1])
    try:
        with progress("co-evolution", steps, "blocks") as advance:
            if decorrelate:
                return decorrelated_coevolution(found.codes, norm, device=place, advance=advance)
            return coevolution(found.codes, weights, norm, device=place, advance=advance)
    except (torch.OutOfMemoryError, MemoryError):
        length = len(found.letters)
        raise InputError(
            f"out of memory on {place}; the matrix of {length:,} positions takes"
            f" {8 * length**2 / 1e9:.1f} GB of main memory; give --device cpu, or fewer positions"
        ) from None


def _write_matrix(path: Path, strength: "NDArray[np.float64]") -> None:
    import numpy as np

    from converters.atomic import file_beside

    with file_beside(path) as partial, open(partial, "wb") as file:
        np.save(file, strength.astype(np.float32), allow_pickle=False)


def _title(source: Path, found: "Alignment", effective: float, how: str, apc: bool) -> str:
    name = source.name.split(".")[0]
    return f"Co-evolution in {name}: {_counted(found, effective)}, {how}{', APC' * apc}"


def _counted(found: "Alignment", effective: float) -> str:
    count = len(found.codes)
    weighed = "" if effective == count else f" (effectively {effective:,.1f})"
    return f"{count:,} sequences{weighed}"


def _draw(
    path: Path,
    found: "Alignment",
    strength: "NDArray[np.float64]",
    title: str,
    apc: bool,
    min_separation: int,
) -> None:
    from pt_gmvp.analysis.coevolution.plot import write_map

    unit = "norm of the covariance of the states (no unit)"
    write_map(
        path,
        strength,
        found.letters,
        found.positions,
        title=title,
        unit=f"{unit}, average product subtracted" if apc else unit,
        min_separation=min_separation,
    )


def _print_summary(
    found: "Alignment",
    effective: float,
    how: str,
    apc: bool,
    pairs: "Pairs",
) -> None:
    from converters.tables import print_rows
    from pt_gmvp.analysis.coevolution.pairs import COLUMNS

    print(
        f"{found.form}: {_counted(found, effective)}, {len(found.letters):,} positions; {how}"
        f"{', average product corrected' * apc}",
        file=sys.stderr,
    )
    numbers, letters = found.positions, found.letters
    print_rows(
        COLUMNS,
        (
            (str(numbers[i]), letters[i], str(numbers[j]), letters[j], f"{strength:.4f}")
            for i, j, strength in zip(*(column[:_SHOWN] for column in pairs), strict=True)
        ),
    )
