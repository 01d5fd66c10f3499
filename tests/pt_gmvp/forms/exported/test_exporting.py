"""Files that any runtime may run, in batches of any size."""

import json
from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from converters.errors import InputError
from pt_gmvp.forms.exported import Form
from pt_gmvp.forms.exported.checking import check, draw, run
from pt_gmvp.forms.exported.exporting import export
from pt_gmvp.forms.exported.forms import make_form
from pt_gmvp.model import GMVP


def session(exported: onnx.ModelProto) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(
        exported.SerializeToString(), providers=["CPUExecutionProvider"]
    )


def axes(values) -> dict[str, list[str | int]]:
    return {
        value.name: [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in values
    }


def test_names_and_axes(exported: onnx.ModelProto, form: Form) -> None:
    windows = {"feature": ["batch", 129, 435], "mask": ["batch", 129]}
    residues = {"ref_aa": ["batch"], "alt_aa": ["batch"]} if form is Form.PLAIN else {}
    assert axes(exported.graph.input) == {**residues, **windows}
    scores = ["batch"] if form is Form.PLAIN else ["batch", 20]
    assert axes(exported.graph.output) == {"logit": scores, "probability": scores}


def test_it_says_what_it_is_and_not_where_it_was_made(
    exported: onnx.ModelProto, form: Form, model: GMVP
) -> None:
    about = {entry.key: entry.value for entry in exported.metadata_props}
    assert about.keys() == {"gmvp.form", "gmvp.config"}
    assert about["gmvp.form"] == form
    assert json.loads(about["gmvp.config"]) == model.config.to_dict()
    assert exported.doc_string.startswith(f"gMVP, {form}: ")
    assert b".py" not in exported.SerializeToString()


@pytest.mark.parametrize("rows", [1, 2, 5, 33])
def test_any_size_of_batch(exported: onnx.ModelProto, form: Form, model: GMVP, rows: int) -> None:
    variants = draw(rows, 5)
    found = run(session(exported), form, variants)
    layer = make_form(form, model)
    given = [torch.from_numpy(variants[name]) for name in layer.inputs]
    for name, expected in zip(("logit", "probability"), layer(*given), strict=True):
        np.testing.assert_allclose(found[name], expected.numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("score", ["add", pytest.param("dot", marks=pytest.mark.exhaustive)])
def test_in_float64_it_is_exact(small: Callable[..., GMVP], uneven, score: str) -> None:
    # A norm over columns that do not vary is the root of 1e-12, which an optimizer takes for 0.
    model = small(4, attn_score_type=score, **uneven)
    with torch.no_grad():
        model.pairwise_encoding.weight[:, -1] *= 1e5
    variants = draw(3, 6, torch.float64)
    variants["feature"][:, :, 21:221] = 3
    found = run(session(export(model, Form.PER_RESIDUE)), Form.PER_RESIDUE, variants)
    feature, mask = (torch.from_numpy(variants[name]) for name in ("feature", "mask"))
    expected, _ = make_form(Form.PER_RESIDUE, model)(feature, mask)
    np.testing.assert_allclose(found["logit"], expected.numpy(), rtol=1e-13, atol=1e-14)


@pytest.mark.slow
def test_joint_frequencies_and_other_scores(small: Callable[..., GMVP], uneven) -> None:
    model = small(5, attn_score_type="nn", pairwise_type="fre", **uneven).float()
    check(export(model, Form.PLAIN).SerializeToString(), model, Form.PLAIN)


def test_an_inverse_is_refused(small: Callable[..., GMVP], form: Form) -> None:
    with pytest.raises(InputError, match="'inv_cov', but ONNX has no matrix inverse"):
        export(small(0, pairwise_type="inv_cov"), form)


def test_half_precision_is_refused(small: Callable[..., GMVP], form: Form) -> None:
    with pytest.raises(InputError, match=r"torch\.bfloat16; only float32 and float64 can be"):
        export(small(0).bfloat16(), form)
