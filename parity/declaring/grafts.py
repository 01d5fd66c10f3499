"""Grafts: what the reference computes, written in the candidate's framework, in place of a call."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from parity.arrays import Array
from parity.declaring.operation_watch import KeptTensors
from parity.declaring.source_edits import Written

ANY_CALL = "call"
"""The kind of a call that is counted among all that return tensors, whatever the function."""


@dataclass(frozen=True)
class Leaf:
    """A tensor of the candidate's run that a graft begins with.

    Exactly one of these says which: the name of an input; a name that the candidate's own code has
    for it where the call is made; the place among the tensors that the call is given; an earlier
    call, counted among all that return tensors, and the place in what it returns.
    """

    input: str = ""
    name: str = ""
    given: int = -1
    call: int = -1
    place: int = 0

    @property
    def depends_on_place_alone(self) -> bool:
        """Return whether it is found at every call that one expression makes."""
        return self.call < 0


@dataclass(frozen=True, eq=False)
class Graft:
    """Expression in place of a call.

    Args:
        text: Python source with a field, such as `{t0}`, for each leaf, constant and step;
            functions by their whole path.
        steps: source of what is used several times, by field, in the order in which it is computed.
        leaves: the candidate's tensors by field.
        constants: arrays of the reference by field.
        where: file and line of the reference's code, or "".
    """

    text: str
    leaves: Mapping[str, Leaf]
    constants: Mapping[str, Array] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)
    where: str = ""


@dataclass(frozen=True, eq=False)
class SeenCall:
    """One call of the candidate's that returns tensors, counted among all of them.

    Args:
        kind: the function's name.
        given: the numbers of the tensors among its arguments.
        returned: those of the tensors that it returns.
        leading: how many of its first arguments are tensors, one by one.
        names: the names that the candidate's own code has there for tensors, by their numbers.
        written: where it is written.
    """

    kind: str
    given: tuple[int, ...]
    returned: tuple[int, ...]
    leading: int
    names: Mapping[int, str]
    written: Written


@dataclass
class SeenRun(KeptTensors):
    """The calls of a candidate's run in their order, and its tensors by number.

    `inputs` holds the numbers of its inputs. With `overflowed`, the calls seen are not all.
    """

    calls: list[SeenCall] = field(default_factory=list)
    inputs: dict[int, str] = field(default_factory=dict)
