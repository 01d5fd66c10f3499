"""`gmvp export-onnx`: export a model to a file that other programs can run."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converters.commands.failing import fail, failing_clearly
from converters.errors import InputError
from pt_gmvp.commands.installed import check_installed
from pt_gmvp.forms.exported import Form

if TYPE_CHECKING:
    import onnx

    from pt_gmvp.forms.exported.checking import Checked


Model = Annotated[Path, typer.Argument(metavar="MODEL", help="Folder of the model.")]
Output = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", help="File to write, .onnx.")
]
Shape = Annotated[
    Form,
    typer.Option("--form", help="What a row is: a variant, or a residue with its 20 substitutes."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]


def export_onnx(
    model: Model, output: Output, form: Shape = Form.PLAIN, force: Force = False
) -> None:
    """Export a model to ONNX, for batches of any size, and check the file in onnxruntime.

    Nothing is written unless the file reproduces the model's numbers up to rounding.
    """
    with failing_clearly():
        check_installed(
            "export-onnx", "torch", "onnx", "onnxscript", "onnxruntime", extras="gmvp,torch,onnx"
        )
        _check_output(output, force)
        from converters.atomic import file_beside
        from pt_gmvp.forms.exported.checking import check
        from pt_gmvp.forms.exported.exporting import export
        from pt_gmvp.model import GMVP

        loaded = GMVP.from_pretrained(model)
        try:
            exported = export(loaded, form)
            content = exported.SerializeToString()
            checked = check(content, loaded, form)
        except InputError as error:
            fail(f"{model}: {error}")
        with file_beside(output) as partial:
            partial.write_bytes(content)
        _print(exported, len(content), checked, form, output)


def _check_output(output: Path, force: bool) -> None:
    if output.suffix != ".onnx":
        fail(f"{output}: expected a name that ends in .onnx")
    if not output.resolve().parent.is_dir():
        fail(f"{output}: its folder does not exist; create it first")
    if output.is_dir():
        fail(f"{output}: is a folder; expected a file to write")
    if output.exists() and not force:
        fail(f"{output}: exists; give --force to replace it, or another name")


def _print(
    exported: "onnx.ModelProto", size: int, checked: "Checked", form: str, output: Path
) -> None:
    import onnxruntime

    from converters.tables import new_table, print_table
    from pt_gmvp.forms.exported.checking import BATCHES

    table = new_table("export", "")
    table.add_row("form", form)
    for what, values in (("input", exported.graph.input), ("output", exported.graph.output)):
        for value in values:
            table.add_row(f"{what} {value.name}", _describe(value))
    table.add_row("opset", str(exported.opset_import[0].version))
    batches = ", ".join(map(str, BATCHES))
    table.add_row("run in", f"onnxruntime {onnxruntime.__version__}, batches of {batches}")
    table.add_row("error of logits", f"{checked.file:.1g} (the model's own: {checked.model:.1g})")
    table.add_row("file", f"{output}, {size:,} bytes")
    print_table(table, sys.stdout)


def _describe(value: "onnx.ValueInfoProto") -> str:
    from onnx.helper import tensor_dtype_to_np_dtype

    kind = value.type.tensor_type
    axes = " x ".join(dim.dim_param or str(dim.dim_value) for dim in kind.shape.dim)
    return f"{axes} {tensor_dtype_to_np_dtype(kind.elem_type)}"
