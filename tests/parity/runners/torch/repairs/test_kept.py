"""Steps that a mask or a length keeps, as repairs of a candidate that ignores its padding."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.utils import rnn

from parity.declaring.known_bug import OtherOperation
from parity.runners.torch.calls import done_otherwise
from tests.parity.diagnosing.small_ports import diagnose_port, drawn, make_port, torch_side

LENGTHS = np.array([3, 5, 1, 4])
X = drawn(4, 5, 3)
MASK = (np.arange(5) < LENGTHS[:, None]).astype(np.float32)
WORDS = (np.arange(20).reshape(4, 5) % 7 + 1) * MASK.astype(np.int64)


def recurrent(kind, packed, first=True):
    torch.manual_seed(1)
    layer = getattr(torch.nn, kind)(3, 2, batch_first=first, bidirectional=True)

    def run(x, length):
        given = x if first else x.transpose(0, 1)
        own = layer.to(x.dtype)
        if not packed:
            return own(given)[0]
        given = rnn.pack_padded_sequence(given, length, batch_first=first, enforce_sorted=False)
        return rnn.pad_packed_sequence(own(given)[0], batch_first=first, total_length=5)[0]

    return run


def scores(x):
    return x @ x.transpose(1, 2)


def counted(x, mask, count):
    return ((x.tanh() * mask[..., None]).sum((1, 2)) / count).exp()


PLANTED = {
    "mean": (
        lambda x, mask: (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True),
        lambda x, mask: x.mean(1),
        {"mask": MASK},
        "mean of the steps that mask != 0 keeps",
    ),
    "mean of words": (
        lambda x, words: (x * (words != 0)[..., None]).sum(1) / (words != 0).sum(1, keepdim=True),
        lambda x, words: x.mean(1),
        {"words": WORDS},
        "mean of the steps that words != 0 keeps",
    ),
    "zeros": (
        lambda x, mask: (x * mask[..., None]).sum(1, keepdim=True),
        lambda x, mask: x.sum(1, keepdim=True),
        {"mask": MASK},
        "sum with the steps as 0 that mask != 0 leaves out",
    ),
    "largest": (
        lambda x, mask: x.masked_fill(mask[..., None] == 0, -torch.inf).amax(1),
        lambda x, mask: x.amax(1),
        {"mask": MASK},
        "amax of the steps that mask != 0 keeps",
    ),
    "count": (
        lambda x, mask: counted(x, mask, mask.sum(1)),
        lambda x, mask: counted(x, mask, mask.shape[1]),
        {"mask": MASK},
        "div by the number of steps that mask != 0 keeps",
    ),
    "count by a comparison": (
        lambda x, words: counted(x, words != 1, (words != 1).sum(1)),
        lambda x, words: counted(x, words != 1, words.shape[1]),
        {"words": np.arange(20).reshape(4, 5) % 3},
        "div by the number of steps that ne 1 keeps",
    ),
    "attention": (
        lambda x, mask: scores(x).masked_fill(mask[:, None] == 0, -1e9).softmax(-1) @ x,
        lambda x, mask: scores(x).softmax(-1) @ x,
        {"mask": MASK},
        "softmax of the steps that mask != 0 keeps",
    ),
    "last": (
        lambda x, length: x[torch.arange(4), length - 1].tanh(),
        lambda x, length: x[:, -1].tanh(),
        {"length": LENGTHS},
        "getitem at the last step that the length length keeps",
    ),
    **{
        f"{kind}, batch first {first}": (
            recurrent(kind, True, first),
            recurrent(kind, False, first),
            {"length": LENGTHS},
            f"{kind.lower()} over the steps that the length length keeps",
        )
        for kind in ("LSTM", "GRU")
        for first in (True, False)
    },
}


@pytest.mark.parametrize(("right", "wrong", "given", "words"), PLANTED.values(), ids=PLANTED)
def test_ignored_padding_is_named(right, wrong, given, words):
    found = diagnose_port(make_port(torch_side(right), torch_side(wrong), {"x": X, **given}))
    names = [cause.known_bugs[0].name.partition(" (")[0] for cause in found.root_causes]
    # What is all that a mask does may also be known as one that is ignored.
    assert words in names or ("mask" in given and names == ["mask ignored, as if all 1"])


@pytest.mark.parametrize(("right", "wrong", "given", "words"), PLANTED.values(), ids=PLANTED)
def test_what_is_done_with_each_mask_is_right(right, wrong, given, words):
    tensors = {"x": torch.as_tensor(X)} | {k: torch.as_tensor(a) for k, a in given.items()}
    kind, _, way = words.partition(" ")
    operation = OtherOperation(kind, None, way)
    made: Any = done_otherwise(lambda given: wrong(**given), operation)(tensors)
    assert torch.allclose(made, right(**tensors), atol=1e-6)


OTHERS = {
    "maximum": (lambda x, mask: x.amax(1), lambda x, mask: x.mean(1)),
    "other steps": (
        lambda x, mask: (x * (1 - mask)[..., None]).sum(1) / (1 - mask).sum(1, keepdim=True),
        lambda x, mask: x.mean(1),
    ),
    "none": (lambda x, mask: x.mean(1), lambda x, mask: x.mean(1)),
    "all": (lambda x, mask: scores(x).softmax(1) @ x, lambda x, mask: scores(x).softmax(-1) @ x),
}


@pytest.mark.parametrize(("right", "wrong"), OTHERS.values(), ids=OTHERS)
def test_another_mistake_is_not_called_so(right, wrong):
    mask = np.array(MASK)
    mask[:, 4] = 0
    inputs = {"x": X, "mask": mask}
    found = diagnose_port(make_port(torch_side(right), torch_side(wrong), inputs))
    assert not any("keeps" in cause.name or "as 0" in cause.name for cause in found.root_causes)
