"""Options that several commands have."""

from enum import StrEnum


class Precision(StrEnum):
    """What products of matrices are computed in."""

    FLOAT32 = "float32"
    TF32 = "tf32"
    BF16 = "bf16"
