"""True values of simulated data: tables of variants and coupled pairs, and truth.json."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from converters.atomic import file_beside
from converters.residues import AMINO_ACIDS
from converters.simulation.auroc import attainable, auroc
from converters.simulation.labels import TERMS, latent_of
from converters.simulation.part import Known, Outputs
from converters.simulation.plan import FILES, Settings, name_of

VERSION = 1
"""Version of the data that a given seed produces."""
TABLES = ("variants.tsv", "truth.tsv", "coupled.tsv", "truth.json")


def gathered(parts: Sequence[Known]) -> Known:
    """Concatenate the true values of all parts, sorted by protein and number of the variant."""
    joined = Known(*(np.concatenate(found) for found in zip(*parts, strict=True)))
    order = np.lexsort((joined.number, joined.protein))
    sorted_ = {name: getattr(joined, name)[order] for name in Known._fields if name != "pairs"}
    pairs = joined.pairs[np.lexsort((joined.pairs[:, 1], joined.pairs[:, 0]))]
    return Known(**sorted_, pairs=pairs)


def write_truth(folder: Path, settings: Settings, outputs: Outputs, known: Known) -> dict[str, Any]:
    """Write the tables and truth.json, and return the content of the latter; raises OSError."""
    account = _account(settings, outputs, known)
    for name, lines in (
        ("variants.tsv", _variants(known)),
        ("truth.tsv", _truth(known, outputs)),
        ("coupled.tsv", _coupled(known)),
        ("truth.json", [json.dumps(account, indent=2) + "\n"]),
    ):
        with file_beside(folder / name) as partial, open(partial, "w") as file:
            file.writelines(lines)
    return account


def _names(known: Known) -> Iterator[tuple[str, int, str, str, str]]:
    """Yield transcript, position from 1, both residues, and name of each variant."""
    columns = (known.protein, known.position, known.ref, known.alt)
    for protein, position, ref, alt in zip(*(c.tolist() for c in columns), strict=True):
        place, before, after = position + 1, AMINO_ACIDS[ref], AMINO_ACIDS[alt]
        transcript = name_of(protein)
        yield transcript, place, before, after, f"{transcript}_{place}_{before}_{after}"


def _variants(known: Known) -> Iterator[str]:
    yield "transcript_id\taa_pos\tref_aa\talt_aa\ttarget\tvar\tconsequence\n"
    for (transcript, place, ref, alt, name), label in zip(
        _names(known), known.label.tolist(), strict=True
    ):
        yield f"{transcript}\t{place}\t{ref}\t{alt}\t{label}\t{name}\tmissense_variant\n"


def _truth(known: Known, outputs: Outputs) -> Iterator[str]:
    yield _row(["var", "file", "target", "probability", "gene", *TERMS])
    files = [outputs.part(number) for number in range(FILES)]
    for row, (*_, name) in enumerate(_names(known)):
        numbers = [known.probability[row], known.tolerance[row], *known.terms[row]]
        digits = [repr(float(number)) for number in numbers]
        yield _row([name, files[known.part[row]], str(known.label[row]), *digits])


def _coupled(known: Known) -> Iterator[str]:
    yield _row(["transcript_id", "aa_pos_1", "aa_pos_2"])
    for protein, first, second in known.pairs.tolist():
        yield _row([name_of(protein), str(first + 1), str(second + 1)])


def _row(fields: Iterable[str]) -> str:
    return "\t".join(fields) + "\n"


def _account(settings: Settings, outputs: Outputs, known: Known) -> dict[str, Any]:
    """Return what was simulated, and the attainable AUROC on all of it and on each file."""
    gene, sharp = known.tolerance, settings.sharpness
    without = {
        term: auroc(sharp * latent_of(known.terms, term) + gene, known.probability)
        for term in TERMS
    }
    if settings.gene_spread:
        without["gene"] = auroc(latent_of(known.terms), known.probability)
    files = {}
    for number in range(FILES):
        here = known.part == number
        files[outputs.part(number)] = {
            "variants": int(here.sum()),
            "harmful": int(known.label[here].sum()),
            "auroc": attainable(known.probability[here], known.label[here])._asdict(),
        }
    return {
        "version": VERSION,
        "settings": settings._asdict(),
        "variants": len(known.label),
        "harmful": int(known.label.sum()),
        "mean_probability": float(known.probability.mean()),
        "auroc": attainable(known.probability, known.label)._asdict(),
        "auroc_expected_without": without,
        "coupled_pairs": len(known.pairs),
        "files": files,
    }
