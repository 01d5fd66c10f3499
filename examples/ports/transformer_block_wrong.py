"""transformer_block with three bugs that no shape shows; `parity check` must find them."""

from torch import Tensor, nn
from torch.nn import functional
from transformer_block import HEAD_SIZE, HEADS, SIZE, Attention, Candidate, make_port


class WrongAttention(Attention):
    def heads(self, x: Tensor) -> Tensor:
        # Head size as the outer axis.
        return x.unflatten(-1, (HEAD_SIZE, HEADS)).permute(0, 3, 1, 2)


class Wrong(Candidate):
    def __init__(self) -> None:
        super().__init__()
        self.attention = WrongAttention()
        self.norm1 = nn.LayerNorm(SIZE)  # PyTorch's own epsilon

    def activated(self, x: Tensor) -> Tensor:
        return functional.gelu(x, approximate="tanh")


port = make_port(Wrong)
