"""keras3_gate with the hard_sigmoid of Keras 2; `parity check` must fail."""

from keras3_gate import Candidate, make_port
from torch import Tensor


class Wrong(Candidate):
    def opened(self, x: Tensor) -> Tensor:
        return (0.2 * x + 0.5).clamp(0, 1)


port = make_port(Wrong)
