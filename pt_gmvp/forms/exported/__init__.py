"""gMVP as an ONNX graph, for other programs.

Compared against the reference by the pairs `plain` and `per_residue` of
parity/ports/gmvp/exported.py. Only the modules of this package need onnx, onnxscript and
onnxruntime. This one is light, as the command line imports it.
"""

from enum import StrEnum


class Form(StrEnum):
    """Meaning of a row of an exported model's inputs: a variant or a residue."""

    PLAIN = "plain"
    PER_RESIDUE = "per-residue"
