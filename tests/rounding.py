"""Is a difference from a float32 golden value nothing but rounding? All golden tests ask here.

The golden values were made in float32 by another program. Our float64 run stands for the true
value; then the golden value's distance from it, and our own float32 run's, must be of one kind:
neither may be more than a small factor of the other, down to a floor of a few units in the last
place of the tensor's scale. Factor and floor are the engine's own.
"""

import numpy as np
from numpy.typing import ArrayLike

from parity.judging.oracle import EPS32, FLOOR_ULPS, ROUNDING_FACTOR


def assert_rounding(golden: ArrayLike, ours32: ArrayLike, ours64: ArrayLike, name: str) -> None:
    """Assert that `golden` (float32) and `ours32` differ from `ours64` by rounding alone."""
    golden, ours32, ours64 = (np.asarray(array) for array in (golden, ours32, ours64))
    assert ours32.dtype == np.float32, f"{name}: our float32 run gave {ours32.dtype}"
    assert ours64.dtype == np.float64, f"{name}: our float64 run gave {ours64.dtype}"
    assert golden.shape == ours32.shape == ours64.shape, (
        f"{name}: golden {golden.shape}, float32 {ours32.shape}, float64 {ours64.shape}"
    )
    assert golden.size, f"{name}: nothing to compare"
    assert np.isfinite(golden).all(), f"{name}: the golden value is not finite"
    floor = FLOOR_ULPS * EPS32 * np.abs(ours64).max()
    golden_error = np.abs(golden - ours64).max()
    our_error = np.abs(ours32 - ours64).max()
    figures = f"golden error {golden_error:.3g}, ours {our_error:.3g}, floor {floor:.3g}"
    assert golden_error <= ROUNDING_FACTOR * max(our_error, floor), f"{name}: logic: {figures}"
    assert our_error <= ROUNDING_FACTOR * max(golden_error, floor), f"{name}: imprecise: {figures}"
