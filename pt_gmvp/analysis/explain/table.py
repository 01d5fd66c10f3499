"""Explanation in numbers: a full table, JSON, and tables for a terminal."""

import csv
import io
import json
from typing import Any, TextIO

import numpy as np

from converters.residues import AMINO_ACIDS
from converters.tables import print_rows
from pt_gmvp.analysis.explain.attention import Explanation, View
from pt_gmvp.analysis.explain.captions import heading, notes, scores, share

SLOT = "slot"
_SPECIES_SHOWN = 5


def as_tsv(explained: Explanation) -> str:
    """Return all positions of the window, then the learned slot, as tab-separated lines.

    Attention columns sum to 1; the variant's own position has none. Numbers have all digits.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    views = explained.views
    heads = [(view, head) for view in views for head in range(len(view.attention))]
    writer.writerow(
        [
            *("position", "residue", "offset", "attention"),
            *(f"attention/{view.name}/head_{head + 1}" for view, head in heads),
            "coevolution",
            *(f"coevolution/{view.name}" for view in views),
            *("structure", "rsa"),
        ]
    )
    around = explained.around
    for row, position in enumerate(around.positions.tolist()):
        writer.writerow(
            [
                *(position, around.residues[row], int(around.offsets[row])),
                float(explained.attention[row]),
                *(float(view.attention[head, row]) for view, head in heads),
                float(explained.strength[row]),
                *(float(view.strength[row]) for view in views),
                *(around.structure[row], float(around.accessible[row])),
            ]
        )
    slots = [explained.slot, *(float(view.slot[head]) for view, head in heads)]
    writer.writerow([SLOT, "", "", *slots, *[""] * (3 + len(views))])
    return text.getvalue()


def as_json(explained: Explanation) -> str:
    """Return everything as JSON."""
    variant, around = explained.variant, explained.around
    content = {
        "variant": variant.substitution.named(variant.transcript),
        "transcript": variant.transcript,
        "hgvs": variant.substitution.hgvs,
        "gMVP": explained.probability,
        "models": [_model(view) for view in explained.views],
        "neighbours": [
            {
                "position": position,
                "residue": around.residues[row],
                "offset": int(around.offsets[row]),
                "attention": float(explained.attention[row]),
                "coevolution": float(explained.strength[row]),
                "structure": around.structure[row],
                "rsa": float(around.accessible[row]),
            }
            for row, position in enumerate(around.positions.tolist())
        ],
        "slot": explained.slot,
        "species": [
            {
                "species": number + 1,
                "weight": float(weight),
                "identity": float(around.identity[number]),
                "residue": around.residue_of(number),
            }
            for number, weight in enumerate(explained.species)
            if not around.padding[number]
        ],
        "padding": dict(zip(("rows", "weight"), explained.padding, strict=True)),
        "stand_ins": explained.stand_ins,
        "frequencies": dict(zip([*AMINO_ACIDS, "-"], explained.frequencies.tolist(), strict=True)),
    }
    return json.dumps(content, indent=2) + "\n"


def _model(view: View) -> dict[str, Any]:
    return {
        "name": view.name,
        "gMVP": view.probability,
        "attention": view.attention.tolist(),
        "slot": view.slot.tolist(),
        "coevolution": view.strength.tolist(),
        "norm": view.norm,
        "coevolution_is_the_models_own": not view.derived,
        "species_weights_learned": view.learned,
    }


def print_explanation(
    explained: Explanation, stream: TextIO, top: int, label: str | None = None
) -> None:
    """Print the score, the `top` neighbours by attention, and the species with most weight."""
    print(heading(explained, label), file=stream)
    print(scores(explained), file=stream)
    print(file=stream)
    _print_neighbours(explained, top, stream)
    print(file=stream)
    _print_species(explained, stream)
    print(file=stream)
    for note in notes(explained):
        print(note, file=stream)
    stream.flush()


def _print_neighbours(explained: Explanation, top: int, stream: TextIO) -> None:
    around, views = explained.around, explained.views
    one = len(views) == 1
    names = (
        [f"head {head + 1}" for head in range(len(views[0].attention))]
        if one
        else [view.name for view in views]
    )
    parts = views[0].attention if one else np.array([view.attention.mean(0) for view in views])
    slots = views[0].slot if one else np.array([view.slot.mean() for view in views])
    columns = ("position", "residue", "offset", "attention", *names)
    rows = [
        (
            *(str(around.positions[row]), around.residues[row], f"{around.offsets[row]:+d}"),
            f"{explained.attention[row]:.4f}",
            *(f"{part:.4f}" for part in parts[:, row]),
            f"{explained.strength[row]:.4f}",
            *(around.structure[row] or "-", f"{around.accessible[row]:.2f}"),
        )
        for row in explained.ranked[:top]
    ]
    slot = ("learned slot", "", "", f"{explained.slot:.4f}", *(f"{each:.4f}" for each in slots))
    print_rows((*columns, "co-evolution", "structure", "rsa"), [*rows, (*slot, "", "", "")], stream)


def _print_species(explained: Explanation, stream: TextIO) -> None:
    weights = explained.species
    rows = [
        (
            *(f"no. {number + 1}", f"{weights[number]:.5f}", share(weights[number] * len(weights))),
            f"{explained.around.identity[number]:.1f} %",
            explained.around.residue_of(number),
        )
        for number in sorted(explained.present, key=lambda row: -weights[row])[:_SPECIES_SHOWN]
    ]
    print_rows(("species", "weight", "of an even share", "identity", "residue here"), rows, stream)
