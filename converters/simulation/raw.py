"""A protein's raw files, as the original has them: what `gmvp-convert features` reads."""

import json
from pathlib import Path

import numpy as np

from converters.atomic import file_beside
from converters.features.alignment import HUMAN
from converters.residues import letter
from converters.simulation.protein import Protein


def write_raw(folder: Path, protein: Protein) -> None:
    """Write the four raw files of a protein; the matrix made of them is the protein's to the bit.

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
    told = {"seq": "".join(alphabet[human])}
    told |= {key: values.tolist() for key, values in protein.structure.items()}
    with file_beside(f"{stem}.netsurfp2.json") as partial:
        partial.write_text(json.dumps(told))
