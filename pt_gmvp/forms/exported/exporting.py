"""A model as an ONNX graph, its batch open."""

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import onnx
import torch

from pt_gmvp.forms.exported.errors import ExportError
from pt_gmvp.forms.exported.form import Form
from pt_gmvp.forms.exported.forms import PerResidue, Plain, example, made
from pt_gmvp.forms.exported.translations import EXACT
from pt_gmvp.model import GMVP

OPSET = 18
OUTPUTS = ("logit", "probability")
_BATCH = "batch"
# Traced with, and no more: a batch of 0 or 1 would be taken for a constant.
_ROWS = 2
_ABOUT = {
    Form.PLAIN: "a variant a row: ref_aa, alt_aa (0 to 19) and its window -> logit, probability",
    Form.PER_RESIDUE: "a residue a row: its window -> logit, probability of 20 substitutes, in the "
    "order ACDEFGHIKLMNPQRSTVWY",
}


def export(model: GMVP, form: Form) -> onnx.ModelProto:
    """Export a model, as in evaluation, in the dtype of its weights.

    The graph says in its metadata which form it is, and of which configuration.

    Raises:
        ExportError: of its configuration or dtype there is no ONNX form.
    """
    _check(model)
    layer = made(form, model)
    with _quietly():
        exported = _exported(layer, form, model.logit.weight.dtype)
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
        raise ExportError(
            "pairwise_type is 'inv_cov', and ONNX has no inverse of a matrix; models of 'cov' and "
            "'fre' can be exported"
        )
    dtype = model.logit.weight.dtype
    if dtype not in (torch.float32, torch.float64):
        raise ExportError(f"the weights are {dtype}; float32 and float64 can be exported")


def _exported(layer: Plain | PerResidue, form: Form, dtype: torch.dtype) -> onnx.ModelProto:
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
        # onnxscript's optimizer takes the 1e-12 under the norm's root for 0.
        optimize=False,
        verbose=False,
    )
    assert found is not None
    graph: onnx.ModelProto = found.model_proto
    return graph


def _name_batch(model: onnx.ModelProto) -> None:
    """Call the open axis by one name, however the exporter calls it in each place."""
    graph = model.graph
    first = {value.type.tensor_type.shape.dim[0].dim_param for value in graph.input}
    for value in (*graph.input, *graph.output, *graph.value_info):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param and dim.dim_param in first:
                dim.dim_param = _BATCH


def _forget_sources(model: onnx.ModelProto) -> None:
    """Take out where in the exporter's code each node comes from, with paths of this machine."""
    del model.metadata_props[:]
    for values in (model.graph.node, model.graph.value_info, model.graph.input, model.graph.output):
        for value in values:
            del value.metadata_props[:]


@contextmanager
def _quietly() -> Iterator[None]:
    """Hold back what exporters warn of and log: what they raise says what is to be known."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)
