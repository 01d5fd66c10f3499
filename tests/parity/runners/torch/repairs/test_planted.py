"""A wrong call of each kind that repairs know is planted, named first, and never called another."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.parity.diagnosing.small_ports import diagnose_port, make_port, torch_side

X = np.random.default_rng(3).normal(size=(4, 6, 5)).astype(np.float32)
IMAGE = np.random.default_rng(4).normal(size=(2, 4, 6, 6)).astype(np.float32)
W = torch.linspace(-1, 1, 25, dtype=torch.float64).reshape(5, 5).sin()
KERNEL = torch.linspace(-1, 1, 72, dtype=torch.float64).reshape(8, 1, 3, 3).cos()
RGB = torch.linspace(-1, 1, 54, dtype=torch.float64).reshape(2, 3, 3, 3).cos()
TIME = torch.arange(6)


def w(x):
    return W.to(x.dtype)


def residual_of(norm_first):
    def layer(x):
        y = functional.layer_norm(x, (5,))
        return (y if norm_first else x) + torch.tanh(y @ w(x))

    return layer


def masked(diagonal):
    def layer(x):
        mask = torch.ones(6, 6, dtype=torch.bool).tril(diagonal)
        scores = x @ x.transpose(1, 2)
        return scores.masked_fill(~mask, -1e9).softmax(-1)

    return layer


def biased(second):
    def layer(x):
        bias = x.mean(0, keepdim=True) @ w(x)
        y = (x @ w(x) + bias).softmax(-1)
        z = y @ w(x)
        return (z + bias if second else z).softmax(-1)

    return layer


def stepped(x, activation):
    """Return the last state of a recurrence whose gate is a sigmoid elsewhere."""
    h = x[:, 0].sigmoid()
    for t in range(6):
        h = activation(h @ w(x) + x[:, t])
    return h


def crossed(of_first):
    """Return two layers of products, the second of which is with the input, or with its own."""

    def layer(x):
        y = torch.tanh(x @ w(x)) * x
        return (y @ w(x)) * (x if of_first else y)

    return layer


def gated(exchanged):
    def layer(x):
        h, n = (x @ w(x)).tanh(), x.sin()
        z = (x.roll(1, -1) @ w(x)).sigmoid()
        return (1 - z) * h + z * n if exchanged else z * h + (1 - z) * n

    return layer


def forgetting(bias):
    """Return cells whose forget gate has a bias of 1, or has not."""

    def layer(x):
        h = c = x.new_zeros(4, 5)
        for t in range(6):
            f, i = ((x[:, t] + h) @ w(x)).tanh(), (x[:, t] - h) @ w(x)
            c = c * torch.sigmoid(f + 1.5 if bias else f) + torch.sigmoid(i) * x[:, t]
            h = c.sin()
        return h

    return layer


def squares(x):
    return (x @ x.transpose(1, 2)).cumsum(1).softmax(-1)


def labels(x):
    return (x.roll(1, 1) > 0).to(x.dtype)


def weighted_entropy(x, weight):
    y = labels(x)
    z = 1 + (weight - 1) * y
    return ((1 - y) * x + z * functional.softplus(-x)).mean()


def four_gates(x, order):
    parts = (x[..., :4] * 2).chunk(4, -1)
    i, j, f, o = (parts[place] for place in order)
    return i.sigmoid() * j.tanh() + f.square() * o


def normalized(x, axes):
    m, v = x.mean(axes, keepdim=True), x.var(axes, unbiased=False, keepdim=True)
    return (x - m) / (v + 1e-6).sqrt()


MEANS = torch.tensor([103.939, 116.779, 123.68, 7.5, 3.25], dtype=torch.float64)


# Kind, the right layer, the wrong one, what the cause says.
PLANTED = [
    ("log for log1p", lambda x: torch.log1p(x.abs()), lambda x: torch.log(x.abs()), "as log1p"),
    ("abs for square", lambda x: x.square().sum(-1), lambda x: x.abs().sum(-1), "as square"),
    (
        "softmax for its log",
        lambda x: x.log_softmax(-1),
        lambda x: x.softmax(-1),
        "softmax as log_softmax",
    ),
    ("softmax too many", lambda x: x * 2, lambda x: (x * 2).softmax(-1), "softmax left out"),
    (
        "remainder",
        lambda x: torch.fmod(x, 0.7),
        lambda x: torch.remainder(x, 0.7),
        "remainder as fmod",
    ),
    (
        "comparison",
        lambda x: x * (TIME[:, None] > 2),
        lambda x: x * (TIME[:, None] >= 2),
        "ge as gt",
    ),
    ("power", lambda x: x.abs() ** 0.5, lambda x: x.abs() ** 2, "pow to the power 0.5"),
    ("clamp", lambda x: x * 2, lambda x: (x * 2).clamp(min=-0.5), "clamp left out"),
    ("sign", lambda x: x - x.tanh(), lambda x: x + x.tanh(), "add as a difference"),
    (
        "order of operands",
        lambda x: (x.tanh() - x.square()).exp(),
        lambda x: (x.square() - x.tanh()).exp(),
        "sub with its operands exchanged",
    ),
    (
        "surplus residual",
        lambda x: (x @ w(x)).tanh(),
        lambda x: (x @ w(x)).tanh() + x,
        "add without its second operand",
    ),
    (
        "residual after the norm",
        residual_of(False),
        residual_of(True),
        "add with its first operand as before layer_norm 1",
    ),
    (
        "residual before the norm",
        residual_of(True),
        residual_of(False),
        "add with its first operand as after layer_norm 1",
    ),
    (
        "residual forgotten",
        lambda x: functional.linear(x, w(x)) + x,
        lambda x: functional.linear(x, w(x)),
        "linear with its input added",
    ),
    ("term forgotten", biased(True), biased(False), "softmax with the term of add 1"),
    (
        "scores not scaled",
        lambda x: (x @ x.transpose(1, 2) / 5**0.5).softmax(-1),
        lambda x: (x @ x.transpose(1, 2)).softmax(-1),
        "matmul divided by the root of its inner size",
    ),
    ("matrix transposed", lambda x: x @ w(x).T, lambda x: x @ w(x), "second factor transposed"),
    ("mask's diagonal", masked(0), masked(-1), "tril from diagonal 0"),
    (
        "mask inverted",
        lambda x: x.masked_fill(x.sum(-1, keepdim=True) > 0, 0.0).cumsum(1),
        lambda x: x.masked_fill(~(x.sum(-1, keepdim=True) > 0), 0.0).cumsum(1),
        "masked_fill with its mask inverted",
    ),
    (
        "condition inverted",
        lambda x: torch.where(x.sum(-1, keepdim=True) > 0, x, x**3),
        lambda x: torch.where(x.sum(-1, keepdim=True) <= 0, x, x**3),
        "where with its condition inverted",
    ),
    ("time reversed", lambda x: x.cumsum(1), lambda x: x.flip(1).cumsum(1), "flip left out"),
    ("rolled", lambda x: x.roll(1, 1) * x, lambda x: x.roll(-1, 1) * x, "roll the other way"),
    (
        "counted from one",
        lambda x: x * (torch.arange(6) + 1)[:, None],
        lambda x: x * torch.arange(6)[:, None],
        "arange with one added",
    ),
    (
        "exclusive product",
        lambda x: functional.pad(x.sigmoid()[:, :-1], (0, 0, 1, 0), value=1.0).cumprod(1),
        lambda x: x.sigmoid().cumprod(1),
        "cumprod exclusive of the element itself",
    ),
    (
        "activation in a loop",
        lambda x: stepped(x, torch.tanh),
        lambda x: stepped(x, torch.sigmoid),
        "sigmoid as tanh (sigmoid 2 and 5 more on the same line)",
    ),
    (
        "repeated one after the other",
        lambda x: x * x.mean((1, 2)).square()[:2].repeat(2)[:, None, None],
        lambda x: x * x.mean((1, 2)).square()[:2].repeat_interleave(2)[:, None, None],
        "repeat_interleave one after the other",
    ),
    (
        "another divisor",
        lambda x: (x / 127.5 - 1).square().cumsum(1),
        lambda x: (x / 128 - 1).square().cumsum(1),
        "div with other 127.5, as in the reference",
    ),
    (
        "factor forgotten",
        lambda x: (x.tanh() * 0.35).softmax(-1).cumsum(1),
        lambda x: x.tanh().softmax(-1).cumsum(1),
        "tanh times 0.35, as in the reference",
    ),
    ("bias forgotten", forgetting(True), forgetting(False), "tanh plus 1.5, as in the reference"),
    ("another tensor", crossed(True), crossed(False), "mul with x in place of its second operand"),
    ("gate", gated(True), gated(False), "with the second factors of its products exchanged"),
    (
        "gate before the layer",
        lambda x: torch.tanh(functional.linear(x.sigmoid() * x, w(x), w(x)[0])),
        lambda x: torch.tanh(x.sigmoid() * functional.linear(x, w(x), w(x)[0])),
        "mul before the linear of its second operand, not after it",
    ),
    (
        "gate after the layer",
        lambda x: torch.tanh(functional.linear(x, w(x), w(x)[0]) * x.sigmoid()),
        lambda x: torch.tanh(functional.linear(x * x.sigmoid(), w(x), w(x)[0])),
        "linear before the product, not after it",
    ),
    (
        "means reversed",
        lambda x: (x - MEANS.to(x.dtype)).square().sum(1),
        lambda x: (x - MEANS.to(x.dtype).flip(0)).square().sum(1),
        "sub with its second operand reversed",
    ),
    (
        "epsilon in the root",
        lambda x: x / (x.square().sum(-1, keepdim=True).sqrt() + 1e-3),
        lambda x: x / (x.square().sum(-1, keepdim=True) + 1e-3).sqrt(),
        "sqrt with 0.001 moved beside it",
    ),
    (
        "epsilon beside the root",
        lambda x: x / (x.square().sum(-1, keepdim=True) + 1e-3).sqrt(),
        lambda x: x / (x.square().sum(-1, keepdim=True).sqrt() + 1e-3),
        "sqrt with 0.001 moved beneath it",
    ),
    (
        "huber with a threshold",
        lambda x: functional.huber_loss(x, x.tanh() * 3, delta=0.1) * 2,
        lambda x: functional.smooth_l1_loss(x, x.tanh() * 3, beta=0.1) * 2,
        "smooth_l1_loss times its beta",
    ),
    (
        "letters of a sum",
        lambda x: torch.einsum("bqk,bkd->bqd", squares(x), x),
        lambda x: torch.einsum("bkq,bkd->bqd", squares(x), x),
        "einsum as bqk,bkd->bqd",
    ),
    (
        "places in order",
        lambda x: x.gather(1, x.topk(3, 1).indices.sort(1).values).cumsum(1),
        lambda x: x.gather(1, x.topk(3, 1).indices).cumsum(1),
        "gather in the order of its places",
    ),
    (
        "counted from two",
        lambda x: x * (torch.arange(6) + 2)[:, None],
        lambda x: x * torch.arange(6)[:, None],
        "arange with two added",
    ),
    (
        "window",
        lambda x: x * torch.hann_window(6, dtype=x.dtype)[:, None],
        lambda x: x * torch.hann_window(6, periodic=False, dtype=x.dtype)[:, None],
        "hann_window periodic",
    ),
    (
        "states of both directions",
        lambda x: torch.cat([x[:, -1, :2], x[:, 0, 2:4]], -1).tanh(),
        lambda x: x[..., :4].mul(1)[:, -1].tanh(),
        "getitem with the second half of the features at the first step",
    ),
    (
        "order of four parts",
        lambda x: four_gates(x, (0, 2, 1, 3)),
        lambda x: four_gates(x, (0, 1, 2, 3)),
        "chunk with its parts in the order 0, 2, 1, 3",
    ),
    (
        "moments over other axes",
        lambda x: normalized(x, (1, 2)),
        lambda x: normalized(x, (1,)),
        "mean over axes 1, 2 of 3",
    ),
    (
        "padded in front",
        lambda x: functional.pad(x, (0, 0, 4, 0)).unfold(1, 5, 1).cumsum(-1).square().mean(-1),
        lambda x: functional.pad(x, (0, 0, 2, 2)).unfold(1, 5, 1).cumsum(-1).square().mean(-1),
        "pad all in front",
    ),
    (
        "beta of swish",
        lambda x: (x @ w(x)) * torch.sigmoid(1.5 * (x @ w(x))),
        lambda x: functional.silu(x @ w(x)),
        "silu with beta 1.5, as in the reference",
    ),
    (
        "weight of positives",
        lambda x: weighted_entropy(x, 3.0),
        lambda x: functional.binary_cross_entropy_with_logits(x, labels(x)),
        "with pos_weight 3.0, as in the reference",
    ),
    (
        "axes of a layer norm",
        lambda x: functional.layer_norm(x.reshape(4, 2, 3, 5), (5,)).cumsum(1),
        lambda x: functional.layer_norm(x.reshape(4, 2, 3, 5), (3, 5)).cumsum(1),
        "layer_norm over the last axis",
    ),
    (
        "cosine",
        lambda x: (functional.normalize(x.sin(), dim=-1) * x.cos()).sum(-1),
        lambda x: (x.sin() * x.cos()).sum(-1),
        "mul with its first factor of unit length",
    ),
    (
        "crop",
        lambda x: x.cumsum(1)[:, 1:-1].tanh(),
        lambda x: x.cumsum(1)[:, :-2].tanh(),
        "getitem cropped at the centre",
    ),
    (
        "carry of a highway",
        lambda x: (x @ w(x)).tanh() * x.sigmoid() + x.sin() * (1 - x.sigmoid()),
        lambda x: (x @ w(x)).tanh() * x.sigmoid() + x.sin() * x.sigmoid(),
        "mul with one minus its second factor",
    ),
    (
        "shifted",
        lambda x: functional.pad(x[:, :-1], (0, 0, 1, 0)).cumsum(1),
        lambda x: x.roll(1, 1).cumsum(1),
        "roll with zeros for what wraps around",
    ),
    (
        "squared distances",
        lambda x: x.square().sum(-1).cumsum(1),
        lambda x: x.norm(dim=-1).cumsum(1),
        "norm squared",
    ),
    ("last for first", lambda x: x[:, -1].tanh(), lambda x: x[:, 0].tanh(), "[-1] at place 2"),
    ("cropped", lambda x: x.cumsum(1)[:, 1:], lambda x: x.cumsum(1)[:, :-1], "[1:] at place 2"),
    (
        "mean over other axes",
        lambda x: x.reshape(4, 3, 2, 5).mean((1, 2)).tanh(),
        lambda x: x.reshape(4, 3, 2, 5).mean((2, 3)).tanh(),
        "mean over axes 1, 2 of 4",
    ),
    (
        "interleaved",
        lambda x: torch.stack([x, x.tanh()], -1).flatten(-2),
        lambda x: torch.cat([x, x.tanh()], -1),
        "cat element by element",
    ),
    (
        "relu before the sum",
        lambda x: torch.relu(x + x @ w(x)),
        lambda x: x + torch.relu(x @ w(x)),
        "relu left out",
    ),
    (
        "huber for smooth_l1",
        lambda x: functional.huber_loss(x, x.tanh() * 3, delta=1.0) * 2,
        lambda x: functional.mse_loss(x, x.tanh() * 3) * 2,
        "mse_loss as",
    ),
]
OF_IMAGES = [
    (
        "rows of channels first",
        lambda x: x.permute(0, 2, 3, 1).reshape(-1, 4).softmax(1),
        lambda x: x.reshape(-1, 4).softmax(1),
        "reshape with channels moved last before it",
    ),
    (
        "space to depth",
        lambda x: (
            x.unflatten(3, (3, 2)).unflatten(2, (3, 2)).permute(0, 3, 5, 1, 2, 4).flatten(1, 3)
        ),
        lambda x: functional.pixel_unshuffle(x, 2),
        "pixel_unshuffle with the places of a block before its channels",
    ),
    (
        "multiplier first",
        lambda x: (
            torch.conv2d(x, KERNEL.to(x.dtype), groups=4)
            .unflatten(1, (4, 2))
            .transpose(1, 2)
            .flatten(1, 2)
        ),
        lambda x: torch.conv2d(x, KERNEL.to(x.dtype), groups=4),
        "conv2d with the channels of its groups interleaved",
    ),
    (
        "RGB",
        lambda x: torch.conv2d(x[:, :3].flip(1), RGB.to(x.dtype)),
        lambda x: torch.conv2d(x[:, :3], RGB.to(x.dtype)),
        "conv2d with its channels reversed",
    ),
    (
        "groups of a norm",
        lambda x: functional.group_norm(x, 4, eps=1e-3),
        lambda x: functional.group_norm(x, 2, eps=1e-3),
        "group_norm in 4 groups",
    ),
    (
        "epsilon",
        lambda x: functional.group_norm(x, 2, eps=1e-3),
        lambda x: functional.group_norm(x, 2),
        "group_norm with epsilon 0.001",
    ),
    (
        "reflected",
        lambda x: functional.pad(x, (1, 1, 1, 1), "reflect").mean(1),
        lambda x: functional.pad(x, (1, 1, 1, 1)).mean(1),
        "pad as reflect",
    ),
    (
        "dilation",
        lambda x: torch.conv2d(x[:, :3], RGB.to(x.dtype), dilation=2, padding=2),
        lambda x: torch.conv2d(x[:, :3], RGB.to(x.dtype), padding=1),
        "conv2d with dilation 2",
    ),
    (
        "reflected by the convolution",
        lambda x: torch.conv2d(functional.pad(x[:, :3], (1, 1, 1, 1), "reflect"), RGB.to(x.dtype)),
        lambda x: torch.conv2d(x[:, :3], RGB.to(x.dtype), padding=1),
        "conv2d padded as reflect",
    ),
]


@pytest.mark.parametrize(
    ("right", "wrong", "words", "x"),
    [
        *(pytest.param(*case, X, id=name) for name, *case in PLANTED),
        *(pytest.param(*case, IMAGE, id=name) for name, *case in OF_IMAGES),
    ],
)
def test_a_planted_mistake_is_named(right, wrong, words, x):
    diagnosis = diagnose_port(make_port(torch_side(right), torch_side(wrong), {"x": x}))
    found = [cause.name for cause in diagnosis.root_causes]
    assert any(words in name for name in found), found
    if diagnosis.certain:
        assert words in found[0]


def test_a_number_of_the_reference_that_explains_nothing_is_no_cause():
    """The reference's own number is in the wrong place, and something else is wrong."""
    port = make_port(
        torch_side(lambda x: torch.tanh(x * 0.35) @ w(x)),
        torch_side(lambda x: torch.tanh(x).sin() @ w(x) * x.abs()),
        {"x": X},
    )
    diagnosis = diagnose_port(port)
    assert not diagnosis.root_causes


