"""Numbers that code compares with are found on both sides, and tried as inputs."""

import numpy as np
import pytest
import tensorflow as tf
import torch

from parity.declaring.domains import Domain
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.fuzz.boundaries import find_boundaries
from parity.judging.verdict import Verdict

EDGES = [-0.7, 0.15, 1.3]


def pair_of(reference, candidate, names=("x",), domains=()):
    """A layer that takes arrays on both sides."""

    def reference_side(options, dtype):
        return Built(lambda inputs: {"y": reference(*(inputs[name] for name in names))})

    def candidate_side(options, dtype):
        return Built(lambda inputs: {"y": candidate(*(inputs[name] for name in names))})

    return Pair(
        "layer",
        Side("tensorflow", reference_side),
        Side("torch", candidate_side),
        (Configuration("default", {}),),
        lambda given: {name: given.inputs.arrays[name] for name in names},
        domains=domains,
    )


def port_of(pair):
    def load(source, seed, count):
        random = np.random.default_rng(seed)
        return InputSet(
            "drawn",
            {
                "x": random.normal(size=(count, 6)).astype(np.float32),
                "sex": random.integers(0, 2, count),
                "kind": random.integers(0, 4, count),
            },
        )

    return Port("toy", (pair,), load)


def tf_bins(x):
    return tf.cast(tf.searchsorted(tf.constant(EDGES), tf.reshape(x, [-1]), side="right"), x.dtype)


def torch_bins(x, right):
    edges = torch.tensor(EDGES, dtype=x.dtype)
    return torch.bucketize(x.reshape(-1), edges, right=right).to(x.dtype)


def test_edges_and_limits_of_both_sides_are_found(target_of):
    pair = pair_of(
        lambda x: tf.clip_by_value(x, -2.5, 4.5), lambda x: torch.where(x > 0.25, x, x * 2)
    )
    found = find_boundaries(pair, target_of(port_of(pair)).task)
    assert set(found) == {-2.5, 4.5, 0.25}


def test_a_side_that_fails_shows_what_it_compared_before(target_of):
    def failing(x):
        if (x > 0.5).any():
            raise ValueError("too large")
        raise ValueError("too small")

    pair = pair_of(lambda x: x, failing)
    assert find_boundaries(pair, target_of(port_of(pair)).task) == (0.5,)


@pytest.mark.parametrize("seed", [1, 2])
def test_an_edge_that_belongs_to_the_wrong_bin_is_found(seed, fuzzed):
    port = port_of(pair_of(tf_bins, lambda x: torch_bins(x, right=False)))
    run = fuzzed(port, examples=100, seed=seed)
    assert run.outcome is not None
    assert run.outcome.verdict is Verdict.DIFFERENT
    (edit,) = map(str, run.counterexample.edits)
    assert edit in {f"x = {edge} everywhere" for edge in EDGES}


def test_the_right_bins_have_no_counterexample(fuzzed):
    run = fuzzed(port_of(pair_of(tf_bins, lambda x: torch_bins(x, right=True))), examples=60)
    assert run.counterexample is None


def test_two_codes_that_are_wrong_only_together_are_found_and_narrowed_down(fuzzed):
    def right(sex, kind):
        return sex * 10 + kind

    def wrong(sex, kind):
        return sex * 10 + kind + ((sex == 1) & (kind == 5))

    domains = (Domain("sex", 0, 1, integer=True), Domain("kind", 0, 6, integer=True))
    run = fuzzed(port_of(pair_of(right, wrong, ("sex", "kind"), domains)), examples=100)
    edits = set(map(str, run.counterexample.edits))
    assert "kind = 5 everywhere" in edits
    assert edits <= {"kind = 5 everywhere", "sex = 1 everywhere"}
