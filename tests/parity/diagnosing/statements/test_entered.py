"""The functions that a run enters, with the kinds of what they name."""

import numpy as np
import torch
from torch import nn

from parity.diagnosing.statements.entered import entered_functions, kinds
from tests.parity.diagnosing.small_ports import drawn, make_port, make_task, torch_side


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(3, 3), nn.Linear(3, 3)
        self.wide = nn.Linear(3, 4)
        self.register_buffer("table", torch.zeros(2))

    def forward(self, x):
        hidden = doubled(x)
        return next(self.one(hidden) for _ in range(2))


def doubled(x):
    return 2 * x


def never(x):
    return x


def test_each_function_of_the_users_own_is_entered_once():
    def called(x):
        return layer(x) + layer(x)

    layer = Layer()
    port = make_port(torch_side(called), torch_side(called), {"x": drawn(4, 3)})
    found = entered_functions(port.pairs[0], make_task(port), "float32")
    by_name = {one.code.co_name: one for one in found}
    assert {"forward", "doubled"} <= set(by_name)
    assert "never" not in by_name
    assert not any(name.startswith("<") for name in by_name)
    names = by_name["forward"].names
    assert names == {"x": ("tensor", 4, 3), "hidden": ("tensor", 4, 3)}
    attributes = by_name["forward"].attributes
    assert attributes["one"] == attributes["other"] != attributes["wide"]
    assert attributes["table"] == ("tensor", 2)


def test_what_the_user_profiles_with_is_kept():
    import sys

    port = make_port(torch_side(doubled), torch_side(doubled), {"x": drawn(4, 3)})

    def own(*args):
        return None

    sys.setprofile(own)
    try:
        entered_functions(port.pairs[0], make_task(port), "float32")
        assert sys.getprofile() is own
    finally:
        sys.setprofile(None)


def test_kinds_tell_what_cannot_stand_for_one_another():
    class Broken:
        @property
        def shape(self):
            raise RuntimeError("no shape")

    found = kinds(
        {
            "x": np.zeros((2, 3)),
            "y": torch.zeros(2, 3),
            "z": torch.zeros(3, 2),
            "n": 3,
            "flag": True,
            "pair": (1, 2),
            "broken": Broken(),
            "text": "a",
            "self": 1,
        }
    )
    assert found["x"] == found["y"] != found["z"]
    assert found["n"] != found["flag"]
    assert found["pair"] == ("tuple", 2)
    assert not {"broken", "text", "self"} & set(found)


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, upstream):
        return 2 * upstream


def test_backward_passes_of_the_users_own_are_entered_with_gradients():
    side = torch_side(lambda x: Doubled.apply(x))
    port = make_port(side, side, {"x": drawn(4, 3)})
    for gradients in (False, True):
        found = entered_functions(port.pairs[0], make_task(port, gradients), "float32")
        assert ("backward" in {one.code.co_name for one in found}) == gradients
