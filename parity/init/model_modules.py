"""Modules that make the models of either side, in this interpreter or in another."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, cast

from parity.arrays import Arrays
from parity.declaring.frameworks import models_module
from parity.declaring.interpreters import interpreter_of
from parity.declaring.model_inputs import AxisOrder
from parity.runners.binding import CallSignature
from parity.runners.whole_models import OpenCandidate, OpenModel


class References(Protocol):
    """Module that makes references: parity.runners.tensorflow.models, here or elsewhere."""

    def Model(
        self, name: str, folder: Path, dtype: str, inputs: Arrays, trust: bool = False
    ) -> OpenModel:
        """Make the model and build it on example inputs."""

    def input_specs(
        self, name: str, folder: Path, trust: bool = False
    ) -> dict[str, tuple[tuple[int | None, ...], str]]:
        """Return the shape and dtype of each input that a model declares."""

    def argument_names(self, name: str, folder: Path, count: int, trust: bool = False) -> list[str]:
        """Return names for `count` inputs."""

    def call_signature(self, name: str, folder: Path, trust: bool = False) -> CallSignature:
        """Return the signature of a model's call, or the inputs that it declares."""


class SignedCandidate(OpenCandidate, Protocol):
    """A candidate whose call has a signature."""

    @property
    def signature(self) -> CallSignature:
        """Return the signature of the module's call."""


class Candidates(Protocol):
    """Module that makes candidates: parity.runners.torch.models, here or elsewhere."""

    def Model(
        self, name: str, folder: Path, dtype: str, inputs: Mapping[str, AxisOrder]
    ) -> SignedCandidate:
        """Make the module."""


def references() -> References:
    """Return what makes references, in this interpreter or in the one named for them.

    Raises UnavailableError, in one line, if TensorFlow is not installed here.
    """
    if interpreter_of("reference") is not None:
        from parity.runners.remote import models as elsewhere

        return cast(References, elsewhere.References())
    return cast(References, models_module("tensorflow"))


def candidates() -> Candidates:
    """Return what makes candidates, in this interpreter or in the one named for them.

    Raises UnavailableError, in one line, if PyTorch is not installed here.
    """
    if interpreter_of("candidate") is not None:
        from parity.runners.remote import models as elsewhere

        return cast(Candidates, elsewhere.Candidates())
    return cast(Candidates, models_module("torch"))
