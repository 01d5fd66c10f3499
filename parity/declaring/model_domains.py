"""Domains of a whole model's inputs: as declared, else as the inputs are drawn."""

from collections.abc import Mapping, Sequence

import numpy as np

from parity.declaring.domains import Domain
from parity.declaring.model_inputs import Input
from parity.errors import ParityError, unknown


def refuse_unknown_domains(port: str, known: Sequence[str], domains: Sequence[Domain]) -> None:
    """Raise ParityError for a domain of an input that is not among those known."""
    for domain in domains:
        if domain.input not in known:
            raise ParityError(f"port {port}: {unknown('input of a domain', domain.input, known)}")


def input_domains(inputs: Mapping[str, Input], declared: Sequence[Domain]) -> tuple[Domain, ...]:
    """Return the domains of a model's inputs: as declared, else as they are drawn.

    An input with a meaning of its own, or from a file, has none here: its values say what it takes.
    """
    found: list[Domain] = []
    for name, given in inputs.items():
        own = [domain for domain in declared if domain.input == name]
        found += own or _drawn(name, given)
    return tuple(found)


def _drawn(name: str, given: Input) -> list[Domain]:
    integer = np.dtype(given.dtype).kind in "iu"
    if given.meaning or given.file:
        return []
    if given.between is not None:
        return [Domain(name, *given.between, integer=integer)]
    return [Domain(name, 0, given.below - 1, integer=True)] if integer and given.below else []
