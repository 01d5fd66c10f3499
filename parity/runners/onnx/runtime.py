"""Runs exported layers in onnxruntime, on a CPU."""

import onnxruntime

from parity.arrays import Arrays
from parity.runners.onnx.exported import Exported
from parity.runners.transfer import cast


def version() -> str:
    """Return the version of onnxruntime."""
    return str(onnxruntime.__version__)


def run(exported: Exported, inputs: Arrays, dtype: str) -> Arrays:
    """Return the outputs by the layer's own names; floating inputs are cast to `dtype`.

    Raises whatever onnxruntime raises, for instance where it has no kernel for a dtype, and
    ValueError for an empty input: on some of those onnxruntime kills the process.
    """
    if any(array.size == 0 for array in inputs.values()):
        raise ValueError("an empty input, on which onnxruntime may kill the process")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        exported.model, options, providers=["CPUExecutionProvider"]
    )
    # An exporter may drop an input that no output depends on.
    wanted = {value.name for value in session.get_inputs()}
    given = {name: cast(array, dtype) for name, array in inputs.items() if name in wanted}
    return dict(zip(exported.outputs, session.run(None, given), strict=True))
