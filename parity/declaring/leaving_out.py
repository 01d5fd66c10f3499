"""Layers that `models.port` does not compare for now, although a declaration names them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

_left_out: frozenset[str] = frozenset()


@contextmanager
def without_layers(names: Iterable[str]) -> Iterator[None]:
    """Declare ports in the block without some layers, named as in the reference."""
    global _left_out
    before, _left_out = _left_out, frozenset(names)
    try:
        yield
    finally:
        _left_out = before


def left_out() -> frozenset[str]:
    """Return the layers that are left out of the ports declared now."""
    return _left_out
