"""conv_net_training with Keras' momentum passed to PyTorch unchanged; `parity train` must fail."""

from conv_net import Candidate
from conv_net_training import make_training_port


class Wrong(Candidate):
    def __init__(self) -> None:
        super().__init__()
        self.norm.momentum = 0.99


port = make_training_port(Wrong)