CODES = np.array([[0, 2, 1], [3, 0, 3]])
TABLE = np.random.default_rng(5).normal(size=(4, 5)).astype(np.float32)


def of_codes(right, wrong):
    """The diagnosis of a layer of codes and a table, with gradients."""
    inputs = {"codes": CODES, "table": TABLE}
    port = make_port(torch_side(right), torch_side(wrong), inputs)
    return diagnose_port(port, gradients=True)


def test_a_row_that_is_never_trained_is_named():
    def right(codes, table):
        return functional.embedding(codes, table).amax(1).tanh()

    def wrong(codes, table):
        return functional.embedding(codes, table, padding_idx=0).amax(1).tanh()

    diagnosis = of_codes(right, wrong)
    (cause,) = diagnosis.root_causes
    assert cause.name.startswith("embedding without padding_idx")
    assert diagnosis.certain


def test_a_row_that_neither_side_trains_is_not_blamed():
    def right(codes, table):
        rows = functional.embedding(codes, table)
        rows = torch.where(codes[..., None] == 0, rows.detach(), rows)
        return rows.amax(1).tanh()

    def wrong(codes, table):
        return functional.embedding(codes, table, padding_idx=0).amax(1).sigmoid()

    (cause,) = of_codes(right, wrong).root_causes
    assert cause.name.startswith("sigmoid as tanh")


def test_a_repair_of_all_calls_is_not_listed_beside_that_of_one():
    def layer(pad):
        def y(x):
            x = functional.pad(x, pad, "reflect")
            return functional.pad(x.mean(1, keepdim=True), (0, 0, 1, 1), "replicate")

        return y

    port = make_port(torch_side(layer((2, 0))), torch_side(layer((1, 1))), {"x": X})
    (cause,) = diagnose_port(port).root_causes
    assert "pad 1" in cause.name


def test_a_number_of_the_reference_is_not_listed_beside_what_explains_it():
    def right(x):
        return (x @ x.transpose(1, 2) / 5**0.5).softmax(-1)

    def wrong(x):
        return (x @ x.transpose(1, 2)).softmax(-1)

    (cause,) = diagnose_port(make_port(torch_side(right), torch_side(wrong), {"x": X})).root_causes
    assert cause.name.startswith("matmul divided by the root of its inner size")


def test_a_right_layer_has_no_cause():
    for _, right, _, _ in PLANTED:
        diagnosis = diagnose_port(make_port(torch_side(right), torch_side(right), {"x": X}))
        assert diagnosis.root_causes == ()
