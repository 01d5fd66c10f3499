"""lstm_tagger with batch and time swapped; no shape shows it, but `parity check` must fail."""

from lstm_tagger import Candidate, make_port
from torch import Tensor


class Wrong(Candidate):
    def recur(self, embedded: Tensor) -> dict[str, Tensor]:
        self.lstm.batch_first = False  # PyTorch's default
        return {"hidden": self.lstm(embedded)[0]}


port = make_port(Wrong)
