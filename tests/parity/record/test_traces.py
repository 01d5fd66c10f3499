"""Traces are restored from their file: every bit, every name, in the same order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from parity import storage
from parity.declaring.trace import Trace
from parity.errors import InputError, ParityError
from parity.record import traces

DTYPES = st.sampled_from(["<f4", "<f8", "<f2", "<i4", "<i8", "u1", "?", "<U3", "S2"])
NAMED = st.dictionaries(
    st.text(min_size=1, max_size=8),
    DTYPES.flatmap(lambda d: arrays.arrays(d, arrays.array_shapes(min_dims=0, min_side=0))),
    max_size=3,
)


def same(one, other):
    return list(one) == list(other) and all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in zip(one.values(), other.values(), strict=True)
    )


@settings(max_examples=50)
@given(outputs=NAMED, gradients=NAMED, shapes=st.dictionaries(st.text(), st.just((2, 3))))
def test_every_bit_and_the_order_come_back(tmp_path_factory, outputs, gradients, shapes):
    path = tmp_path_factory.mktemp("traces") / "case.safetensors"
    kept = {d: Trace("numpy", "2", d, outputs, gradients, shapes) for d in ("float32", "float64")}
    traces.save(path, kept)
    for dtype, trace in kept.items():
        found = traces.load(path, dtype)
        assert same(found.outputs, outputs)
        assert same(found.gradients, gradients)
        assert found.parameter_shapes == shapes
        assert (found.framework, found.version, found.dtype) == (
            trace.framework,
            trace.version,
            dtype,
        )
        bare = traces.load(path, dtype, gradients=False)
        assert same(bare.outputs, outputs)
        assert not bare.gradients


@pytest.mark.parametrize("array", [np.zeros(2, complex), np.array([{}]), np.zeros(2, "M8[s]")])
def test_a_dtype_that_cannot_be_stored_is_refused(tmp_path, array):
    with pytest.raises(ParityError, match=r"output 'y' is .*, which cannot be recorded"):
        traces.save(
            tmp_path / "x",
            {"float32": Trace("numpy", "2", "float32", {"x": np.ones(1), "y": array})},
        )


def test_a_trace_that_is_not_there(tmp_path):
    path = tmp_path / "case.safetensors"
    traces.save(path, {"float32": Trace("numpy", "2", "float32", {"x": np.ones(1)})})
    with pytest.raises(InputError, match="contains no trace in float64"):
        traces.load(path, "float64")


@pytest.mark.parametrize("dtype", ["<f8", "O", "<U7", "nonsense", 3])
def test_a_header_with_a_wrong_dtype(tmp_path, dtype):
    path = tmp_path / "case.safetensors"
    about = {"framework": "", "version": "", "parameter_shapes": {}, "gradients": {}}
    header = {"float32": {**about, "outputs": {"x": dtype}}}
    storage.save(path, {"float32/outputs/x": np.ones(3, np.float32)}, header)
    with pytest.raises(InputError, match="contains no trace in float32"):
        traces.load(path, "float32")
