"""The check of a file: the right one passes, and each planted mistake is refused."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from converters.errors import InputError
from parity.judging import oracle
from pt_gmvp.forms.exported import Form, checking
from pt_gmvp.forms.exported.checking import check, draw
from pt_gmvp.model import GMVP

pytestmark = pytest.mark.slow


def test_the_constants_are_the_engine_s() -> None:
    assert (checking.FACTOR, checking.FLOOR_ULPS) == (oracle.ROUNDING_FACTOR, oracle.FLOOR_ULPS)


def test_what_was_exported_passes(exported: onnx.ModelProto, form: Form, model: GMVP) -> None:
    checked = check(exported.SerializeToString(), model, form)
    assert 0 < checked.file < 1e-5
    assert 0 < checked.model < 1e-5


def _changed(graph: onnx.GraphProto, change: Callable[[np.ndarray], np.ndarray], shape: tuple):
    """Change the first weight of a shape."""
    weight = next(one for one in graph.initializer if tuple(one.dims) == shape)
    weight.CopyFrom(numpy_helper.from_array(change(numpy_helper.to_array(weight)), weight.name))


def swap_rows(graph: onnx.GraphProto) -> None:
    _changed(graph, lambda weight: np.ascontiguousarray(weight[[1, 0, *range(2, 12)]]), (12, 12))


def shift_the_logit(graph: onnx.GraphProto) -> None:
    _changed(graph, lambda bias: bias + np.float32(1e-4), (1,))


def steepen(graph: onnx.GraphProto) -> None:
    (node,) = (one for one in graph.node if one.op_type == "LeakyRelu")
    node.attribute[0].f = 0.21


@pytest.mark.parametrize("mistake", [swap_rows, shift_the_logit, steepen])
def test_a_mistake_is_refused(exported, form, model, mistake) -> None:
    mistake(exported.graph)
    with pytest.raises(
        InputError, match=r"logit of a batch of 1: the file is off by .*, but the model"
    ):
        check(exported.SerializeToString(), model, form)


def test_a_batch_that_is_not_open_is_refused(exported, form, model) -> None:
    for value in exported.graph.input:
        value.type.tensor_type.shape.dim[0].dim_value = 2
    with pytest.raises(InputError, match=f"onnxruntime cannot run the {form} form: "):
        check(exported.SerializeToString(), model, form)


def test_another_model_s_file_is_refused(exported, form, small, uneven) -> None:
    other = small(9, **uneven).float()
    with pytest.raises(InputError, match="computes something else"):
        check(exported.SerializeToString(), other, form)


def test_other_content_is_refused(model: GMVP) -> None:
    with pytest.raises(InputError, match="onnxruntime cannot load the file"):
        check(b"no file", model, Form.PLAIN)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_drawn_windows_are_as_a_reader_gives_them(dtype: torch.dtype) -> None:
    given = draw(40, 1, dtype)
    assert (
        given["feature"].dtype == given["mask"].dtype == torch.zeros(0, dtype=dtype).numpy().dtype
    )
    assert (given["mask"][:, 64] == 1).all()
    outside = given["mask"] == 1
    outside[:, 64] = False
    assert outside.any()
    assert not outside[0].all()
    assert not given["feature"][outside].any()
    assert (given["feature"][:, 64, 0] == given["ref_aa"]).all()
    again = draw(40, 1, dtype)
    assert all(np.array_equal(given[name], again[name]) for name in given)
