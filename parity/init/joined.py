"""Two layers of the candidate that are one of the reference: how they may hold its weights.

A separable convolution is a depthwise and a pointwise one. A recurrent cell of one's own is often
two Linears, of the inputs and of the state, with the gates in any order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, permutations

from parity.init.option import Entry, Option
from parity.init.rules import fits
from parity.runners.survey import Held, Part

SEPARABLE = ("SeparableConv1D", "SeparableConv2D")
# Layers of Keras that two Linears can be, and how many gates they have.
CELLS = {
    f"{kind}{cell}": gates
    for kind, gates in {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}.items()
    for cell in ("", "Cell")
}
_KIND = "joined"


def is_joined(part: Part) -> bool:
    """Whether a part is two layers."""
    return part.kind == _KIND


def members(part: Part) -> tuple[Part, ...]:
    """The layers that a part is: itself, or the two."""
    return tuple(part.facts["members"]) if is_joined(part) else (part,)


def joined(reference: Sequence[Part], candidate: Sequence[Part]) -> list[Part]:
    """All two of the candidate's layers that can hold one of the reference's, as one part each."""
    wanted = [part for part in reference if part.kind in SEPARABLE or part.kind in CELLS]
    able = [part for part in candidate if part.path and _kernel(part) is not None]
    found = []
    for one, other in combinations(able, 2) if wanted else ():
        part = Part(
            f"{one.path}, {other.path}",
            _KIND,
            (*one.weights, *other.weights),
            {"members": (one, other)},
        )
        if any(options(layer, part) for layer in wanted):
            found.append(part)
    return found


def options(reference: Part, two: Part) -> list[Option]:
    """Ways to hold the reference's layer in the two: which is which, and the order of gates."""
    if reference.kind not in SEPARABLE and reference.kind not in CELLS:
        return []
    found: list[Option] = []
    for pair in permutations(members(two)):
        way = _separable if reference.kind in SEPARABLE else _cell
        option = way(reference, pair)
        if option and fits(option, reference, two):
            found += _in_every_order(option) if way is _cell else [option]
    return found


def _kernel(part: Part) -> Held | None:
    linear_or_conv = part.kind == "Linear" or part.kind in ("Conv1d", "Conv2d")
    return part.weight("weight") if linear_or_conv else None


def _biased(reference: Part, *parts: Part) -> tuple[tuple[Part, ...], tuple[str, ...]] | None:
    """Which of the parts hold the reference's bias, and what is zero; None if none can.

    The first that has a bias holds the only one.
    """
    held, bias = reference.weight("bias"), [part for part in parts if part.weight("bias")]
    count = 0 if held is None else len(held.shape)
    if len(bias) < count:
        return None
    return tuple(bias[:count]), tuple(f"{part.path}.bias" for part in bias[count:])


def _separable(reference: Part, pair: tuple[Part, ...]) -> Option | None:
    depthwise, pointwise = pair
    kernel, mixing = reference.weight("depthwise_kernel"), reference.weight("pointwise_kernel")
    biased = _biased(reference, pointwise)
    if kernel is None or mixing is None or biased is None or depthwise.kind == "Linear":
        return None
    if depthwise.facts.get("groups") != kernel.shape[-2]:
        return None
    keys = (depthwise.path, pointwise.path)
    keywords = {} if biased[0] else {"bias": False}
    keywords |= {"linear": True} if pointwise.kind == "Linear" else {}
    own = (f"{depthwise.path}.bias",) if depthwise.weight("bias") else ()
    entry = Entry(
        "separable_conv", (reference.path, keys, kernel.shape, mixing.shape[-1]), keywords
    )
    return Option((entry,), zero=(*own, *biased[1]))


def _cell(reference: Part, pair: tuple[Part, ...]) -> Option | None:
    kernel, gates = reference.weight("kernel"), CELLS[reference.kind]
    biased = _biased(reference, *pair)
    if kernel is None or biased is None or any(part.kind != "Linear" for part in pair):
        return None
    sizes = (kernel.shape[0], kernel.shape[1] // gates)
    keys = tuple(part.path for part in pair)
    bias = {"bias": tuple(part.path for part in biased[0])} if biased[0] else {}
    entry = Entry("linear_cell", (reference.path, keys, *sizes, tuple(range(gates))), bias)
    return Option((entry,), zero=biased[1])


def _in_every_order(option: Option) -> Iterator[Option]:
    (entry,) = option.entries
    for order in permutations(entry.arguments[-1]):
        arguments = (*entry.arguments[:-1], order)
        yield replace(option, entries=(replace(entry, arguments=arguments),))
