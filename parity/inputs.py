"""Seeded arrays that anyone can redraw from a name and a seed. Kept under this name for users' files."""

from parity.declaring.inputs import (
    draw,
    draw_cotangent,
    draw_weights,
    generator,
    is_uniform,
    perturb,
)

__all__ = [
    "draw",
    "draw_cotangent",
    "draw_weights",
    "generator",
    "is_uniform",
    "perturb",
]
