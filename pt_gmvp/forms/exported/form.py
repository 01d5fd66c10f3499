"""Which form of a model is exported; imports nothing heavy, as the command line asks it."""

from enum import StrEnum


class Form(StrEnum):
    """What a row of an exported model's inputs is: a variant, or a residue."""

    PLAIN = "plain"
    PER_RESIDUE = "per-residue"
