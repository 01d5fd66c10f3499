"""A whole check as every form of report is made from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parity.check import CaseResult, Selection
from parity.port import InputSet


@dataclass(frozen=True)
class Checked:
    """What was checked, and what came of it.

    Args:
        port: the port's name.
        versions: the version of every framework that the port's sides name.
        inputs: what the cases were run on.
        selection: what the user asked for.
        results: every case, in the order in which it was run.
        diagnoses: of the layers at fault, as `parity.report.diagnosis.document` has them.
        seconds: how long the cases took.
        recorded: how the recording in the reference's place came to be; None if there is none.
    """

    port: str
    versions: Mapping[str, str]
    inputs: InputSet
    selection: Selection
    results: tuple[CaseResult, ...]
    diagnoses: tuple[Mapping[str, Any], ...]
    seconds: float
    recorded: Mapping[str, Any] | None = None
