"""GRU cell that combines the variant with the attention's output."""

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from pt_gmvp.initializers import glorot_uniform_


class GRUCell(nn.Module):
    """GRU cell of Keras 2 (`reset_after`), with the parameters and layout of `torch.nn.GRUCell`.

    With x the inputs and s the state, each with a bias of its own,

    - z = sigmoid(x_z + s_z), r = sigmoid(x_r + s_r), h = tanh(x_h + r * s_h),
    - new state = z * s + (1 - z) * h.

    In training, dropout acts on inputs and state before they are multiplied by the weights, with
    one mask for each gate; the s of `z * s` is never dropped. Every call draws new masks, while
    Keras keeps those of the first call.

    Args:
        input_size: F.
        hidden_size: M.
        dropout_rate: of inputs and state, in training.

    The parameters are weight_ih (3M, F), weight_hh (3M, M), bias_ih (3M,) and bias_hh (3M,), their
    gates in PyTorch's order r, z, h.
    """

    def __init__(self, input_size: int, hidden_size: int, dropout_rate: float = 0.0) -> None:
        super().__init__()
        self.dropout_rate = dropout_rate
        self.weight_ih = nn.Parameter(torch.empty(3 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(3 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(3 * hidden_size))
        self.bias_hh = nn.Parameter(torch.empty(3 * hidden_size))
        self.reset_parameters()

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw Keras' initial values, for its (in, 3M) kernels.

        Glorot uniform over all three gates together, an orthogonal recurrent kernel, zero biases.
        """
        if self.weight_hh.is_meta:
            # There are no values to draw, and torch would load its compiler for it.
            return
        rows, columns = self.weight_ih.shape
        glorot_uniform_(self.weight_ih, (columns, rows), generator)
        kernel = self.weight_hh.new_empty(self.weight_hh.T.shape)
        z, r, h = nn.init.orthogonal_(kernel, generator=generator).chunk(3, 1)
        with torch.no_grad():
            self.weight_hh.copy_(torch.cat([r, z, h], 1).T)
        nn.init.zeros_(self.bias_ih)
        nn.init.zeros_(self.bias_hh)

    def forward(
        self,
        inputs: Tensor,
        state: Tensor,
        input_masks: Tensor | None = None,
        state_masks: Tensor | None = None,
    ) -> Tensor:
        """Return the new state (B, M).

        Args:
            inputs: (B, F).
            state: (B, M).
            input_masks: (3, B, F), factors on the inputs of the gates in KERAS' order z, r, h,
                already scaled: 0 where dropped, 1 / (1 - rate) where kept. If given they are used
                in training and evaluation; else they are drawn in training only.
            state_masks: (3, B, M), the same for the state.
        """
        if self.training and self.dropout_rate:
            if input_masks is None:
                input_masks = self._draw_masks(inputs)
            if state_masks is None:
                state_masks = self._draw_masks(state)
        x_r, x_z, x_h = _gates(inputs, input_masks, self.weight_ih, self.bias_ih)
        s_r, s_z, s_h = _gates(state, state_masks, self.weight_hh, self.bias_hh)
        z = (x_z + s_z).sigmoid()
        r = (x_r + s_r).sigmoid()
        h = (x_h + r * s_h).tanh()
        return z * state + (1 - z) * h

    def _draw_masks(self, like: Tensor) -> Tensor:
        """Draw a dropout mask for each gate, (3, *like.shape), scaled by 1 / (1 - rate)."""
        return functional.dropout(like.new_ones(3, *like.shape), self.dropout_rate)


def _gates(x: Tensor, masks: Tensor | None, weight: Tensor, bias: Tensor) -> tuple[Tensor, ...]:
    """Project x (B, F) for each gate, r, z, h; `masks` (3, B, F) come as z, r, h."""
    if masks is None:
        return functional.linear(x, weight, bias).chunk(3, -1)
    z, r, h = masks
    dropped = x * torch.stack([r, z, h])
    gates = zip(dropped.unbind(), weight.chunk(3), bias.chunk(3), strict=True)
    return tuple(functional.linear(*gate) for gate in gates)
