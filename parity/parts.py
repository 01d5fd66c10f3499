"""Pairs for a model whose layers are methods. Kept under this name for users' files."""

from parity.declaring.parts import (
    pair,
)

__all__ = [
    "pair",
]
