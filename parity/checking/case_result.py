"""Result of one case."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from parity.checking.constant_finding import ConstantFinding
from parity.checking.constant_runs import AS_THEY_ARE, Held
from parity.checking.detail import Detail
from parity.checking.float32_inside import Float32Use
from parity.checking.training_runs import Probe
from parity.judging.verdict import CrossCheck, OutputResult, Verdict


@dataclass(frozen=True)
class CaseResult:
    """Result for one pair in one configuration, in one mode, on one input.

    `seconds` is the time it took; runs shared by several cases count towards the first of them.
    `details` holds the most informative outputs by name; empty unless they were selected.
    `constants` says which constants' float32 rounding explains a difference in float64, and `held`
    how the float64 runs of both sides held theirs then; `float32` which operations compute in
    float32 in the float64 runs, if a weaker bound was needed.
    `independent` names the outputs of a whole model that differ even if all layers before them
    return the reference's outputs.
    `probe` is what the layer does in training, for a case of mode "training". `untrained` names
    the reference's weights that no gradient is taken of, such as running statistics.
    """

    layer: str
    config: str
    mode: str
    input: str
    verdict: Verdict
    outputs: tuple[OutputResult, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    details: Mapping[str, Detail] = field(default_factory=dict)
    cross_checks: tuple[CrossCheck, ...] = ()
    constants: ConstantFinding | None = None
    held: tuple[Held, Held] = (AS_THEY_ARE, AS_THEY_ARE)
    independent: tuple[str, ...] = ()
    probe: Probe | None = None
    float32: tuple[Float32Use, ...] = ()
    untrained: tuple[str, ...] = ()
