"""Domains of gMVP's inputs for `parity fuzz`: realistic values, and some invalid ones.

Residue codes that are NaN, infinite or negative once truncated are left out: the port refuses them
deliberately as invalid input (pt_gmvp.residues), where the reference returns a row of zeros.
"""

from typing import Any

import numpy as np

from parity.arrays import Array
from parity.declaring.domains import Domain

# Beyond the last state, between two states, and truncated to 0 from below.
_ODD_CODES = (21.0, 25.0, 3.75, 19.5, 20.75, -0.5, -0.0)


def _codes(name: str, start: int, stop: int, outside: float | None = 0) -> Domain:
    columns = (start, stop)
    return Domain(name, 0, 20, integer=True, special=_ODD_CODES, columns=columns, outside=outside)


def _mask(outside: float | None = None) -> Domain:
    return Domain("mask", 0, 1, integer=True, outside=outside)


def matrix_domains(name: str, outside: float | None = None) -> tuple[Domain, ...]:
    """Return the domains of the input `name`, whose rows are those of a feature matrix."""
    return (
        _codes(name, 0, 1, outside),
        Domain(name, 0, 1, columns=(1, 21), outside=outside),
        _codes(name, 21, 221, outside),
        Domain(name, 0, 100, columns=(221, 421), outside=outside),
        Domain(name, -10, 10, columns=(421, 435), outside=outside),
    )


ALIGNMENT = (
    _codes("x", 0, 200),
    Domain("x", 0, 100, columns=(200, 400), outside=0),
)
ATTENTION = (_mask(),)
MODEL = (
    Domain("ref_aa", 0, 19, integer=True, special=(20, 25)),
    Domain("alt_aa", 0, 19, integer=True, special=(20, 25)),
    *matrix_domains("feature", outside=0),
    _mask(outside=1),
    Domain("label", 0, 1, integer=True),
)
LOSS = (
    Domain("logit", -100, 100),
    Domain("label", 0, 1, integer=True),
)
# Around the ends of warm-up and decay in all configurations, and where float32 stops counting.
_TURNS = (50, 100, 500, 550, 2000, 2100)
STEPS = (
    Domain(
        "step",
        0,
        5000,
        integer=True,
        special=(*(turn + by for turn in _TURNS for by in (-1, 0, 1)), 2**24 + 1, 2**31 - 1),
    ),
)
OPTIMIZER = (
    Domain("weight"),
    Domain("gradients", special=(1e-7, 1e-8, 1e-9, 1e-20, 1e-30)),
)


def _bits(value: float, of: type[np.floating[Any]]) -> int:
    array: Array = np.array(value, of)
    return int(array.view(f"i{array.itemsize}"))


_MOST = float(np.finfo(np.float32).max)
_BITS_32 = tuple(_bits(value, np.float32) for value in (-0.0, 1e-45, 1.0, _MOST, -_MOST))
# A matrix is in float64, its windows in float32: numbers between two float32, or below all.
_BITS_1 = tuple(_bits(value, np.float64) for value in (-0.0, 1e-45, 1e-300, 1 / 3, 1 + 2**-24))
_MOST_32 = _bits(_MOST, np.float32)
RECORDS = (
    # Names as bytes: fixed, since the records of readers that shuffle are sorted by them.
    Domain("var_id", fixed=True),
    Domain("label", 0, 1, integer=True),
    Domain("ref_aa", 0, 20, integer=True),
    Domain("alt_aa", 0, 20, integer=True),
    Domain("feature", 0, _MOST_32, integer=True, special=_BITS_32),
    # Readers refuse any other mask.
    Domain("mask", 0, 0, integer=True, special=tuple(_bits(x, np.float32) for x in (1.0, -0.0))),
)
WINDOWS = (
    # The profile's columns, with numbers from 0 to 1: a table's matrices are checked as they are
    # read, and the first column is the residue, which is written to the table of variants.
    Domain("matrix", 0, _bits(1.0, np.float64), integer=True, special=_BITS_1, columns=(1, 21)),
    Domain("alt_aa", 0, 19, integer=True),
)
