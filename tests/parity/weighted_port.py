"""A port of two dense layers, kernels as Keras has them in the reference; both are PyTorch."""

import numpy as np
import torch
from torch import nn

from parity.declaring.inputs import InputSet, generator
from parity.declaring.layouts import dense
from parity.declaring.port import Built, Configuration, Pair, Port, Side

MAP = (*dense("first", "0", 4, 4), *dense("last", "1", 4, 4))
SWAPPED = (*dense("first", "1", 4, 4), *dense("last", "0", 4, 4))


def _reference(options, dtype):
    random = np.random.default_rng(11)
    held = {
        weight.name: nn.Parameter(
            torch.from_numpy(random.normal(size=weight.shape).astype(np.float32)).to(
                getattr(torch, dtype)
            )
        )
        for weight in MAP
    }

    def call(inputs):
        hidden = torch.relu(inputs["x"] @ held["first/kernel"] + held["first/bias"])
        return {"y": hidden @ held["last/kernel"] + held["last/bias"]}

    return Built(call, held)


def _candidate(own):
    def build(options, dtype):
        net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
        if own is not None:
            net.load_state_dict({key: torch.from_numpy(array) for key, array in own.items()})
        net = net.to(getattr(torch, dtype))
        first, last = net

        def call(inputs):
            return {"y": last(torch.relu(first(inputs["x"])))}

        return Built(call, dict(net.named_parameters()))

    return build


def load(source, seed, count):
    """Draw inputs, whatever the source, as many hand-written ports do."""
    random = generator("x", seed)
    return InputSet("drawn", {"x": random.standard_normal((count, 4)).astype("float32")})


def make_port(weights=MAP, own=None, whole="net"):
    """Return the port; `own` are weights that the candidate's factory builds."""
    pair = Pair(
        "net",
        Side("torch", _reference),
        Side("torch", _candidate(own)),
        (Configuration("default", {}),),
        lambda given: given.inputs.arrays,
        weights=lambda options: weights,
    )
    return Port("mine", (pair,), load, whole=whole)


def reference_weights(seed=5):
    """Draw weights by canonical name."""
    random = np.random.default_rng(seed)
    return {w.name: random.normal(size=w.shape).astype(np.float32) for w in MAP}
