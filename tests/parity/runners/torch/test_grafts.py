"""Calls are counted and written down; a graft takes the place of one or of several."""

import linecache

import numpy as np
import pytest
import torch
from torch import nn

from parity.declaring.grafts import ANY_CALL, Graft, Leaf, SeenRun
from parity.declaring.known_bug import OtherOperation
from parity.runners.torch.calls import done_otherwise, watching

X = torch.linspace(-1, 1, 6, dtype=torch.float64).reshape(2, 3)
Y = torch.linspace(2, 3, 6, dtype=torch.float64).reshape(2, 3)


def of(function):
    return lambda inputs: {"y": function(**inputs)}


def seen(function, **inputs):
    run = SeenRun()
    with torch.no_grad():
        watching(of(function), run)(inputs)
    return run


def grafted(function, graft, *numbers, **inputs):
    """Return what a function gives with a graft in place of some of its calls."""
    index = numbers[0] if len(numbers) == 1 else None
    among = () if len(numbers) == 1 else numbers
    change = OtherOperation(ANY_CALL, index, "grafted", among=among, graft=graft)
    with torch.no_grad():
        return done_otherwise(of(function), change)(inputs or {"x": X})["y"]


def same(made, expected):
    torch.testing.assert_close(made, expected, rtol=0, atol=0)


def layer(x):
    h = x.exp()
    doubled = h * 2
    return doubled.sum(1)


def test_calls_are_written_down_in_their_order_with_their_tensors():
    run = seen(layer, x=X)
    assert [call.kind for call in run.calls] == ["exp", "mul", "sum"]
    assert [run.calls[1].given, run.calls[2].given] == [
        run.calls[0].returned,
        run.calls[1].returned,
    ]
    assert run.inputs == {run.calls[0].given[0]: "x"}
    np.testing.assert_array_equal(run.tensors[run.calls[2].returned[0]], layer(X).numpy())
    assert run.calls[2].names[run.calls[1].returned[0]] == "doubled"
    place = run.calls[2].written.called
    assert linecache.getline(place.file, place.line).strip() == "return doubled.sum(1)"


def test_what_is_written_into_has_another_number_each_time():
    def writing(x):
        h = x.clone()
        h.add_(1)
        return h * 2

    run = seen(writing, x=X)
    clone, add, mul = run.calls
    assert add.given == clone.returned
    assert mul.given == add.returned != clone.returned
    np.testing.assert_array_equal(run.tensors[clone.returned[0]], X.numpy())


def test_parameters_have_the_names_of_the_modules_own_code():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.ModuleList([nn.Linear(3, 3), nn.LayerNorm(3)]).double()

        def forward(self, x):
            return self.parts[1](self.parts[0](x)).tanh()

    net = Net()
    run = seen(lambda x: net(x), x=X)
    assert [call.kind for call in run.calls] == ["linear", "layer_norm", "tanh"]
    for call in run.calls:
        assert {"self.parts[0].weight", "self.parts[1].bias"} <= set(call.names.values())


def test_a_function_of_the_candidates_has_no_names_of_the_module_that_calls_it():
    def helper(x):
        return x.tanh()

    class Net(nn.Linear):
        def forward(self, x):
            return helper(x)

    net = Net(3, 3).double()
    (call,) = seen(lambda x: net(x), x=X).calls
    assert set(call.names.values()) == {"x"}


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        (Leaf(input="x"), X),
        (Leaf(name="x"), X),
        (Leaf(name="h"), X.exp()),
        (Leaf(call=0), X.exp()),
        (Leaf(given=0), X.exp()),
    ],
)
def test_a_graft_begins_with_tensors_of_the_candidate(leaf, expected):
    graft = Graft("{t0} * 3", {"t0": leaf})
    same(grafted(layer, graft, 1), (expected * 3).sum(1))


