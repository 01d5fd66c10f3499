"""Export of sides built in PyTorch to ONNX."""

from collections.abc import Callable, Iterable
from typing import Any

import onnx
import onnxscript
import torch
from onnxscript import opset18 as op

from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.errors import NotExportedError
from parity.runners.onnx.exported import BATCH, OPSET, Exported, batch_first, finished
from parity.runners.quiet import silent
from parity.runners.torch import put, tensor
from parity.runners.transfer import assign, weights_for


def version() -> str:
    """Return the versions of everything that writes the file."""
    return (
        f"torch {torch.__version__}, onnx {onnx.__version__}, onnxscript {onnxscript.__version__}"
    )


class _Layer(torch.nn.Module):
    """A built layer with positional inputs and outputs, as an exporter requires.

    Running it writes the outputs' names to the list `outputs`, not to an attribute: torch restores
    a module's attributes after exporting it.
    """

    def __init__(self, built: Built, inputs: Iterable[str], outputs: list[str]) -> None:
        super().__init__()

        def by_position(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
            named = built.call(dict(zip(inputs, tensors, strict=True)))
            outputs[:] = named
            # An input returned as an output, or a tensor returned twice, must be a node of its own.
            known, found = list(tensors), []
            for value in named.values():
                found.append(value.clone() if any(value is other for other in known) else value)
                known.append(value)
            return tuple(found)

        self.by_position = by_position

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return self.by_position(*tensors)


def export(side: Side, role: str, task: Task, dtype: str) -> Exported:
    """Build the side in `dtype`, assign the task's weights, and export it.

    The first axis is dynamic where all inputs share it. Raises NotExportedError, with the innermost
    reason, for a layer that torch cannot export.
    """
    built = side.build(task.options, dtype)
    assign(built.parameters, weights_for(role, task), put)
    inputs, outputs = list(task.inputs), list[str]()
    layer = _Layer(built, inputs, outputs)
    # Copies: a layer may change its inputs.
    arguments = tuple(tensor(array, dtype) for array in task.inputs.values())
    with silent(), torch.no_grad():
        try:
            program, note = _program(layer, arguments, batch_first(task.inputs))
            # Within a model an output must not share its name with an input.
            names = [f"output/{name}" if name in inputs else name for name in outputs]
            model = _model(program, inputs, names)
        except Exception as error:
            raise NotExportedError(_innermost(error)) from error
    return finished(model, outputs, note)


def _program(
    layer: _Layer, arguments: tuple[torch.Tensor, ...], batched: bool
) -> tuple[torch.export.ExportedProgram, str]:
    """Return the graph of the layer, for any batch size if that is possible."""
    if not batched:
        return torch.export.export(layer, arguments), ""
    axes = ({0: torch.export.Dim(BATCH)},) * len(arguments)
    try:
        return torch.export.export(layer, arguments, dynamic_shapes=(axes,)), ""
    except torch._dynamo.exc.UserError:
        note = f"exported only for a batch of {len(arguments[0])}, which its code makes constant"
        return torch.export.export(layer, arguments), note


def _model(
    program: torch.export.ExportedProgram, inputs: list[str], outputs: list[str]
) -> onnx.ModelProto:
    # Decomposed, an einsum becomes a matrix product: onnxruntime 1.32 kills the process on an
    # Einsum with an empty batch.
    program = program.run_decompositions()
    exported = torch.onnx.export(
        program,
        dynamo=True,
        external_data=False,
        opset_version=OPSET,
        input_names=inputs,
        output_names=outputs,
        custom_translation_table=_TRANSLATIONS,
        # onnxscript's optimizer drops + 1e-12: it treats anything below 1e-8 as zero.
        optimize=False,
    )
    assert exported is not None
    model: onnx.ModelProto = exported.model_proto
    return model


def _constant(value: float, dtype: int = -1, **_: Any) -> Any:
    """Translate a number in `dtype`; torch's own translation rounds it to float32 first."""
    kind = dtype if dtype != -1 else onnx.TensorProto.FLOAT
    return op.Constant(value=onnx.helper.make_tensor("value", kind, [], [value]))


def _full(size: Any, fill_value: float, dtype: int = -1, **_: Any) -> Any:
    """Translate a tensor filled with one number."""
    return op.Expand(_constant(fill_value, dtype), op.Cast(size, to=onnx.TensorProto.INT64))


def _leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """Translate leaky ReLU in float64 without ONNX's operation, whose slope is always float32."""
    if x.dtype != onnx.TensorProto.DOUBLE:
        return op.LeakyRelu(x, alpha=negative_slope)
    zero, slope = (_constant(value, onnx.TensorProto.DOUBLE) for value in (0.0, negative_slope))
    return op.Where(op.Less(x, zero), op.Mul(x, slope), x)


# Where torch's own translation is not exact in float64; in float32 both give the same.
_TRANSLATIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    torch.ops.aten.full.default: _full,
    torch.ops.aten.scalar_tensor.default: _constant,
    torch.ops.aten.leaky_relu.default: _leaky_relu,
}


def _innermost(error: BaseException) -> str:
    """Return the innermost cause of an exporter's error in one line; the rest is advice."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"
