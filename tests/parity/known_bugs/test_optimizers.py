"""Update rules equal torch's own if set so, and every bug changes the steps."""

import numpy as np
import pytest
import torch

from parity.declaring.known_bug import ChangedOutputs
from parity.declaring.trace import Task
from parity.known_bugs.optimizers import Adam, generate_adam_bugs, take_steps

RANDOM = np.random.default_rng(1)
WEIGHT = RANDOM.normal(size=(3, 4))
GRADIENTS = RANDOM.normal(size=(6, 3, 4)) * 10.0 ** RANDOM.uniform(-9, 0, size=(6, 3, 4))


def by_torch(kind, **settings):
    weight = torch.nn.Parameter(torch.from_numpy(WEIGHT.copy()))
    rule = kind([weight], lr=1e-3, **settings)
    found = []
    for gradient in GRADIENTS:
        weight.grad = torch.from_numpy(gradient)
        rule.step()
        found.append(weight.detach().numpy().copy())
    return found


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Adam(lambda step: 1e-3, 1e-8, corrected_first=True), by_torch(torch.optim.Adam)),
        (
            Adam(lambda step: 1e-3, 1e-8, 1e-2, decay_times_rate=True, corrected_first=True),
            by_torch(torch.optim.AdamW, weight_decay=1e-2),
        ),
        (
            Adam(lambda step: 1e-3, 1e-8, corrected_first=True, l2=1e-2),
            by_torch(torch.optim.Adam, weight_decay=1e-2),
        ),
    ],
)
def test_steps_are_those_of_torch(rule, expected):
    steps = [weight for _, weight, _, _ in take_steps(rule, WEIGHT, GRADIENTS)]
    np.testing.assert_allclose(steps, expected, rtol=1e-13)


def test_each_bug_takes_other_steps():
    right = Adam(lambda step: 1e-3, 1e-7, decay=1e-4)
    task = Task({}, {"weight": WEIGHT, "gradients": GRADIENTS}, {}, (), (), 1)
    steps = {
        f"step_{number}": weight for number, weight, _, _ in take_steps(right, WEIGHT, GRADIENTS)
    }
    found = list(generate_adam_bugs(right, "optimizer", "adamw"))
    assert {bug.number for bug in found} == {8, 10, 11, None}
    for bug in found:
        assert isinstance(bug.change, ChangedOutputs)
        taken = bug.change.apply(steps, task)
        assert taken.keys() == steps.keys()
        assert not np.allclose(taken["step_6"], steps["step_6"], rtol=1e-9, atol=0), bug.name