def test_one_of_several_results_of_an_earlier_call():
    def parts(x):
        pieces = x.split(1, dim=1)
        return pieces[0] + pieces[2]

    graft = Graft("{t0} + {t1}", {"t0": Leaf(call=0, place=1), "t1": Leaf(given=1)})
    same(grafted(parts, graft, 1), X[:, 1:2] + X[:, 2:])


def test_steps_are_computed_once_in_their_order():
    steps = {"s0": "{t0} + 1", "s1": "{s0} * {s0}"}
    graft = Graft("{s1} - {s0}", {"t0": Leaf(given=0)}, steps=steps)
    h = X.exp() + 1
    same(grafted(layer, graft, 1), (h * h - h).sum(1))


def test_numbering_stays_when_a_call_is_replaced_by_several():
    graft = Graft("torch.relu({t0}).exp().sum() * {t0}", {"t0": Leaf(given=0)})
    first = torch.relu(X).exp().sum() * X
    same(grafted(layer, graft, 0), (first * 2).sum(1))
    same(grafted(layer, Graft("{t0} + {t1}", {"t0": Leaf(call=0), "t1": Leaf(call=1)}), 2),
         X.exp() + X.exp() * 2)  # fmt: skip


def test_the_other_calls_of_an_expression_are_replaced_as_well():
    def over_time(x):
        state = torch.zeros(2, dtype=x.dtype)
        for step in range(3):
            state = torch.tanh(state) + x[:, step]
        return state

    run = seen(over_time, x=X)
    numbers = [number for number, call in enumerate(run.calls) if call.kind == "tanh"]
    assert len(numbers) == 3
    made = grafted(over_time, Graft("torch.sigmoid({t0})", {"t0": Leaf(name="state")}), *numbers)
    state = torch.zeros(2, dtype=X.dtype)
    for step in range(3):
        state = torch.sigmoid(state) + X[:, step]
    same(made, state)


def test_a_call_that_writes_into_its_input_writes_the_graft_there():
    def writing(x, y):
        h = x.clone()
        h.add_(y)
        return h

    graft = Graft("{t0} - {t1}", {"t0": Leaf(given=0), "t1": Leaf(given=1)})
    same(grafted(writing, graft, 1, x=X, y=Y), X - Y)

    def assigned(x, y):
        h = x.clone()
        h *= y
        return torch.relu_(h)

    same(grafted(assigned, graft, 1, x=X, y=Y), torch.relu(X - Y))
    made = grafted(assigned, Graft("-{t0}", {"t0": Leaf(given=0)}), 2, x=X, y=Y)
    same(made, -(X * Y))


def test_a_call_that_returns_its_input_as_it_is_leaves_that_input():
    def unchanged(x):
        same_one = x.contiguous()
        return same_one + x

    before = X.clone()
    made = grafted(unchanged, Graft("{t0} * 3", {"t0": Leaf(given=0)}), 0)
    same(made, X * 3 + X)
    same(X, before)


def test_tables_of_the_reference_have_the_dtype_of_the_candidates_floating_tensors():
    table = np.array([0.1, 0.2, 0.3])
    graft = Graft("{t0}.long() * {c0} + {t1}", {"t0": Leaf(input="n"), "t1": Leaf(input="x")},
                  {"c0": table})  # fmt: skip

    def counted(x, n):
        return x * n

    numbers = torch.arange(3)
    for dtype in (torch.float64, torch.float32):
        made = grafted(counted, graft, 0, x=X.to(dtype), n=numbers)
        assert made.dtype == dtype
        same(made, numbers * torch.from_numpy(table).to(dtype) + X.to(dtype))
    whole = Graft("{t0} * {c0}", {"t0": Leaf(input="x")}, {"c0": np.array([1, 2, 3])})
    same(grafted(counted, whole, 0, x=X, n=numbers), X * torch.tensor([1, 2, 3]))


def test_a_call_of_several_results_is_not_replaced():
    def parts(x):
        return x.split(1, dim=1)[0]

    same(grafted(parts, Graft("{t0} * 0", {"t0": Leaf(given=0)}), 0), X[:, :1])
