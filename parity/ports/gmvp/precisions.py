"""Port of the model at each `--precision` of training.

`parity check parity/ports/gmvp/precisions.py` shows what a lower precision costs, output by
output. It is expected to fail for bf16, and for tf32 on a GPU, which is why float32 is the default.
In float64 no precision is lowered, and everything must agree.
"""

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from parity.declaring.port import Built, Pair, Port, Side
from parity.declaring.weight import Options
from parity.ports.gmvp import configs
from parity.ports.gmvp import port as whole
from parity.ports.gmvp.candidate import build_model

if TYPE_CHECKING:
    from torch import Tensor

CONFIGS = configs.of_model("add-cov-spe", "add-cov-spe-512")
# Only GPUs have tf32; PyTorch, which could look for one, is not loaded just to list layers.
PRECISIONS = ("float32", "bf16", "tf32") if shutil.which("nvidia-smi") else ("float32", "bf16")


def _model(precision: str, options: Options, dtype: str) -> Built:
    import torch

    from pt_gmvp.optim import loss as mean_loss
    from pt_gmvp.runs.devices import in_precision

    device = torch.device("cuda" if precision == "tf32" else "cpu")
    model = build_model(options, dtype).to(device)

    def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
        given = {name: tensor.to(device) for name, tensor in inputs.items()}
        before = torch.backends.cuda.matmul.allow_tf32
        try:
            with in_precision(precision, device)():  # type: ignore[arg-type]
                intermediates = model.trace(
                    given["ref_aa"], given["alt_aa"], given["feature"], given["mask"]
                )
        finally:
            torch.backends.cuda.matmul.allow_tf32 = before
        found: dict[str, Any] = {
            **intermediates,
            "loss": mean_loss(intermediates["logit"], given["label"]),
        }
        return {name: value.to("cpu", getattr(torch, dtype)) for name, value in found.items()}

    return Built(call, dict(model.named_parameters()))


def _pair(precision: str) -> Pair:
    return replace(
        whole.pair("model"),
        layer=f"model_{precision}",
        candidate=Side("torch", lambda options, dtype: _model(precision, options, dtype)),
        configs=CONFIGS,
        intermediates=(),
        about=f"the whole model, matrix products in {precision}",
        no_onnx="the precision is one of training; export the model itself",
    )


port = Port(
    name="gmvp-precisions",
    load_inputs=whole.load_inputs,
    pairs=tuple(_pair(precision) for precision in PRECISIONS),
)
