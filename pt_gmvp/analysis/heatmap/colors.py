"""Colours of scores: scales that people who see colours differently can tell apart."""

from typing import Any, NamedTuple

from converters.errors import InputError

SCALES = {"blue-red": "RdBu_r", "cividis": "cividis", "viridis": "viridis"}
WILD_TYPE, DOT = "#c9c9c9", "#1a1a1a"
HARMFUL, HARMLESS = "#000000", "#ffffff"
_STEPS = 256


class Colors(NamedTuple):
    """A scale by name, and the scores at its two ends; those beyond take the ends' colours."""

    scale: str = "blue-red"
    low: float = 0.0
    high: float = 1.0

    def mapping(self) -> Any:
        """The scale as matplotlib's ScalarMappable."""
        import matplotlib
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        return ScalarMappable(
            Normalize(self.low, self.high, clip=True), matplotlib.colormaps[SCALES[self.scale]]
        )

    def steps(self) -> list[str]:
        """The scale from low to high as 256 hexadecimal colours."""
        import matplotlib
        from matplotlib.colors import to_hex

        scale = matplotlib.colormaps[SCALES[self.scale]]
        return [to_hex(scale(step / (_STEPS - 1))) for step in range(_STEPS)]


def parse_range(text: str) -> tuple[float, float]:
    """Read `0.2,0.8`, the scores at the ends of the colours.

    Raises:
        InputError: these are not two numbers from 0 to 1, the lower first.
    """
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        low = high = 0.0
    if not 0 <= low < high <= 1:
        raise InputError(f"range {text!r}; expected two scores such as 0.2,0.8, the lower first")
    return low, high
