"""Order of the twenty amino acids in a map."""

from typing import NamedTuple

from converters.errors import InputError
from converters.residues import AMINO_ACIDS


class Group(NamedTuple):
    """Amino acids that belong together, and their common name."""

    name: str
    letters: str


class Order(NamedTuple):
    """Groups from top to bottom, or a single unnamed group."""

    name: str
    groups: tuple[Group, ...]

    @property
    def letters(self) -> str:
        """Return the twenty letters from top to bottom."""
        return "".join(group.letters for group in self.groups)


CHEMISTRY = Order(
    "chemistry",
    (
        Group("aromatic", "FWY"),
        Group("aliphatic", "MLIVA"),
        Group("special", "GPC"),
        Group("polar", "STNQ"),
        Group("basic", "HKR"),
        Group("acidic", "DE"),
    ),
)
_KNOWN = {
    "chemistry": CHEMISTRY,
    "alphabet": Order("alphabet", (Group("", AMINO_ACIDS),)),
    # Kyte and Doolittle 1982, doi:10.1016/0022-2836(82)90515-0, most hydrophobic first.
    "hydropathy": Order("hydropathy", (Group("", "IVLFCMAGTSWYPHEQDNKR"),)),
}


def order_of(text: str) -> Order:
    """Return an order by name, or by the twenty letters from top to bottom; raises InputError."""
    if text.lower() in _KNOWN:
        return _KNOWN[text.lower()]
    letters = text.upper()
    if sorted(letters) == sorted(AMINO_ACIDS):
        return Order(letters, (Group("", letters),))
    raise InputError(
        f"order {text!r}; expected {', '.join(_KNOWN)}, or the letters {AMINO_ACIDS}, each once"
    )
