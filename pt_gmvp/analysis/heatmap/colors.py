"""Colour scales for scores, suitable for colour-blind readers."""

from typing import Any, NamedTuple

from converters.errors import InputError

SCALES = {"blue-red": "RdBu_r", "cividis": "cividis", "viridis": "viridis"}
WILD_TYPE, DOT = "#c9c9c9", "#1a1a1a"
HARMFUL, HARMLESS = "#000000", "#ffffff"
_STEPS = 256


class Colors(NamedTuple):
    """A named scale and the scores at its ends; scores beyond them get the colours of the ends."""

    scale: str = "blue-red"
    low: float = 0.0
    high: float = 1.0

    def mapping(self) -> Any:
        """Return the scale as a matplotlib ScalarMappable."""
        import matplotlib
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        return ScalarMappable(
            Normalize(self.low, self.high, clip=True), matplotlib.colormaps[SCALES[self.scale]]
        )

    def steps(self) -> list[str]:
        """Return the scale from low to high as 256 hexadecimal colours."""
        import matplotlib
        from matplotlib.colors import to_hex

        scale = matplotlib.colormaps[SCALES[self.scale]]
        return [to_hex(scale(step / (_STEPS - 1))) for step in range(_STEPS)]


def parse_range(text: str) -> tuple[float, float]:
    """Parse `0.2,0.8`, the scores at the ends of the colour scale.

    Raises:
        InputError: not two numbers from 0 to 1, the lower first.
    """
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        low = high = 0.0
    if not 0 <= low < high <= 1:
        raise InputError(f"range {text!r}; expected two scores such as 0.2,0.8, the lower first")
    return low, high
