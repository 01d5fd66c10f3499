"""Outputs of a conversion: formats by name, nothing replaced unasked, nothing half written."""

import numpy as np
import pytest

from parity.convert.conversion import differing, read_candidate, to_candidate
from parity.convert.output import Output
from parity.errors import ParityError
from parity.weight_files import named_arrays
from tests.parity.weighted_port import make_port, reference_weights

WEIGHTS = reference_weights()
STATE = to_candidate(make_port(), WEIGHTS, "w")


@pytest.mark.parametrize(
    ("name", "side", "expected"),
    [
        ("a.safetensors", None, "torch"),
        ("a.pt", None, "torch"),
        ("a.weights.h5", None, "tensorflow"),
        ("a.h5", None, "tensorflow"),
        ("a.npz", None, "tensorflow"),
        ("a.safetensors", "tensorflow", "tensorflow"),
    ],
)
def test_the_side_is_known_by_the_ending(name, side, expected):
    assert Output.of(name, side).side == expected


@pytest.mark.parametrize(
    ("name", "side"), [("a.onnx", None), ("a", "torch"), ("a.pt", "tensorflow")]
)
def test_other_endings_are_refused(name, side):
    with pytest.raises(ParityError, match=f"cannot write {name}: expected a name that ends in"):
        Output.of(name, side)


def test_an_existing_file_is_kept(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_text("mine")
    with pytest.raises(ParityError, match=r"already exists; name another file, or give --force"):
        Output.of(str(path), None).refuse_unwritable(False)
    Output.of(str(path), None).refuse_unwritable(True)
    with pytest.raises(ParityError, match="its folder does not exist"):
        Output.of(str(tmp_path / "none" / "a.pt"), None).refuse_unwritable(False)


@pytest.mark.parametrize("name", ["a.safetensors", "a.pt"])
def test_a_state_is_written_and_read_back(tmp_path, name):
    written = Output.of(str(tmp_path / name), None).write_state(STATE, 10**9)
    assert written == [tmp_path / name]
    assert not differing(read_candidate(written[0]), STATE)


def test_shards_replace_a_single_file_and_a_single_file_shards(tmp_path):
    output = Output.of(str(tmp_path / "a.safetensors"), None)
    output.write_state(STATE, 10**9)
    written = output.write_state(STATE, 100)
    assert len(written) == 3
    assert not (tmp_path / "a.safetensors").exists()
    assert not differing(read_candidate(written[-1]), STATE)
    with pytest.raises(ParityError, match="already exists"):
        output.refuse_unwritable(False)
    output.write_state(STATE, 10**9)
    assert not (tmp_path / "a.safetensors.index.json").exists()
    assert not differing(read_candidate(tmp_path / "a.safetensors"), STATE)


@pytest.mark.parametrize("name", ["a.npz", "a.safetensors"])
def test_weights_of_the_reference_are_written_by_name(tmp_path, name):
    output = Output.of(str(tmp_path / name), "tensorflow")
    assert output.write_reference(make_port(), WEIGHTS) == [tmp_path / name]
    with pytest.raises(ParityError, match="port mine does not say how to write"):
        Output.of(str(tmp_path / "a.h5"), None).write_reference(make_port(), WEIGHTS)


def test_a_writer_that_changes_a_bit_is_seen(tmp_path, monkeypatch):
    def wrong(path, arrays, most):
        changed = {**arrays, "0.bias": np.nextafter(arrays["0.bias"], np.float32(9))}
        return named_arrays.write_safetensors(path, changed, most)

    monkeypatch.setattr("parity.convert.output.write_safetensors", wrong)
    with pytest.raises(ParityError, match=r"was written, but '0.bias'"):
        Output.of(str(tmp_path / "a.safetensors"), None).write_state(STATE, 10**9)
