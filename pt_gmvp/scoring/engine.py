"""Every substitution of proteins, scored by an ensemble: exact and fast."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pt_gmvp.model import GMVP
from pt_gmvp.scoring.arithmetic.model import FoldedModel
from pt_gmvp.scoring.arithmetic.protein import Protein
from pt_gmvp.scoring.arithmetic.related import Related

RESIDUES = 32


class Scorer:
    def __init__(self, models: Sequence[GMVP], threads: int | None = None) -> None:
        self.models = [FoldedModel(m) for m in models]
        self.device = models[0].logit.weight.device
        self.threads = threads or torch.get_num_threads()

    @torch.inference_mode()
    def prepare(self, name, matrix):
        protein = Protein.read(name, matrix, self.device)
        related = {c: Related.find(protein, c) for c in {m.counting.centered for m in self.models}}
        return protein, related, [m.rows(protein, related[m.counting.centered]) for m in self.models]

    @torch.inference_mode()
    def block(self, prepared, some):
        protein, related, rows = prepared
        found = [
            m.probabilities(protein, related[m.counting.centered], r, some)
            for m, r in zip(self.models, rows, strict=True)
        ]
        return torch.stack(found).mean(0)

    def score(self, proteins):
        with ThreadPoolExecutor(self.threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            for name, matrix in proteins:
                prepared = self.prepare(name, matrix)
                k = -(-len(matrix) // RESIDUES)
                n = len(matrix)
                fs = [pool.submit(self.block, prepared, range(n*i//k, n*(i+1)//k)) for i in range(k)]
                yield name, torch.cat([f.result() for f in fs])
