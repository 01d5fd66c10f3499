"""One of the ten files of a simulation, made by one process.

The true values of its variants are written last, to `<name>.npz` beside the file of records; a part
that has this file is finished.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.atomic import file_beside
from converters.features.alignment import HUMAN
from converters.features.files import save_matrix
from converters.records.variant_record import VariantRecord, write_records
from converters.residues import letter
from converters.simulation.labels import TERMS
from converters.simulation.plan import (
    Plan,
    Purpose,
    Settings,
    name_of,
    species_tree,
    stream,
)
from converters.simulation.protein import Protein, draw_protein
from converters.simulation.tree import Tree
from converters.simulation.variants import Variants, draw_variants
from converters.store.writer import write_store
from converters.windows import cut

FEATURES, RAW = "features", "raw"
_AT_ONCE = 64
"""Windows cut at a time, 14 MB."""


class Outputs(NamedTuple):
    """Files to write: `form` "records" or "store", the `replicate` digit in the names, whether to
    write feature `matrices`, and the number of proteins to write `raw` files for."""

    form: str = "records"
    replicate: int = 0
    matrices: bool = False
    raw: int = 0

    def part(self, number: int) -> str:
        """Return the file name of a part, as `split_files` of the training expects it."""
        end = "tfrec" if self.form == "records" else "store"
        return f"train_r{self.replicate}_{number}.{end}"


class Known(NamedTuple):
    """True values of V variants and P coupled pairs, arrays (V, ...) and (P, ...).

    `number` counts a protein's variants from 0; `pairs` has a protein and two positions from 0.
    """

    protein: NDArray[np.int64]
    number: NDArray[np.int64]
    position: NDArray[np.int64]
    ref: NDArray[np.int64]
    alt: NDArray[np.int64]
    label: NDArray[np.int64]
    part: NDArray[np.int64]
    probability: NDArray[np.float64]
    tolerance: NDArray[np.float64]
    terms: NDArray[np.float64]
    pairs: NDArray[np.int64]


def known_path(folder: Path, outputs: Outputs, number: int) -> Path:
    """Return the file of a part's true values."""
    return folder / f"{outputs.part(number)}.npz"


def make_protein(settings: Settings, tree: Tree, length: int, number: int) -> Protein:
    """Draw a protein by its number; it does not depend on the process that draws it."""
    random = stream(settings, Purpose.PROTEIN, number)
    return draw_protein(random, name_of(number), length, tree, settings.gene_spread)


def make_variants(
    settings: Settings, protein: Protein, number: int, positions: NDArray[np.int64]
) -> Variants:
    """Draw all variants of a protein."""
    random = stream(settings, Purpose.VARIANTS, number)
    snv = settings.substitutions == "snv"
    return draw_variants(random, protein, positions, snv, settings.sharpness)


class Part:
    """One of the ten files, while it is made."""

    def __init__(self, settings: Settings, outputs: Outputs, plan: Plan, number: int) -> None:
        self.settings, self.outputs, self.plan, self.number = settings, outputs, plan, number
        self.tree = species_tree(settings)
        self._known: list[Known] = []

    def write(self, folder: Path, advance: Callable[[int], None]) -> None:
        """Write the file and then its true values, each atomically; raises OSError."""
        path = folder / self.outputs.part(self.number)
        if self.outputs.form == "store":
            write_store(path, self.records(folder, advance), force=True)
        else:
            write_records(path, self.records(folder, advance))
        known = Known(*(np.concatenate(found) for found in zip(*self._known, strict=True)))
        with (
            file_beside(known_path(folder, self.outputs, self.number)) as partial,
            open(partial, "wb") as file,
        ):
            np.savez(file, **known._asdict())

    def records(self, folder: Path, advance: Callable[[int], None]) -> Iterator[VariantRecord]:
        """Yield the file's records, protein by protein."""
        for number in np.unique(self.plan.protein[self.plan.file == self.number]).tolist():
            here = self.plan.of(number)
            positions, files = self.plan.position[here], self.plan.file[here]
            length = int(self.plan.lengths[number])
            protein = make_protein(self.settings, self.tree, length, number)
            variants = make_variants(self.settings, protein, number, positions)
            matrix = protein.matrix()
            # The first of several files with a protein writes the protein's other files.
            first = int(files.min()) == self.number
            if first:
                self._write_others(folder, number, protein, matrix)
            chosen = np.flatnonzero(files == self.number)
            self._known.append(_known(number, protein, variants, chosen, files, first))
            yield from _records(protein, variants, chosen, matrix)
            advance(len(chosen))

    def _write_others(
        self, folder: Path, number: int, protein: Protein, matrix: NDArray[np.float64]
    ) -> None:
        if self.outputs.matrices:
            save_matrix(folder / FEATURES / f"{protein.name}.npy", matrix)
        if number < self.outputs.raw:
            write_raw(folder / RAW, protein)


def write_raw(folder: Path, protein: Protein) -> None:
    """Write a protein's four raw files, of which `gmvp-convert features` makes its exact matrix.

    Raises:
        OSError: a file cannot be written.
    """
    stem = folder / protein.name
    human = protein.residues[0]
    profile = np.concatenate([human[:, None].astype(np.float64), protein.profile], 1)
    for end, array in ((".99.diff0.hhm.npy", profile), (".aa.obs_exp.npy", protein.counts)):
        with file_beside(f"{stem}{end}") as partial, open(partial, "wb") as file:
            np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
    alphabet = np.array([letter(code) for code in range(20)] + ["-"])
    with file_beside(f"{stem}.compara103") as partial, open(partial, "w") as text:
        for number, row in enumerate(protein.residues):
            species = f"species{number:03d}" if number else HUMAN
            sequence = "".join(alphabet[row])
            text.write(f"{species}\t{float(protein.identity[number])!r}\t{sequence}\n")
    structure = {key: values.tolist() for key, values in protein.structure.items()}
    with file_beside(f"{stem}.netsurfp2.json") as partial:
        partial.write_text(json.dumps({"seq": "".join(alphabet[human]), **structure}))


def _records(
    protein: Protein,
    variants: Variants,
    chosen: NDArray[np.intp],
    matrix: NDArray[np.float64],
) -> Iterator[VariantRecord]:
    names = variants.names(protein.name)
    narrow = matrix.astype(np.float32)
    for start in range(0, len(chosen), _AT_ONCE):
        some = chosen[start : start + _AT_ONCE]
        features, masks = cut(narrow, variants.positions[some])
        for number, feature, mask in zip(some.tolist(), features, masks, strict=True):
            label, ref, alt = (
                int(codes[number]) for codes in (variants.labels, variants.refs, variants.alts)
            )
            yield VariantRecord(names[number], label, ref, alt, feature, mask)


def _known(
    number: int,
    protein: Protein,
    variants: Variants,
    chosen: NDArray[np.intp],
    files: NDArray[np.int64],
    first: bool,
) -> Known:
    pairs = protein.sites.pairs if first else protein.sites.pairs[:0]
    return Known(
        protein=np.full(len(chosen), number),
        number=chosen.astype(np.int64),
        position=variants.positions[chosen],
        ref=variants.refs[chosen],
        alt=variants.alts[chosen],
        label=variants.labels[chosen],
        part=files[chosen],
        probability=variants.harm.probability[chosen],
        tolerance=np.full(len(chosen), protein.tolerance),
        terms=variants.harm.terms[chosen].reshape(-1, len(TERMS)),
        pairs=np.pad(pairs, ((0, 0), (1, 0)), constant_values=number),
    )
