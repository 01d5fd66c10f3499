"""A check that fails in float32 alone is explained by an accurate operation."""

from dataclasses import replace

import numpy as np
import torch

from parity.diagnosing.precise_operations import find_precise_operations
from parity.known_bugs.operations import generate_operation_bugs, record_calls
from tests.parity.diagnosing.small_ports import DEFAULT, make_port, make_task, torch_side


def entropy(logit, label):
    terms = label * torch.nn.functional.softplus(-logit)
    return (terms + (1 - label) * torch.nn.functional.softplus(logit)).mean()


def careless(logit, label):
    return torch.nn.functional.binary_cross_entropy_with_logits(logit, label)


def test_a_mismatch_in_float32_alone_is_explained_in_float32():
    """In float64 the sides agree to rounding, so no hypothesis could be tested there."""
    logits = -np.linspace(6, 7, 4).astype(np.float32)
    given = {"logit": logits, "label": np.zeros(4, np.float32)}
    port = make_port(torch_side(entropy), torch_side(careless), given)
    pair, (config,) = port.pairs[0], DEFAULT
    task = make_task(port, gradients=True)
    known = list(generate_operation_bugs(record_calls(pair, task), thorough=True))
    (found,) = find_precise_operations(pair, config, task, known)
    assert "the float32 error falls from" in found.evidence
    right = replace(pair, candidate=pair.reference)
    assert find_precise_operations(right, config, task, known) == ()
