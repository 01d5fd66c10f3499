"""Rows of the inverse covariance, which takes a matrix of its own for each window."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional

from pt_gmvp.config import CENTER, RESIDUE_STATES, SPECIES, WINDOW
from pt_gmvp.evol_encoder import EvolEncoder
from pt_gmvp.fast.evol_encoder import invert
from pt_gmvp.scoring.arithmetic.counting import Features
from pt_gmvp.scoring.arithmetic.protein import Protein

# Windows that are inverted at once.
_WINDOWS = 4


class Inverting:
    """The counterpart of `Counting` for "inv_cov"."""

    def __init__(self, encoder: EvolEncoder) -> None:
        self.encoder = encoder
