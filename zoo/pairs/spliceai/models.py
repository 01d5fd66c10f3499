"""SpliceAI-10k: the first of spliceai's five published models against OpenSpliceAI's port.

The port activates by LeakyReLU(0.1) and normalizes with an epsilon of 1e-5; the original by ReLU
and 1e-3. The two therefore differ.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import tf_keras
from openspliceai.train_base.openspliceai import SpliceAI


def reference() -> Any:
    spec = find_spec("spliceai")
    assert spec is not None
    folder = Path(str(spec.origin)).parent
    return tf_keras.models.load_model(folder / "models" / "spliceai1.h5", compile=False)


def candidate() -> SpliceAI:
    windows, dilations = [11] * 8 + [21] * 4 + [41] * 4, [1] * 4 + [4] * 4 + [10] * 4 + [25] * 4
    return SpliceAI(32, np.asarray(windows), np.asarray(dilations))
