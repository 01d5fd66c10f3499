"""`--inputs` of hand-written ports: read by the port, else by the engine, else refused."""

from dataclasses import replace

import numpy as np
import pytest

from parity.commands.preparing import load
from parity.declaring.inputs import InputSet
from parity.errors import InputError, ParityError

X = np.ones((4, 7), np.float32)


@pytest.fixture
def port(toy):
    """Return a port that draws its inputs whatever it is asked for."""
    return toy()


def test_drawn_inputs_stay_the_default(port):
    assert load(port, None, 1, 5).records == 5
    assert load(port, "random", 1, 5).name == "drawn"


def test_arrays_are_given_to_a_port_that_ignores_them(port, tmp_path):
    np.savez(tmp_path / "x.npz", x=X)
    np.save(tmp_path / "x.npy", X)
    for source in (tmp_path / "x.npz", tmp_path / "x.npy", tmp_path):
        found = load(port, str(source), 1, 3)
        assert np.array_equal(found.arrays["x"], X[:3])
        assert found.name == str(source)
    np.savez(tmp_path / "wrong.npz", x=X[:, :6])
    with pytest.raises(InputError, match=r"expected records of \(7,\)"):
        load(port, str(tmp_path / "wrong.npz"), 1, 3)


def test_what_a_port_ignores_is_refused(port, tmp_path):
    with pytest.raises(ParityError, match=r"port toy does not read --inputs mine.csv; expected"):
        load(port, "mine.csv", 1, 3)
    with pytest.raises(InputError, match=r"no file or folder none.npz"):
        load(port, "none.npz", 1, 3)


def test_a_port_that_reads_the_file_itself_is_left_to_it(port, tmp_path):
    def read(source, seed, count):
        return InputSet(source or "drawn", {"x": X[:count] * (2 if source else 1)})

    np.savez(tmp_path / "x.npz", other=X)
    found = load(replace(port, load_inputs=read), str(tmp_path / "x.npz"), 1, 3)
    assert found.arrays["x"][0, 0] == 2


def test_a_port_that_knows_no_arrays_is_given_them(port, tmp_path):
    def read(source, seed, count):
        if source:
            raise InputError("no TFRecord file")
        return InputSet("drawn", {"x": X[:count]})

    np.savez(tmp_path / "x.npz", x=X)
    found = load(replace(port, load_inputs=read), str(tmp_path / "x.npz"), 1, 3)
    assert found.records == 3
    with pytest.raises(InputError, match="no TFRecord file"):
        load(replace(port, load_inputs=read), "x.tfrec", 1, 3)
