"""In which order the twenty amino acids stand in a map."""

from typing import NamedTuple

from converters.errors import InputError
from converters.residues import AMINO_ACIDS


class Group(NamedTuple):
    """Amino acids that belong together, and what they are called."""

    name: str
    letters: str


class Order(NamedTuple):
    """Groups from top to bottom; one group without a name where there are none."""

    name: str
    groups: tuple[Group, ...]

    @property
    def letters(self) -> str:
        """The twenty letters from top to bottom."""
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
    """An order by its name, or by the twenty letters themselves from top to bottom.

    Raises:
        InputError: neither.
    """
    if text.lower() in _KNOWN:
        return _KNOWN[text.lower()]
    letters = text.upper()
    if sorted(letters) == sorted(AMINO_ACIDS):
        return Order(letters, (Group("", letters),))
    raise InputError(
        f"order {text!r}; expected {', '.join(_KNOWN)}, or the letters {AMINO_ACIDS}, each once"
    )
