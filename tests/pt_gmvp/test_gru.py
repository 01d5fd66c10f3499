import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.gru import GRUCell

WIDTHS = st.tuples(*[st.integers(1, 6)] * 3)


def random_cell(inputs: int, hidden: int, rate: float = 0.0, seed: int = 0) -> GRUCell:
    generator = torch.Generator().manual_seed(seed)
    cell = GRUCell(inputs, hidden, rate).double()
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return cell


def draw(*shape: int, seed: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def keras_cell(cell: GRUCell, x: np.ndarray, s: np.ndarray, xm: np.ndarray, sm: np.ndarray):
    """Keras 2's implementation 1, gate by gate, in its own order z, r, h."""
    kernels, recurrents, biases, recurrent_biases = (
        dict(zip("rzh", np.split(array.detach().numpy(), 3), strict=True))
        for array in (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh)
    )

    def sigmoid(value: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-value))

    gate_x = {g: (x * xm[i]) @ kernels[g].T + biases[g] for i, g in enumerate("zrh")}
    gate_s = {g: (s * sm[i]) @ recurrents[g].T + recurrent_biases[g] for i, g in enumerate("zrh")}
    z = sigmoid(gate_x["z"] + gate_s["z"])
    r = sigmoid(gate_x["r"] + gate_s["r"])
    h = np.tanh(gate_x["h"] + r * gate_s["h"])
    return z * s + (1 - z) * h


@given(WIDTHS, st.integers(0, 9))
def test_it_is_torchs_cell_by_state_dict_and_output(
    widths: tuple[int, int, int], seed: int
) -> None:
    batch, inputs, hidden = widths
    cell = random_cell(inputs, hidden, seed=seed)
    theirs = torch.nn.GRUCell(inputs, hidden, dtype=torch.float64)
    theirs.load_state_dict(cell.state_dict())
    x, s = draw(batch, inputs), draw(batch, hidden, seed=2)
    torch.testing.assert_close(cell(x, s), theirs(x, s))


@given(WIDTHS, st.integers(0, 9))
def test_masks_act_as_in_keras(widths: tuple[int, int, int], seed: int) -> None:
    batch, inputs, hidden = widths
    cell = random_cell(inputs, hidden, 0.4, seed)
    x, s = draw(batch, inputs), draw(batch, hidden, seed=2)
    input_masks = (draw(3, batch, inputs, seed=3) > 0) / 0.6
    state_masks = (draw(3, batch, hidden, seed=4) > 0) / 0.6
    expected = keras_cell(cell, *(t.numpy() for t in (x, s, input_masks, state_masks)))
    for mode in (True, False):
        output = cell.train(mode)(x, s, input_masks, state_masks)
        np.testing.assert_allclose(output.detach().numpy(), expected, rtol=1e-12, atol=1e-13)


def test_the_order_of_the_masks_matters() -> None:
    cell = random_cell(4, 5)
    x, s = draw(2, 4), draw(2, 5)
    masks = (draw(3, 2, 4, seed=3) > 0) / 0.6
    assert not torch.allclose(cell(x, s, masks), cell(x, s, masks.roll(1, 0)))


def test_masks_of_ones_change_nothing() -> None:
    cell = random_cell(4, 5)
    x, s = draw(2, 4), draw(2, 5)
    output = cell(x, s, torch.ones(3, 2, 4).double(), torch.ones(3, 2, 5).double())
    torch.testing.assert_close(output, cell(x, s))


def test_evaluation_drops_nothing_and_training_draws_afresh() -> None:
    cell = random_cell(4, 5, 0.4)
    x, s = draw(2, 4), draw(2, 5)
    torch.manual_seed(0)
    in_training = [cell.train()(x, s) for _ in range(3)]
    assert not torch.equal(in_training[0], in_training[1])
    # Another batch size straight after, which a cell that keeps its masks fails on.
    assert cell(draw(7, 4), draw(7, 5)).shape == (7, 5)
    plain = random_cell(4, 5)(x, s)
    assert torch.equal(cell.eval()(x, s), plain)
    assert torch.equal(cell(x, s), plain)
    assert not torch.equal(in_training[2], plain)


def test_drawn_masks_are_scaled_and_differ_by_gate() -> None:
    cell = GRUCell(1, 1, 0.4)
    torch.manual_seed(0)
    masks = cell._draw_masks(torch.empty(100, 300))
    assert masks.shape == (3, 100, 300)
    torch.testing.assert_close(masks.unique(), torch.tensor([0, 1 / 0.6]))
    kept = (masks > 0).float()
    # Five standard errors of a share of 0.6 among 30 000.
    assert (kept.mean((1, 2)) - 0.6).abs().max() < 5 * (0.24 / 30000) ** 0.5
    assert abs((kept[0] * kept[1]).mean() - 0.36) < 5 * (0.36 * 0.64 / 30000) ** 0.5


@pytest.mark.parametrize("gate", range(3))
def test_gates_start_with_zero_biases(gate: int) -> None:
    cell = GRUCell(3, 4)
    assert not cell.bias_ih.chunk(3)[gate].any()
    assert not cell.bias_hh.chunk(3)[gate].any()
