"""How strongly the positions of a protein vary together, from an alignment alone.

`coevolution(codes)` is the calculation of the EvolEncoder for whole proteins and any number of
sequences; around it: reading alignments, weights of sequences, ranked pairs and a picture. See
docs/coevolution.md. PyTorch is imported with the first name that needs it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pt_gmvp.analysis.coevolution.alignment import Alignment, read_alignment
    from pt_gmvp.analysis.coevolution.ancestry import decorrelated_coevolution
    from pt_gmvp.analysis.coevolution.correction import average_product_corrected
    from pt_gmvp.analysis.coevolution.pairs import Pairs, ranked_pairs
    from pt_gmvp.analysis.coevolution.strength import coevolution
    from pt_gmvp.analysis.coevolution.weights import identity_weights

__all__ = [
    "Alignment",
    "Pairs",
    "average_product_corrected",
    "coevolution",
    "decorrelated_coevolution",
    "identity_weights",
    "ranked_pairs",
    "read_alignment",
]

_HOME = {
    "Alignment": "alignment",
    "Pairs": "pairs",
    "average_product_corrected": "correction",
    "coevolution": "strength",
    "decorrelated_coevolution": "ancestry",
    "identity_weights": "weights",
    "ranked_pairs": "pairs",
    "read_alignment": "alignment",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
