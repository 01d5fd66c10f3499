"""Inputs of a model are drawn by name and seed, with the meaning they have."""

import numpy as np
import pytest

from parity.declaring.model_inputs import (
    Input,
    draw_inputs,
    fewer_if_large,
    input_loader,
    read_records,
)
from parity.errors import ParityError


def drawn(given, count=6):
    return draw_inputs({"x": given}, 1, count)["x"]


def test_a_mask_is_padded_behind_then_nowhere_then_in_front():
    mask = drawn(Input((7,), "int64", meaning="mask"))
    assert mask.dtype == np.int64
    assert set(mask.ravel()) == {0, 1}
    assert (np.diff(mask[[0, 3]]) <= 0).all()
    assert (mask[[1, 4]] == 1).all()
    assert (np.diff(mask[[2, 5]]) >= 0).all()
    assert (mask.sum(-1) >= 1).all()


def test_boxes_are_sorted():
    for given in (Input((5, 4), "int64", 9, "boxes"), Input((5, 4), meaning="boxes")):
        boxes = drawn(given)
        assert (boxes[..., :2] <= boxes[..., 2:]).all()
        assert boxes.min() >= 0
        assert boxes.max() <= 8


def test_one_hot_ranges_and_bounds():
    assert (drawn(Input((3, 4), meaning="one-hot")).sum(-1) == 1).all()
    assert drawn(Input((3,), "int64", meaning="range")).tolist()[0] == [0, 1, 2]
    between = drawn(Input((50,), between=(-2, -1)))
    assert -2 <= between.min() < between.max() <= -1
    assert set(drawn(Input((50,), "int32", between=(3, 5))).ravel()) == {3, 4, 5}


def test_a_vocabulary_is_drawn_with_its_special_numbers_and_with_padding():
    records = drawn(Input((40,), "int64", 30), 8)
    special = np.isin(records, [0, 1, 2, 3, 28, 29]).mean(-1)
    assert (special[[0, 4]] < 0.45).all()
    assert (special[[1, 5]] > 0.45).all()
    assert (records[[2, 6], -1] == 0).all()
    assert (records[[3, 7], -1] == 1).all()
    assert records.min() == 0
    assert records.max() == 29
    # Two special numbers and padding together, as where masked residues are counted.
    assert any({1, 29} <= set(record) for record in records[[3, 7]].tolist())


def test_integers_of_few_kinds_are_drawn_uniformly():
    assert np.bincount(drawn(Input((900,), "int64", 3)).ravel()).min() > 1600


def test_a_file_of_other_records_or_of_anything_else_is_refused(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.ones((2, 3)))
    assert drawn(Input((3,), file=str(path)), 5).shape == (5, 3)
    with pytest.raises(ParityError, match=r"expected one or more records of \(4,\)"):
        drawn(Input((4,), file=str(path)))
    np.save(path, np.array([print], object), allow_pickle=True)
    with pytest.raises(ParityError, match=r"cannot be read as a \.npy file"):
        read_records(str(path))
    path.write_bytes(b"")
    with pytest.raises(ParityError, match=r"cannot be read as a \.npy file"):
        read_records(str(path))


def test_a_port_loads_drawn_inputs_or_those_of_a_file(tmp_path):
    load = input_loader({"x": Input((3,)), "n": Input((2,), "int64", below=9)}, None)
    assert load(None, 1, 4).name == load("random", 1, 4).name == "drawn"
    np.savez(tmp_path / "x.npz", x=np.ones((5, 3)), n=np.ones((5, 2), int))
    assert load(str(tmp_path / "x.npz"), 1, 4).records == 4
    fixed = input_loader({"x": Input((3,))}, 8)
    assert fixed(None, 1, 4).records == 8
    np.save(tmp_path / "x.npy", np.ones((5, 3)))
    with pytest.raises(ParityError, match="holds 5 records; every run takes 8"):
        fixed(str(tmp_path / "x.npy"), 1, 4)


@pytest.mark.parametrize(
    ("shape", "usual", "count"),
    [
        ((32, 32, 3), 10, 10),
        ((2000, 8), 10, 4),
        ((224, 224, 3), 10, 2),
        ((224, 224, 3), 1, 1),
        ((), 4, 4),
    ],
)
def test_of_large_records_fewer_are_drawn(shape, usual, count):
    assert fewer_if_large({"x": Input(shape)}, usual) == count
    masked = {"x": Input(shape), "mask": Input((7,), meaning="mask")}
    assert fewer_if_large(masked, usual) == usual
