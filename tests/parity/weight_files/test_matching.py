"""Each array of a file is used once, by name or in order, or it is in the table."""

from pathlib import Path

import numpy as np
import pytest

from parity.weight_files.contents import StoredArray, WeightFile
from parity.weight_files.matching import (
    ExpectedArray,
    Misfit,
    UnfitError,
    match_by_layers,
    match_by_name,
)

HERE = Path("w.h5")
A, B = np.ones((2, 3)), np.zeros(3)
EXPECTED = [
    ExpectedArray("first/kernel", "dense/kernel:0", (2, 3), "dense"),
    ExpectedArray("first/bias", "dense/bias:0", (3,), "dense"),
    ExpectedArray("last/bias", "scale/bias:0", (3,), "scale"),
]


def by_name(**held):
    expected = [ExpectedArray("a", "x", (2, 3)), ExpectedArray("b", "y", (3,))]
    return match_by_name(HERE, "net", held, expected)


def test_names_are_matched():
    found = by_name(y=B, x=A)
    assert list(found) == ["a", "b"]
    assert found["a"] is A


def test_what_does_not_fit_is_in_the_table():
    with pytest.raises(UnfitError) as error:
        by_name(x=B, z=A)
    assert error.value.rows == (
        Misfit("missing", "b", None, (3,)),
        Misfit("surplus", "z", (2, 3), None),
        Misfit("of another shape", "a", (3,), (2, 3)),
    )
    assert str(error.value) == (
        "w.h5 does not hold the weights of net: 1 missing, 1 surplus, 1 of another shape; the "
        "first is 'b', expected (3,)"
    )


def layers(*stored):
    file = WeightFile(HERE, "Keras 2 HDF5", tuple(StoredArray(*one) for one in stored))
    return match_by_layers(file, "net", EXPECTED)


def test_counted_names_are_matched_in_order():
    found = layers(
        ("dense_7/kernel:0", A, "dense_7"),
        ("dense_7/bias:0", B, "dense_7"),
        ("scale_3/bias:0", B + 2, "scale_3"),
    )
    assert found["first/kernel"] is A
    assert found["last/bias"][0] == 2


def test_the_same_names_are_matched_by_name():
    """A frozen layer lists its weights in another order."""
    found = layers(
        ("scale/bias:0", B + 2, "scale"),
        ("dense/bias:0", B, "dense"),
        ("dense/kernel:0", A, "dense"),
    )
    assert found["first/kernel"] is A
    assert found["last/bias"][0] == 2


@pytest.mark.parametrize(
    ("stored", "problems"),
    [
        ([("k", A, "dense"), ("b", B, "dense")], ["missing"]),
        (
            [("k", A, "dense"), ("b", B, "dense"), ("s", B, "scale"), ("t", B, "top")],
            ["surplus"],
        ),
        ([("k", A, "dense"), ("b", B, "dense"), ("s", A, "scale")], ["of another shape"]),
        ([("k", A, "dense"), ("s", B, "scale")], ["missing", "missing", "surplus"]),
    ],
)
def test_layers_that_do_not_fit_are_in_the_table(stored, problems):
    with pytest.raises(UnfitError) as error:
        layers(*stored)
    assert [row.problem for row in error.value.rows] == problems


def test_a_counted_model_is_no_other_name():
    """Surplus arrays are named, although each name begins with another model's."""
    expected = [
        ExpectedArray(f"{part}/w", f"net/{part}/w:0", (3,), "net") for part in ("one", "two")
    ]
    stored = [StoredArray(f"net_7/{n}/w:0", B, "net_7") for n in ("two", "one", "three")]
    with pytest.raises(UnfitError) as error:
        match_by_layers(WeightFile(HERE, "Keras 2 HDF5", tuple(stored)), "net", expected)
    assert error.value.rows == (Misfit("surplus", "net_7/three/w:0", (3,), None),)
    stored[:2] = [StoredArray("net_7/two/w:0", B + 2, "net_7"), stored[1]]
    found = match_by_layers(WeightFile(HERE, "Keras 2 HDF5", tuple(stored[:2])), "net", expected)
    assert found["two/w"][0] == 2


def test_a_layer_that_lost_a_weight_keeps_the_names_of_the_others():
    expected = [ExpectedArray(n, f"last/{n}:0", (3,), "last") for n in ("kernel", "bias")]
    stored = (StoredArray("last/kernel:0", B, "last"),)
    with pytest.raises(UnfitError) as error:
        match_by_layers(WeightFile(HERE, "Keras 2 HDF5", stored), "net", expected)
    assert error.value.rows == (Misfit("missing", "bias", None, (3,)),)
