"""Scores as text, as the original writes them: a line a substitution, `var` and `gMVP`.

A probability is printed with the fewest digits that identify its float64 value, as in the original,
whose float32 means have up to 17 digits.
"""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.residues import AMINO_ACIDS, letter

HEADER = b"var\tgMVP\n"
LEVEL = 1
"""Compression level: digits hardly compress, and level 6 takes four times as long for 5 % less."""
_BLOCK = 60_000
"""Bytes per block; even if they do not compress, the block stays within 64 KiB with its header."""
_letters = [letter(code) for code in range(256)]
# One call a residue: {0} is what its twenty ids begin with.
_twenty = "".join(f"{{0}}{alt}\t{{{at}!r}}\n" for at, alt in enumerate(AMINO_ACIDS, 1)).format


def substitutions(
    transcript: str, first: int, codes: NDArray[np.uint8], scores: NDArray[np.floating[Any]]
) -> bytes:
    """Format all substitutions of some residues, 20 lines each.

    Args:
        transcript: its id.
        first: the first residue's index in the protein, from 0; ids count from 1.
        codes: (n,), the protein's residues.
        scores: (n, 20), their scores.
    """
    found = zip(codes.tolist(), scores.tolist(), strict=True)
    lines = [
        _twenty(f"{transcript}_{position}_{_letters[code]}_", *row)
        for position, (code, row) in enumerate(found, first + 1)
    ]
    return "".join(lines).encode()


def variants(names: Sequence[str], scores: NDArray[np.floating[Any]]) -> bytes:
    """Format variants by name, and their scores, (n,)."""
    lines = [f"{name}\t{score!r}\n" for name, score in zip(names, scores.tolist(), strict=True)]
    return "".join(lines).encode()


def bgzip(text: bytes) -> bytes:
    """Compress text to complete bgzip blocks, which any gzip can read.

    The blocks of several calls make one file; it ends with the block of an empty text.
    """
    from Bio.bgzf import BgzfWriter

    made = io.BytesIO()
    writer = BgzfWriter(fileobj=made, compresslevel=LEVEL)
    for start in range(0, len(text) or 1, _BLOCK):
        writer.write(text[start : start + _BLOCK])
        writer.flush()
    return made.getvalue()
