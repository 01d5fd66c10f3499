"""Pairs for models whose layers are methods. Users' files import them from here."""

from parity.declaring.parts import pair

__all__ = ["pair"]
