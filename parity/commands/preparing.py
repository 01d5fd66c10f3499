"""Port, inputs and checker from the names on a command line."""

from pathlib import Path
from typing import TYPE_CHECKING

from parity.errors import ParityError, describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parity.checking.checker import Checker
    from parity.checking.onnx_cross_check import OnnxCrossChecker
    from parity.checking.selection import Selection
    from parity.declaring.inputs import InputSet
    from parity.declaring.port import Port


def modes_of(mode: str) -> tuple[str, ...]:
    """Return the modes that --mode names."""
    from parity.checking.selection import MODES

    return MODES if mode == "both" else (mode,)


# Those of a recording and of files, unless told otherwise.
_RECORDS = 10


def prepare(
    port: str,
    selection: "Selection",
    source: str | None,
    records: int | None,
    golden: Path | None = None,
    weights: str | None = None,
) -> "Checker":
    """Return a checker of the selection; with `golden`, that recording replaces the reference.

    `weights` names the weights that both sides are given; None for drawn ones. Raises ParityError
    as `chosen` and `given_weights` do, and for a recording of something else.
    """
    from parity.checking.checker import Checker

    count = records or (_RECORDS if golden else None)
    found, given = chosen(port, selection, source, count)
    if weights is not None:
        from parity.checking.given_weights import given_weights

        if golden is not None:
            raise ParityError("a recording has drawn weights; leave out --weights or --golden")
        return Checker(found, given, selection, weights=given_weights(found, weights))
    if golden is None:
        return Checker(found, given, selection)
    from parity.record.recorded_reference import RecordedReference
    from parity.record.request import RecordRequest

    recorded = RecordedReference(golden, RecordRequest(port, selection, source, count or _RECORDS))
    checker = Checker(found, given, selection, recorded)
    recorded.refuse_unfit(checker)
    return checker


def chosen(
    port: str, selection: "Selection", source: str | None, records: int | None
) -> "tuple[Port, InputSet]":
    """Find the port, validate the selected names, and read the inputs, in that order.

    `records` is their number; by default the port's own, or 10 from files.

    Raises ParityError with similar names for an unknown one, and for unreadable inputs.
    """
    from parity.checking.selection import select
    from parity.declaring.registry import find

    found = find(port)
    select(found, selection)
    count = records or (_RECORDS if source else found.records)
    return found, load(found, source, selection.seed, count)


def load(port: "Port", source: str | None, seed: int, records: int) -> "InputSet":
    """Return the inputs that a user names; raise ParityError if they cannot be read.

    A hand-written port may know files of its own. What it does not read or does not look at, it is
    given from .npz and .npy files.
    """
    from parity.declaring.input_files import is_array_source

    if source is None or source == "random":
        return _own(port, source, seed, records)
    try:
        found = _own(port, source, seed, records)
    except ParityError:
        if not is_array_source(source):
            raise
        return _from_arrays(port, source, seed, records)
    if not _is_drawn(found, _own(port, None, seed, records)):
        return found
    if is_array_source(source):
        return _from_arrays(port, source, seed, records)
    from parity.declaring.input_files import EXPECTED

    raise ParityError(f"port {port.name} does not read --inputs {source}; {EXPECTED}")


def _own(port: "Port", source: str | None, seed: int, records: int) -> "InputSet":
    try:
        return port.load_inputs(source, seed, records)
    except ParityError:
        raise
    except Exception as error:
        # In a user's port this is the user's code.
        raise ParityError(f"inputs cannot be loaded: {describe(error)}") from error


def _from_arrays(port: "Port", source: str, seed: int, records: int) -> "InputSet":
    """Return records of a file of arrays, in the shapes and dtypes of the port's own inputs."""
    from parity.declaring.input_files import RecordShape, read_inputs

    own = _own(port, None, seed, 1).arrays
    expected = {name: RecordShape(array.shape[1:], str(array.dtype)) for name, array in own.items()}
    return read_inputs(source, expected, port.batch or records, exactly=port.batch)


def _is_drawn(found: "InputSet", default: "InputSet") -> bool:
    """Return whether inputs are those that the port draws if none are named."""
    import numpy as np

    same = found.name == default.name and found.arrays.keys() == default.arrays.keys()
    return same and all(
        np.array_equal(array, default.arrays[name], equal_nan=array.dtype.kind == "f")
        for name, array in found.arrays.items()
    )


def refuse_candidate_weights(weights: str | None, candidate: str | None) -> None:
    """Raise ParityError if the candidate's own weights have none to be compared with."""
    if candidate is not None and weights is None:
        raise ParityError(
            "--candidate-weights compares with the reference's weights; name them with --weights "
            "FILE or --weights pretrained"
        )


def cross_checked(
    candidate: bool, reference: bool, folder: str | None, modes: "Sequence[str]"
) -> "OnnxCrossChecker | None":
    """Return the ONNX cross-check of the sides asked for; None for neither.

    Raises ParityError if the folder cannot be made or would stay empty, and if no case is
    isolated, as only isolated layers are exported.
    """
    if not candidate and not reference:
        if folder is not None:
            raise ParityError("--keep-onnx keeps exported files; add --onnx or --onnx-reference")
        return None
    if "isolated" not in modes:
        raise ParityError("only isolated layers are exported to ONNX; leave out --mode cascade")
    from parity.checking.onnx_cross_check import OnnxCrossChecker

    if folder is not None:
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ParityError(f"cannot make the folder {folder}: {error.strerror}") from error
    roles = ("candidate",) * candidate + ("reference",) * reference
    return OnnxCrossChecker(roles, Path(folder) if folder else None)
