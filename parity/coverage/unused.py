"""Weights and inputs of the reference that no output depends on in any case."""

from collections.abc import Iterable
from dataclasses import dataclass

from parity.checking.case_result import CaseResult


@dataclass(frozen=True)
class Unused:
    """A weight or input whose gradient is zero in every case: whatever it holds, all cases pass.

    `kind` is "weight" or "input". `layer` is the first layer that has it; an input belongs to one.
    """

    layer: str
    kind: str
    name: str


def find_unused(results: Iterable[CaseResult]) -> list[Unused]:
    """Return the weights and inputs with a gradient that is zero in every case that has it.

    Empty without gradients. Weights of the same name are the same in all layers. What no gradient
    is taken of, such as running statistics or an input of integers, is never among them.
    """
    largest: dict[tuple[str, str, str], float] = {}
    first: dict[tuple[str, str, str], str] = {}
    for result in results:
        if result.mode != "isolated":
            continue
        for output in result.outputs:
            grad, _, rest = output.name.partition("/")
            kind, _, name = rest.partition("/")
            if grad != "grad" or kind not in ("weight", "input") or output.scale is None:
                continue
            if kind == "weight" and name in result.untrained:
                continue
            key = (kind, name, result.layer if kind == "input" else "")
            largest[key] = max(largest.get(key, 0.0), output.scale)
            first.setdefault(key, result.layer)
    return [Unused(first[key], key[0], key[1]) for key, scale in largest.items() if scale == 0]
