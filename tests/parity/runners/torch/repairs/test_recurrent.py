"""Order of time in recurrent layers, as repairs of a candidate."""

import torch
from torch import nn

from parity.declaring.known_bug import OtherOperation
from parity.runners.torch.calls import done_otherwise, recording

X = torch.linspace(-2, 2, 30, dtype=torch.float64).reshape(3, 2, 5)


def otherwise(layer, kind, way):
    return done_otherwise(lambda inputs: {"y": layer(inputs["x"])[0]}, OtherOperation(kind, 0, way))


def test_a_gru_takes_the_other_axis_for_time():
    torch.manual_seed(1)
    layer = nn.GRU(5, 4).double()
    right = nn.GRU(5, 4, batch_first=True).double()
    right.load_state_dict(layer.state_dict())
    seen = []
    recording(lambda inputs: {"y": layer(inputs["x"])[0]}, seen)({"x": X})
    names = [way.name for call in seen if call.kind == "gru" for way in call.ways if way.repairs]
    assert names == [
        "with the batch first",
        "backwards",
        "backwards, its steps in the order of time",
    ]
    made = otherwise(layer, "gru", names[0])({"x": X})["y"]
    assert torch.equal(made, right(X)[0])


def test_a_layer_runs_backwards():
    torch.manual_seed(1)
    layer = nn.LSTM(5, 4, batch_first=True).double()
    backwards = otherwise(layer, "lstm", "backwards")({"x": X})["y"]
    assert torch.equal(backwards, layer(X.flip(1))[0])
    turned = otherwise(layer, "lstm", "backwards, its steps in the order of time")({"x": X})["y"]
    assert torch.equal(turned, backwards.flip(1))
