"""Maps of recurrent layers have exact inverses and give PyTorch's shapes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from parity.declaring import layouts

SIZES = st.integers(1, 4)
LINEARS = nn.Sequential(nn.Linear(3, 15), nn.Linear(5, 15))


@given(SIZES, SIZES, st.permutations(range(3)))
def test_maps_have_exact_inverses(assert_moves_elements, a, b, gates):
    gates = tuple(gates)
    for weight in (
        *layouts.lstm("n", "k", a, b),
        *layouts.gru("n", "k", a, b),
        *layouts.simple_rnn("n", "k", a, b),
        *layouts.linear_cell("n", ("k", "l"), a, b, gates, ("k", "l")),
        *layouts.linear_cell("n", ("k", "l"), a, b, gates, ("l",)),
    ):
        assert_moves_elements(weight)


@pytest.mark.parametrize(
    ("weights", "module"),
    [
        (layouts.gru("n", "m", 3, 5), nn.GRU(3, 5)),
        (layouts.simple_rnn("n", "m", 3, 5), nn.RNN(3, 5)),
        (layouts.simple_rnn("n", "m", 3, 5, "_l0_reverse"), nn.RNN(3, 5, bidirectional=True)),
        (layouts.lstm("n", "m", 5, 5, "_l1"), nn.LSTM(3, 5, 2)),
        (layouts.lstm("n", "m", 10, 5, "_l1_reverse"), nn.LSTM(3, 5, 2, bidirectional=True)),
        (layouts.gru("n", "m", 3, 5, ""), nn.GRUCell(3, 5)),
        (layouts.linear_cell("n", ("m.0", "m.1"), 3, 5, (1, 0, 2), ("m.0", "m.1")), LINEARS),
    ],
)
def test_shapes_are_those_of_the_module(assert_fits, weights, module):
    assert_fits(weights, module)
