"""What of a protein is counted to relate its residues with their windows."""

from typing import NamedTuple, Self

import torch
from torch import Tensor
from torch.nn import functional

from pt_gmvp.config import CENTER, WINDOW
from pt_gmvp.forms.per_residue.protein import STATES, Protein


class Related(NamedTuple):
    """The positions that residues are related to, closed up, V of n; and what is counted.

    Covariances are 0 where all species agree: such positions are left out. And over the states of
    a residue they sum to 0, so that those of its commonest state, which most species are in, follow
    from the others', and are not counted. Of joint frequencies all are.

    states: (200, V + 129) int64, padded so that a window may begin anywhere.
    kept: (V,), which positions these are.
    first: (n,) int64, the first of them in the window of a residue. lengths: how many there are.
    place: (n, 129) int64, where among those each position of the window is; 129 for one left out.
    counted: (n, 22) bool, the states of a residue that are counted. sizes: how many there are.
    chosen: (n, 22) int64, the same by number, ascending, then 22. rank: (n, 22), their places.
    apart: (n,) int64, the state that is not counted; none for joint frequencies.
    """

    states: Tensor
    kept: Tensor
    first: Tensor
    lengths: list[int]
    place: Tensor
    counted: Tensor
    sizes: list[int]
    chosen: Tensor
    rank: Tensor
    apart: Tensor | None

    @classmethod
    def find(cls, protein: Protein, centered: bool) -> Self:
        """Find it for covariances, if `centered`, or for joint frequencies."""
        device = protein.states.device
        differ, counted = protein.present.sum(1) > 1, protein.present.clone()
        if centered:
            counted.scatter_(1, protein.commonest[:, None], False)
        else:
            differ = torch.ones_like(differ)
        before = functional.pad(differ.cumsum(0), (1, 0))
        each = torch.arange(len(protein), device=device)
        first = before[(each - CENTER).clamp(min=0)]
        last = before[(each + CENTER + 1).clamp(max=len(protein))]
        inside = functional.pad(differ, (CENTER, CENTER)).unfold(0, WINDOW, 1)
        ranks = functional.pad(before[:-1], (CENTER, CENTER)).unfold(0, WINDOW, 1)
        kept = differ.nonzero()[:, 0]
        return cls(
            states=functional.pad(protein.states[kept].T, (0, WINDOW)).contiguous(),
            kept=kept,
            first=first,
            lengths=(last - first).tolist(),
            place=torch.where(inside, ranks - first[:, None], WINDOW),
            counted=counted,
            sizes=counted.sum(1).tolist(),
            chosen=torch.arange(STATES, device=device).where(counted, STATES).sort(1).values,
            rank=counted.cumsum(1) - 1,
            apart=protein.commonest if centered else None,
        )

    def windows(self, length: int) -> Tensor:
        """View all stretches of the closed-up alignment by species and start, (.., length)."""
        every = self.states.numel() - length + 1
        return self.states.as_strided((every, length), (1, 1))
