"""Whole torch modules: how they are called, what is seen of their layers, and split weights."""

import numpy as np
import pytest

from parity.declaring.model_sides import Layer
from parity.errors import ParityError, StructureError
from parity.runners.torch.models import Model

SOURCE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1)
        self.last = nn.Linear(2, 1)
        self.register_buffer("table", torch.ones(2), persistent=False)

    def forward(self, image):
        return {"y": self.last(self.conv(image).mean((2, 3)))}

shared = nn.Linear(2, 2)

class Flat(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1)
        self.last = nn.Linear(60, 1)

    def forward(self, image):
        return self.last(self.conv(image).view(len(image), -1))

class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = self.two = nn.Linear(3, 3, bias=False)

    def forward(self, first, second):
        return self.one(first) - self.two(second)

class Shadowing(nn.Module):
    def __init__(self):
        super().__init__()
        self.modules = nn.Linear(3, 2)

    def forward(self, x):
        return self._modules["modules"](x)

number = 3
def text(): return "text"
"""
IMAGE = {"image": np.ones((4, 3, 5, 6), np.float32)}
CONV = Layer("conv2d", "conv", "channels first")


@pytest.fixture
def make(tmp_path):
    (tmp_path / "net.py").write_text(SOURCE)

    def made(name="Net", inputs=("image",), **settings):
        return Model(
            f"net.py:{name}", tmp_path, "float64", dict.fromkeys(inputs, "same"), **settings
        )

    return made


def test_layers_are_described_in_the_order_of_their_calls(make):
    found = make().describe(IMAGE)
    assert [(x.path, x.kind) for x in found.layers] == [("conv", "Conv2d"), ("last", "Linear")]
    assert found.layers[0].inputs == ((4, 3, 5, 6),)
    assert found.outputs == {"output/y": (4, 1)}
    # What is not saved with the module is no weight.
    assert [weight.name for weight in found.weights] == [
        "conv.weight",
        "conv.bias",
        "last.weight",
        "last.bias",
    ]


def test_a_layer_is_seen_in_the_references_axes_in_the_whole_and_alone(make):
    model = make()
    weights = {name: np.full(tuple(w.shape), 0.5) for name, w in model.weights.items()}
    found = model.run(weights, IMAGE, [CONV])
    assert list(found) == ["conv2d/input", "conv2d", "output/y"]
    assert found["conv2d/input"].shape == (4, 5, 6, 3)
    assert found["conv2d"].shape == (4, 5, 6, 2)
    alone = model.run_layer(CONV, weights, found["conv2d/input"])
    np.testing.assert_array_equal(alone["conv2d"], found["conv2d"])
    np.testing.assert_array_equal(found["output/y"], np.full((4, 1), 2.5))


def test_a_view_behind_a_convolution_does_not_fail_on_permuted_images(make):
    model = make("Flat")
    model.orders["image"] = "channels first"
    given = {"image": np.moveaxis(IMAGE["image"], 1, -1).copy()}
    assert model.describe(given).outputs == {"output": (4, 1)}
    seen = model.run({}, given, (CONV,))
    alone = model.run_layer(CONV, {}, seen["conv2d/input"])
    np.testing.assert_array_equal(alone["conv2d"], seen["conv2d"])


def test_weights_are_split_and_set_to_zero(make):
    model = make(zero=["last.bias"], split={"conv.weight": 2})
    assert list(model.weights) == [
        "conv.bias",
        "last.weight",
        "conv.weight[0]",
        "conv.weight[1]",
    ]
    weights = {name: np.ones(tuple(w.shape)) for name, w in model.weights.items()}
    assert (model.run(weights, IMAGE, [])["output/y"] == 8).all()


def test_inputs_are_passed_by_name_and_a_shared_weight_is_one(make):
    model = make("Tied", ["second", "first"])
    assert list(model.weights) == ["one.weight"]
    inputs = {"second": np.zeros((1, 3)), "first": np.ones((1, 3))}
    assert (model.run({"one.weight": np.ones((3, 3))}, inputs, [])["output"] == 3).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"zero": ["conv.bais"]}, "has no 'conv.bais' to set to zero"),
        ({"split": {"conv.wieght": 3}}, "has no 'conv.wieght' to split"),
    ],
)
def test_a_weight_that_is_not_there_is_named(make, settings, message):
    with pytest.raises(StructureError, match=message):
        make(**settings)


def test_a_layer_that_is_not_there_is_named(make):
    with pytest.raises(StructureError, match="the candidate has no layer 'cnov'"):
        make().run({}, IMAGE, [Layer("conv2d", "cnov")])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("number", "is neither a torch module nor a function that builds one"),
        ("text", r"returns str; expected a torch\.nn\.Module"),
    ],
)
def test_what_is_no_module_is_refused(make, name, message):
    with pytest.raises(ParityError, match=message):
        make(name)


def test_inputs_that_do_not_fit_are_named_with_their_shapes(make):
    with pytest.raises(ParityError, match=r"Net cannot be called on image \(4, 2\)"):
        make().describe({"image": np.ones((4, 2), np.float32)})


def test_a_layer_passes_on_what_it_is_given_to_return_or_else_its_own(make):
    model = make()
    weights = {key: np.ones(value.shape) for key, value in model.weights.items()}
    own = model.run(weights, IMAGE, [CONV])
    given = np.full(own["conv2d"].shape, 3.0)
    found = model.run_passing(weights, IMAGE, [CONV], {"conv2d": given})
    assert np.array_equal(found["conv2d"], own["conv2d"])
    assert np.array_equal(found["output/y"], np.full((4, 1), 7.0))
    wrong = model.run_passing(weights, IMAGE, [CONV], {"conv2d": given[:, :2]})
    assert np.array_equal(wrong["output/y"], own["output/y"])


def test_a_layer_named_as_a_method_is_found(make):
    model = make("Shadowing", ("x",))
    x = {"x": np.ones((4, 3))}
    (layer,) = model.describe(x).layers
    assert layer.path == "modules"
    weights = {key: np.ones(value.shape) for key, value in model.weights.items()}
    found = model.run(weights, x, [Layer("dense", "modules")])
    assert np.array_equal(found["dense"], np.full((4, 2), 4.0))
    with pytest.raises(StructureError, match="the candidate has no layer 'other'"):
        model.run_layer(Layer("dense", "other"), weights, x["x"])
