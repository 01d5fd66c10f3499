"""Residue codes in tensors: one-hot encoding, and the check for invalid ones."""

import torch
from torch import Tensor

from converters.errors import InputError


class ResidueCodeError(InputError):
    """Raised for a residue code in the input that is NaN, infinite or negative.

    `row` is its batch row.
    """

    def __init__(self, message: str, row: int) -> None:
        super().__init__(message)
        self.row = row


def one_hot(codes: Tensor, depth: int, dtype: torch.dtype) -> Tensor:
    """Return one-hot codes; a code outside 0 to `depth` - 1 becomes a zero row, as in TensorFlow.

    Args:
        codes: any shape, integer or floating-point; the latter are truncated toward 0.
        depth: the number of states.
        dtype: of the result.

    Returns:
        The shape of `codes` with `depth` appended.
    """
    states = torch.arange(depth, device=codes.device)
    # Integers need no truncation, and an exported graph may not have a Floor of them.
    whole = codes.trunc() if codes.is_floating_point() else codes
    return (whole.unsqueeze(-1) == states).to(dtype)


def check_residues(argument: str, codes: Tensor, first_column: int = 0) -> None:
    """Raise an error for codes that are NaN, infinite or, after truncation toward 0, negative.

    A code beyond the last state is accepted: it gives a zero row. On an accelerator the check waits
    for the device. An exported graph has no check.

    Args:
        argument: the caller's name for the codes.
        codes: (B,), or (B, L, columns).
        first_column: number of the first column in `argument`.

    Raises:
        ResidueCodeError: names the first such code by batch row, position, column and value.
    """
    if torch.compiler.is_exporting() or not codes.numel():
        return
    # One pass that also detects NaN; the place is searched only if something is wrong.
    lowest, highest = torch.aminmax(codes)
    if lowest > -1 and highest < torch.inf:
        return
    refused = ~(codes.isfinite() & (codes > -1))
    first = refused.nonzero()[0].tolist()
    value = codes[tuple(first)].item()
    if len(first) == 3:
        first[2] += first_column
    names = ("batch row", "window position", "column")
    place = ", ".join(f"{name} {index}" for name, index in zip(names, first, strict=False))
    raise ResidueCodeError(
        f"{argument}{first}: residue code {value:g} at {place}; expected 0 to 20 "
        "(0 to 19 amino acids, 20 gap or unknown); validate=False skips this check",
        first[0],
    )
