"""Constants whose float32 rounding explains a difference of the float64 runs, in words."""

from dataclasses import dataclass

from parity.checking.constant_runs import Role
from parity.declaring.constants import Constant, ConstantState

_OPERATIONS = {"_to_copy": "conversion", "Cast": "cast"}


@dataclass(frozen=True)
class NamedConstant:
    """A constant that the verdict depends on, its side, and how that side's run held it."""

    side: Role
    state: ConstantState
    constant: Constant


@dataclass(frozen=True)
class ConstantFinding:
    """Constants whose changes explain a case, in whole or in part.

    Args:
        reference, candidate: how each side's float64 run held its constants.
        complete: whether all outputs agree; if not, some do that did not before.
        named: the constants that matter, at most three.
        others: how many more may matter.
    """

    reference: ConstantState | None
    candidate: ConstantState | None
    complete: bool
    named: tuple[NamedConstant, ...]
    others: int = 0

    @property
    def note(self) -> str:
        """Say in one line what was changed, and what follows."""
        listed = "; ".join(_sentence(each) for each in self.named)
        more = f"; and {self.others} more" if self.others else ""
        if self.complete:
            return (
                f"a constant's float32 rounding is all that differs: {listed}{more}; with that, "
                "the float64 runs agree"
            )
        return (
            f"a constant's float32 rounding explains part of the difference: {listed}{more}; the "
            "other outputs are judged with that"
        )


def _sentence(named: NamedConstant) -> str:
    constant = named.constant
    at = f"{_OPERATIONS.get(constant.operation, constant.operation)}"
    at += f", {constant.where}" if constant.where else ""
    if constant.held == "no threshold":
        return f"the {named.side}'s {constant.value} ({at}) was left out, as float32 cannot tell"
    table = constant.value.startswith("table")
    change = f"off by up to {constant.held}" if table else f"as {constant.held}"
    if named.state == "exact":
        return f"the {named.side} holds {constant.value} in float32, {change} ({at}), made exact"
    return f"the {named.side}'s {constant.value} was rounded to float32, {change} ({at})"
