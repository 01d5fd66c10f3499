"""Calls and modules are found in the candidate's own source."""

import linecache

import torch
from torch import nn
from torch.nn import functional

from parity.runners.torch.calls import recording
from parity.runners.torch.places import noting_modules

X = torch.linspace(-1, 1, 24).reshape(2, 3, 4)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.seq = nn.Sequential(
            nn.Linear(4, 5),
            nn.ReLU(),
        )

    def forward(self, x):
        return functional.softmax(self.seq(x), -1).mean(1) / 2.0


class Half(nn.Softmax):
    def __init__(self):
        super().__init__(dim=-1)


def written(call, x=X):
    """Return where each recorded call is written, by kind."""
    found = []
    with torch.no_grad():
        recording(lambda given: {"y": call(given["x"])}, found)({"x": x})
    return {one.kind: one.written for one in found}


def line(place):
    return linecache.getline(place.file, place.line).strip()


def built():
    with noting_modules():
        return Net()


def test_a_function_is_where_the_candidate_calls_it():
    found = written(built())
    called = found["softmax"].called
    assert line(called).startswith("return functional.softmax")
    text = linecache.getline(called.file, called.line)
    assert text[called.column : called.end_column] == "functional.softmax(self.seq(x), -1)"
    assert not found["softmax"].method
    assert found["mean"].method
    assert found["softmax"].module == ""
    text = text[found["div"].called.column : found["div"].called.end_column]
    assert text.endswith(".mean(1) / 2.0")


def test_a_module_is_where_it_is_made_and_where_what_holds_it_is_called():
    found = written(built())
    assert line(found["linear"].made) == "nn.Linear(4, 5),"
    assert found["linear"].module == "Linear"
    assert found["linear"].constructor[:2] == ("in_features", "out_features")
    assert (found["linear"].first, found["linear"].last) == (True, False)
    assert (found["relu"].first, found["relu"].last, found["relu"].listed) == (False, True, True)
    assert line(found["relu"].called) == line(found["softmax"].called)


def test_a_module_made_outside_of_the_block_has_no_place():
    before = nn.Module.__init__
    found = written(Net())
    assert found["linear"].made is None
    assert nn.Module.__init__ is before


def test_a_subclass_is_made_where_it_calls_torchs_constructor():
    with noting_modules():
        half = Half()
    (found,) = written(half).values()
    assert line(found.made) == "super().__init__(dim=-1)"


def test_what_parity_calls_itself_is_not_the_candidates_code():
    with noting_modules():
        soft = nn.Softmax(dim=-1)
    found = []
    from parity.declaring.model_sides import Layer
    from parity.runners.torch.models import Model

    model = Model.__new__(Model)
    model.module = nn.Sequential(soft)
    layer = Layer("soft", "0")
    recording(lambda given: model.call_layer(layer, given["x"]), found)({"x": X})
    (one,) = found
    assert one.written.called is None
    assert line(one.written.made) == "soft = nn.Softmax(dim=-1)"
