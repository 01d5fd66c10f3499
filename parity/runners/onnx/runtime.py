"""Runs what was exported to ONNX, on a CPU."""

import onnxruntime

from parity.arrays import Arrays
from parity.runners.common import cast
from parity.runners.onnx.exported import Exported


def version() -> str:
    """The version of onnxruntime."""
    return str(onnxruntime.__version__)


def run(exported: Exported, inputs: Arrays, dtype: str) -> Arrays:
    """The outputs on `inputs`, floating ones cast to `dtype`, by the layer's own names.

    Raises whatever onnxruntime raises, for instance where it has no kernel for a dtype. It kills
    the process on some empty inputs: those must not get here.
    """
    if any(array.size == 0 for array in inputs.values()):
        raise ValueError("an empty input, on which onnxruntime may kill the process")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        exported.model, options, providers=["CPUExecutionProvider"]
    )
    # An exporter may leave out an input that nothing hangs on.
    wanted = {value.name for value in session.get_inputs()}
    given = {name: cast(array, dtype) for name, array in inputs.items() if name in wanted}
    return dict(zip(exported.outputs, session.run(None, given), strict=True))
