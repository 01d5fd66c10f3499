"""conv_net with two bugs that no shape shows; `parity check` must find both."""

from conv_net import Candidate, make_port
from torch import Tensor
from torch.nn import functional


class Wrong(Candidate):
    def convolved(self, image: Tensor) -> Tensor:
        return self.conv(functional.pad(image, (1, 1, 1, 1)))[..., :6]  # as padding=1 does

    def head(self, stem: Tensor) -> dict[str, Tensor]:
        return {"logits": self.dense(stem.permute(0, 3, 1, 2).flatten(1))}  # channels first


port = make_port(Wrong)
