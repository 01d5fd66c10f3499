"""Weights that a user names are those that both sides run on."""

import numpy as np
import pytest

from parity.checking.checker import Checker
from parity.checking.given_weights import GivenWeights, given_weights
from parity.checking.selection import Selection
from parity.declaring.layouts import dense
from parity.errors import InputError, ParityError
from parity.judging.verdict import Verdict
from parity.weight_files.named_arrays import write_npz
from tests.parity.weighted_port import SWAPPED, make_port, reference_weights


def checked(port, weights):
    checker = Checker(port, port.load_inputs(None, 1, 5), Selection(), weights=weights)
    pair = port.pairs[0]
    return checker.task(pair, pair.configs[0]), checker.run(pair, pair.configs[0], "isolated")


def test_both_sides_run_on_the_weights_of_a_file(tmp_path):
    weights = reference_weights()
    write_npz(tmp_path / "w.npz", weights)
    given = given_weights(make_port(), str(tmp_path / "w.npz"))
    task, result = checked(make_port(), given)
    assert all(task.weights[name] is given.arrays[name] for name in weights)
    assert result.verdict.passes
    assert given.count == 4
    assert not given.built


def test_swapped_layers_are_refused_on_given_weights():
    """Both kernels have the same shape: only the values can tell."""
    _, result = checked(make_port(SWAPPED), GivenWeights("w", reference_weights()))
    assert result.verdict is Verdict.DIFFERENT


@pytest.mark.parametrize("whole", ["net", None])
def test_pretrained_weights_are_those_that_the_factory_builds(whole):
    given = given_weights(make_port(whole=whole), "pretrained")
    first = np.random.default_rng(11).normal(size=(4, 4)).astype(np.float32)
    assert np.array_equal(given.arrays["first/kernel"], first)
    assert given.built
    assert checked(make_port(), given)[1].verdict.passes


def test_a_digest_is_of_names_and_bits():
    weights = reference_weights()
    digest = GivenWeights("a", weights).sha256
    assert digest == GivenWeights("b", dict(weights)).sha256
    assert digest != GivenWeights("a", {**weights, "last/bias": weights["last/bias"] + 1}).sha256
    renamed = {name.replace("last", "end"): array for name, array in weights.items()}
    assert digest != GivenWeights("a", renamed).sha256


def test_weights_of_something_else_are_refused():
    pair = make_port().pairs[0]
    config, weight_map = pair.configs[0], pair.weights({})
    less = reference_weights()
    del less["last/bias"]
    with pytest.raises(InputError, match="w has no weight 'last/bias' of net"):
        GivenWeights("w", less).of(pair, config, weight_map)
    with pytest.raises(InputError, match=r"'first/kernel' has the shape \(4, 4\); the weight map"):
        GivenWeights("w", reference_weights()).of(pair, config, dense("first", "0", 4, 5))


def test_files_that_only_a_reference_understands_are_refused_without_one(tmp_path):
    import h5py

    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["layers/dense/vars/0"] = np.ones((4, 4), np.float32)
    with pytest.raises(ParityError, match="port mine does not say how to read Keras 3 weights"):
        given_weights(make_port(), str(tmp_path / "w.h5"))
    with pytest.raises(InputError, match="no file"):
        given_weights(make_port(), str(tmp_path / "none.npz"))
