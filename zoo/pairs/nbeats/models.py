"""N-BEATS: nbeats-keras against nbeats-pytorch, small, weights drawn."""

from typing import Any

import torch
from nbeats_keras.model import NBeatsNet as KerasNet
from nbeats_pytorch.model import NBeatsNet as TorchNet
from torch import nn

SIZES: dict[str, Any] = {
    "backcast_length": 10,
    "forecast_length": 5,
    "stack_types": ("trend", "seasonality", "generic"),
    "nb_blocks_per_stack": 2,
    "thetas_dim": (4, 8, 8),
    "hidden_layer_units": 16,
}


def reference() -> Any:
    return KerasNet(**SIZES).models["forecast"]


class Forecast(nn.Module):
    """The second of N-BEATS' two outputs, which is what the reference returns."""

    def __init__(self) -> None:
        super().__init__()
        self.net = TorchNet(device=torch.device("cpu"), **SIZES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the forecast alone."""
        forecast: torch.Tensor = self.net(x)[1]
        return forecast


def candidate() -> Forecast:
    return Forecast()
