"""Local variables of the candidate in place of operands."""

import torch

from parity.runners.torch.operations import bind_call
from parity.runners.torch.repairs import repairs

X = torch.linspace(-3, 3, 12, dtype=torch.float64).reshape(3, 4)
NAMED = {"x": X, "same": X.clone(), "y": X.cos(), "z": X.sin(), "short": X[0]}


def test_operands_may_be_other_variables_of_the_same_shape():
    bound = bind_call(torch.Tensor.sub, (X, NAMED["y"]), {})[1]
    ways = {k: w for k, w in repairs({**bound, "named": NAMED}).items() if "in place of" in k}
    assert set(ways) == {
        "with y in place of its first operand",
        "with z in place of its first operand",
        "with x in place of its second operand",
        "with z in place of its second operand",
    }
    way = ways["with z in place of its first operand"]
    assert torch.equal(way.do(), NAMED["z"] - NAMED["y"])
    assert way.edit.given == "z"


def test_what_a_layer_is_given_may_be_another_variable():
    bound = bind_call(torch.nn.functional.linear, (X, X), {})[1]
    ways = repairs({**bound, "named": NAMED})
    assert torch.equal(ways["with y in place of its input"].do(), NAMED["y"] @ X.T)
    assert not any("in place of" in name for name in repairs(bound))
