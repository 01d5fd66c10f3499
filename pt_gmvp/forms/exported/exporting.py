"""Export of a model to an ONNX graph with an open batch."""

import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import onnx
import torch
from onnx import TensorProto, helper
from onnxscript import opset18 as op

from converters.errors import InputError
from converters.residues import AMINO_ACIDS
from pt_gmvp.forms.exported import Form
from pt_gmvp.forms.exported.forms import PerResidue, Plain, example, make_form
from pt_gmvp.model import GMVP

OPSET = 18
OUTPUTS = ("logit", "probability")
_BATCH = "batch"
# Size to trace with: a batch of 0 or 1 would become a constant.
_ROWS = 2
_ABOUT = {
    Form.PLAIN: "one variant per row: ref_aa, alt_aa (0 to 19) and window -> logit, probability",
    Form.PER_RESIDUE: "one residue per row: window -> logit, probability of 20 substitutes, in the "
    f"order {AMINO_ACIDS}",
}


def export(model: GMVP, form: Form) -> onnx.ModelProto:
    """Export a model, in evaluation mode, in the dtype of its weights.

    The graph's metadata contain the form and the configuration.

    Raises:
        InputError: its configuration or dtype cannot be exported.
    """
    _check(model)
    layer = make_form(form, model)
    with _silenced():
        exported = _export(layer, form, model.logit.weight.dtype)
    _name_batch(exported)
    _forget_sources(exported)
    exported.doc_string = f"gMVP, {form}: {_ABOUT[form]}"
    onnx.helper.set_model_props(
        exported, {"gmvp.form": form.value, "gmvp.config": json.dumps(model.config.to_dict())}
    )
    onnx.checker.check_model(exported)
    return exported


def _check(model: GMVP) -> None:
    if model.config.pairwise_type == "inv_cov":
        raise InputError(
            "pairwise_type is 'inv_cov', but ONNX has no matrix inverse; only 'cov' and 'fre' can"
            " be exported"
        )
    dtype = model.logit.weight.dtype
    if dtype not in (torch.float32, torch.float64):
        raise InputError(f"the weights are {dtype}; only float32 and float64 can be exported")


def _export(layer: Plain | PerResidue, form: Form, dtype: torch.dtype) -> onnx.ModelProto:
    axes = {0: torch.export.Dim(_BATCH)}
    given = example(form, _ROWS, dtype)
    program = torch.export.export(layer, given, dynamic_shapes=(axes,) * len(given))
    found = torch.onnx.export(
        # Decomposed, an einsum is a matrix product, which onnxruntime computes faster.
        program.run_decompositions(),
        dynamo=True,
        external_data=False,
        opset_version=OPSET,
        input_names=list(layer.inputs),
        output_names=list(OUTPUTS),
        custom_translation_table=EXACT,
        # onnxscript's optimizer treats the 1e-12 under the norm's root as 0.
        optimize=False,
        verbose=False,
    )
    assert found is not None
    graph: onnx.ModelProto = found.model_proto
    return graph


def _name_batch(model: onnx.ModelProto) -> None:
    """Give the dynamic axis one name, whatever the exporter calls it in each place."""
    graph = model.graph
    first = {value.type.tensor_type.shape.dim[0].dim_param for value in graph.input}
    for value in (*graph.input, *graph.output, *graph.value_info):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param and dim.dim_param in first:
                dim.dim_param = _BATCH


def _forget_sources(model: onnx.ModelProto) -> None:
    """Remove the origin of each node in the exporter's code, with paths of this machine."""
    del model.metadata_props[:]
    for values in (model.graph.node, model.graph.value_info, model.graph.input, model.graph.output):
        for value in values:
            del value.metadata_props[:]


@contextmanager
def _silenced() -> Iterator[None]:
    """Suppress the exporters' warnings and logs: what matters is raised."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


# Operations that torch's own translation to ONNX rounds, translated exactly. In float32 both give
# the same; in float64 torch's constants pass through float32, and ONNX keeps the slope of a
# LeakyRelu in it. The engine has the same (parity/runners/torch/onnx_export.py), but the port may
# not import it.


def _constant(value: float, dtype: int = -1, **_: Any) -> Any:
    kind = dtype if dtype != -1 else TensorProto.FLOAT
    return op.Constant(value=helper.make_tensor("value", kind, [], [value]))


def _full(size: Any, fill_value: float, dtype: int = -1, **_: Any) -> Any:
    return op.Expand(_constant(fill_value, dtype), op.Cast(size, to=TensorProto.INT64))


def _leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    if x.dtype != TensorProto.DOUBLE:
        return op.LeakyRelu(x, alpha=negative_slope)
    zero, slope = (_constant(value, TensorProto.DOUBLE) for value in (0.0, negative_slope))
    return op.Where(op.Less(x, zero), op.Mul(x, slope), x)


EXACT: dict[Callable[..., Any], Callable[..., Any]] = {
    torch.ops.aten.full.default: _full,
    torch.ops.aten.scalar_tensor.default: _constant,
    torch.ops.aten.leaky_relu.default: _leaky_relu,
}
