"""Arrays drawn from a name and a seed. Users' files import them from here."""

from parity.declaring.inputs import (
    draw,
    draw_cotangent,
    draw_weights,
    generator,
    is_uniform,
    perturb,
)

__all__ = ["draw", "draw_cotangent", "draw_weights", "generator", "is_uniform", "perturb"]
