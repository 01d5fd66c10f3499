"""Names of layers, as evidence for pairs: what both sides call alike, whatever the spelling."""

import re
from collections.abc import Sequence
from functools import lru_cache

# Parts of names that say the same in Keras and in PyTorch.
_SYNONYMS = {
    "kernel": "weight",
    "gamma": "weight",
    "beta": "bias",
    "mean": "movingmean",
    "var": "movingvariance",
    "variance": "movingvariance",
    "emb": "embedding",
    "embed": "embedding",
    "ln": "layernorm",
    "norm": "layernorm",
    "normalization": "layernorm",
    "q": "query",
    "k": "key",
    "v": "value",
    "o": "output",
    "out": "output",
    "fc": "dense",
    "linear": "dense",
}
# Parts that say nothing.
_EMPTY = ("proj", "moving", "running", "layer", "self", "block", "module", "main", "model")


@lru_cache(maxsize=20_000)
def tokens(path: str) -> tuple[str, ...]:
    """Return the parts of a path that mean something, in one spelling: words and numbers."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", path).lower()
    parts = re.findall(r"[a-z]+|\d+", words)
    parts = [
        p[:-1] if len(p) > 3 and p.endswith("s") and not p.endswith("ss") else p for p in parts
    ]
    said = [_SYNONYMS.get(part, part) for part in parts if part not in _EMPTY]
    # A word said twice in a row says no more: `attention/self_attention` is `attention.self`.
    return tuple(
        part
        for part, before in zip(said, ["", *said], strict=False)
        if part.isdigit() or part != before
    )


def _singular(word: str) -> str:
    plural = len(word) > 3 and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if plural else word


def same_names(reference: str, candidate: str) -> bool:
    """Return whether one path is the other, or ends as it does, up to spelling."""
    one, other = tokens(reference), tokens(candidate)
    if not one or not other:
        return False
    length = min(len(one), len(other))
    return one[-length:] == other[-length:] and not all(part.isdigit() for part in one[-length:])


def likeness(reference: str, candidate: str) -> float:
    """Return how much two paths have in common, from 0 to 1; numbers count as other words do."""
    one, other = list(tokens(reference)), list(tokens(candidate))
    total = len(one) + len(other)
    if not total:
        return 0.0
    common = 0
    for part in one:
        if part in other:
            other.remove(part)
            common += 1
    return 2 * common / total


def named_partner(reference: str, candidates: Sequence[str]) -> str | None:
    """Return the only candidate with the same name as a layer of the reference; None if none is."""
    found = [name for name in candidates if same_names(reference, name)]
    return found[0] if len(found) == 1 else None


def numbered_alike(
    reference: str, candidate: str, references: Sequence[str], candidates: Sequence[str]
) -> bool:
    """Return whether the layers that differ from these in numbers alone have the same numbers.

    Otherwise the two sides count differently, as a Sequential that counts its activations does,
    and a difference in numbers means nothing.
    """

    def numbers(path: str, paths: Sequence[str]) -> set[tuple[str, ...]]:
        words = [part for part in tokens(path) if not part.isdigit()]
        return {
            tuple(part for part in tokens(other) if part.isdigit())
            for other in paths
            if [part for part in tokens(other) if not part.isdigit()] == words
        }

    return numbers(reference, references) == numbers(candidate, candidates)
