"""Runs of a layer in training mode: whether it does something else there, and how both compare."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations

import numpy as np

from parity.arrays import Array
from parity.checking.case_runs import CaseRuns, Reference, run_four
from parity.checking.dropout_masks import MaskMatcher, exchangeable
from parity.declaring.interpreters import framework_here
from parity.declaring.port import Configuration, Pair
from parity.declaring.trace import Task, Trace
from parity.declaring.training_mode import Trained, TrainingMode
from parity.errors import ParityError
from parity.judging.elementwise import magnitude
from parity.runners.side import run_side
from parity.runners.training_session import STEPS, state_name

RunReference = Callable[..., Trace]
"""Runs the reference on a task, in float32 or in the dtype that follows it."""
TRAINED = ("tensorflow", "torch")
"""Frameworks whose layers can be run in training mode."""
# How many equal masks are tried in every order: those of an LSTM's gates.
_MOST_EXCHANGED = 4
# How many running statistics a sentence names.
_NAMED = 2


@dataclass(frozen=True)
class Probe:
    """Behaviour of a layer in training: one float32 run of each side.

    Args:
        reference: what the reference's run found.
        candidate: what the candidate's run found.
        state: the weights that training changes other than by gradients, on either side.
        differs: whether training differs from evaluation on either side.
        mode: how to run the layer in training: with the masks and weights found.
        matched: for each mask of the candidate, the masks of the reference that it is.
    """

    reference: Trained
    candidate: Trained
    state: tuple[str, ...]
    differs: bool
    mode: TrainingMode
    matched: tuple[tuple[int, ...], ...] = ()

    @property
    def what(self) -> str:
        """Return what the layer does in training alone, in words."""
        draws = self.reference.draws or self.candidate.draws
        rates = dict.fromkeys(f"{draw.rate:.4g}" for draw in draws)
        parts = [f"dropout of {', '.join(rates)}"] if draws else []
        if self.state:
            more = f" and {len(self.state) - _NAMED} more" if len(self.state) > _NAMED else ""
            parts.append(f"running statistics {', '.join(self.state[:_NAMED])}{more}")
        return " and ".join(parts) or "other outputs"

    @property
    def obstacle(self) -> str:
        """Return why the layer cannot be compared in training; "" if it can be."""
        for side, trained in (("reference", self.reference), ("candidate", self.candidate)):
            if trained.random:
                return f"the {side} draws by {trained.random}, whose numbers cannot be handed in"
            if trained.frozen:
                names = ", ".join(trained.frozen)
                flag = "training=False" if side == "reference" else "eval()"
                return f"the declaration calls {names} of the {side} with {flag}"
        return ""


def probe(
    pair: Pair,
    task: Task,
    evaluated: Mapping[str, Trace] | None = None,
    *,
    with_reference: bool = True,
    reference: RunReference | None = None,
) -> Probe:
    """Run both sides once in training, in float32, and see what differs from evaluation.

    `evaluated` holds the float32 runs in evaluation by role; without them they are made, if nothing
    else tells. A recorded reference cannot be run; `reference` runs another than the pair's. Raises
    ParityError if a side cannot be run.
    """
    run_reference = reference or partial(run_side, pair, "reference")
    plain = replace(task, differentiate=())
    runs: dict[str, Trace] = {}
    first = Trained()
    if with_reference:
        in_training = replace(plain, training=TrainingMode(watch=True))
        runs["reference"] = run_reference(in_training)
        first = runs["reference"].trained or first
    matcher = MaskMatcher(first.draws)
    mode = TrainingMode(choose=matcher.choose, watch=True)
    runs["candidate"] = run_side(pair, "candidate", replace(plain, training=mode))
    second = runs["candidate"].trained or Trained()
    state = tuple(
        weight.name
        for weight in task.weight_map
        if any(_changed(task.weights[weight.name], run, weight.name) for run in runs.values())
    )
    telling = (*first.draws, *second.draws, *state)
    random = first.random or second.random
    return Probe(
        first,
        second,
        state,
        bool(telling or random) or _other_outputs(pair, plain, runs, evaluated),
        TrainingMode(
            {
                "reference": tuple(draw.numbers for draw in first.draws),
                "candidate": tuple(draw.numbers for draw in second.draws),
            },
            state=state,
            fused=first.fused,
        ),
        tuple(matcher.matched),
    )


def _changed(weight: Array, run: Trace, name: str) -> bool:
    return any(
        not np.array_equal(run.outputs[state_name(name, step)], weight, equal_nan=True)
        for step in range(1, STEPS + 1)
    )


def _other_outputs(
    pair: Pair, task: Task, trained: Mapping[str, Trace], evaluated: Mapping[str, Trace] | None
) -> bool:
    for role, run in trained.items():
        here = evaluated[role] if evaluated else run_side(pair, role, task)
        for name, array in here.outputs.items():
            if not np.array_equal(array, run.outputs.get(name, array), equal_nan=True):
                return True
    return False


def training_runs(
    pair: Pair, config: Configuration, task: Task, probed: Probe, reference: Reference
) -> CaseRuns:
    """Run both sides in training, in float32 and float64, twice each.

    Raises ParityError if a side cannot be run.
    """
    return run_four(pair, config, replace(task, training=probed.mode), reference)


def in_another_order(
    pair: Pair, task: Task, probed: Probe, reference: RunReference | None = None
) -> Probe | None:
    """Return the probe with equal masks of the reference exchanged, if the sides then agree.

    A recurrent cell drops the same tensor for each of its gates, in an order of its own: nothing
    says which mask is which, and any assignment is as likely. Groups of masks are exchanged alike.
    """
    run_reference = reference or partial(run_side, pair, "reference")
    groups = exchangeable(probed.reference.draws)
    size = max(map(len, groups), default=0)
    if not 1 < size <= _MOST_EXCHANGED:
        return None
    plain = replace(task, differentiate=(), training=probed.mode)
    try:
        candidate = run_side(pair, "candidate", plain, "float64").outputs
        for order in permutations(range(size)):
            numbers = list(probed.mode.numbers["reference"])
            for group in groups:
                for place, other in zip(group, order, strict=False):
                    numbers[place] = probed.mode.numbers["reference"][group[other % len(group)]]
            given = {**probed.mode.numbers, "reference": tuple(numbers)}
            mode = replace(probed.mode, numbers=given)
            run = run_reference(replace(plain, training=mode), "float64")
            if _agree(run.outputs, candidate):
                return replace(probed, mode=mode)
    except ParityError:
        return None
    return None


def _agree(one: Mapping[str, Array], other: Mapping[str, Array]) -> bool:
    return one.keys() == other.keys() and all(
        np.allclose(array, other[name], rtol=1e-6, atol=1e-6 * magnitude(array))
        for name, array in one.items()
        if array.shape == other[name].shape
    )


def unmapped_note(probed: Probe) -> list[str]:
    """Return a note on running statistics that the weight map leaves out, on either side."""
    return [
        f"not compared: training changes {', '.join(trained.unmapped)} of the {side}, which the "
        "weight map leaves out"
        for side, trained in (("reference", probed.reference), ("candidate", probed.candidate))
        if trained.unmapped
    ]


@dataclass(frozen=True)
class EvaluationOnly:
    """A layer that was only compared in evaluation, although it does something else in training.

    Args:
        layer: its name.
        config: its configuration.
        what: what it does in training alone.
        reason: why it was not compared there; "" if nobody asked.
    """

    layer: str
    config: str
    what: str
    reason: str = ""


def probe_quietly(
    pair: Pair,
    task: Task,
    evaluated: Mapping[str, Trace] | None,
    *,
    with_reference: bool,
    reference: RunReference | None = None,
) -> Probe | str:
    """Return what a layer does in training, or why it cannot be run there."""
    reference_framework = pair.reference.framework
    if not with_reference:
        reference_framework = framework_here(reference_framework)
    frameworks = (reference_framework, pair.candidate.framework)
    if not set(frameworks) <= set(TRAINED):
        return ""
    try:
        return probe(pair, task, evaluated, with_reference=with_reference, reference=reference)
    except ParityError as error:
        return str(error)
