"""Losses: what they are divided by, and which class is the blank."""

from functools import partial

from torch import Tensor
from torch.nn import functional

from parity.declaring.source_edits import Edit
from parity.runners.torch.operations import Alternative, Alternatives, Bound, with_arguments

_LOSSES = {
    "mse_loss": "MSELoss",
    "l1_loss": "L1Loss",
    "smooth_l1_loss": "SmoothL1Loss",
    "huber_loss": "HuberLoss",
}
OF_NUMBERS = tuple(_LOSSES)
REDUCED = (
    *("kl_div", "cross_entropy", "nll_loss", "mse_loss", "l1_loss", "smooth_l1_loss"),
    *("huber_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits"),
)


def reduced_otherwise(bound: Bound) -> Alternatives:
    """Return the loss as a sum, or a mean over records or over elements, whichever it is not."""
    again = bound["again"]
    scores = bound["input"] if isinstance(bound["input"], Tensor) else bound["log_probs"]
    targets = bound.get("target", bound.get("targets"))
    records = scores.shape[1] if bound["kind"] == "ctc_loss" else scores.shape[0]
    own = bound.get("reduction", "mean")

    def summed() -> Tensor:
        done: Tensor = again(reduction="sum")
        return done

    found = {
        "with a mean over records": Alternative(
            35, lambda: summed() / records, _mean_over_records(bound)
        ),
        "with a sum": Alternative(35, summed, with_arguments(reduction='"sum"')),
        "with a mean over elements": Alternative(
            35, partial(again, reduction="mean"), with_arguments(reduction='"mean"')
        ),
    }
    if isinstance(targets, Tensor) and targets.numel() != records:
        count = targets.numel()
        found["with a mean over all targets"] = Alternative(35, lambda: summed() / count)
    left = {"mean": "with a mean over elements", "sum": "with a sum"}.get(own, "")
    return {name: way for name, way in found.items() if name != left}


def _mean_over_records(bound: Bound) -> Edit:
    if bound["kind"] == "kl_div":
        return with_arguments(reduction='"batchmean"')
    if bound["kind"] in ("cross_entropy", "nll_loss") and bound["target"].ndim == 1:
        # One loss for each record: weights of classes are in no divisor then.
        return Edit((("reduction", '"none"'),), after="{call}.mean()")
    axis = "[1]" if bound["kind"] == "ctc_loss" else "[0]"
    return Edit((("reduction", '"sum"'),), after=f"{{call}} / {{input}}.shape{axis}")


def with_a_weight_of_positives(bound: Bound) -> Alternatives:
    """Return the loss whose positive targets count as a number of the reference says.

    TensorFlow computes with that number less 1.
    """
    if bound.get("pos_weight") is not None:
        return {}
    numbers = dict.fromkeys(n for one in bound["numbers"] for n in (one, one + 1.0))
    return {
        f"with pos_weight {number!r}, as in the reference": Alternative(
            None,
            partial(bound["again"], pos_weight=bound["input"].new_tensor(number)),
            with_arguments(pos_weight=f"torch.tensor({number!r})"),
        )
        for number in numbers
    }


def another_loss(bound: Bound) -> Alternatives:
    """Return the losses that ports confuse with this one, of the same scores and targets."""
    scores, target = bound["input"], bound["target"]
    reduction = bound.get("reduction", "mean")
    return _scaled_by_its_threshold(bound) | {
        f"as {name}": Alternative(
            None,
            partial(getattr(functional, name), scores, target, reduction=reduction),
            Edit(renamed=name, module_renamed=module),
        )
        for name, module in _LOSSES.items()
        if name != bound["kind"]
    }


def _scaled_by_its_threshold(bound: Bound) -> Alternatives:
    """Return smooth L1 as Huber's loss with the same threshold, and the reverse.

    Huber's loss is smooth L1 times its threshold, which differ unless that is 1.
    """
    again = bound["again"]
    if bound["kind"] == "smooth_l1_loss":
        beta = bound.get("beta", 1.0)
        edit = Edit(after=f"{{call}} * {beta!r}")
        ways = {"times its beta": Alternative(None, lambda: again() * beta, edit)}
    elif bound["kind"] == "huber_loss":
        beta = bound.get("delta", 1.0)
        edit = Edit(after=f"{{call}} / {beta!r}")
        ways = {"divided by its delta": Alternative(None, lambda: again() / beta, edit)}
    else:
        return {}
    return ways if beta != 1 else {}


def other_blank(bound: Bound) -> Alternatives:
    """Return CTC with the first or the last class as the blank, whichever it is not."""
    classes, own = bound["log_probs"].shape[-1], bound.get("blank", 0)
    names = {
        0: "with the first class as the blank",
        classes - 1: "with the last class as the blank",
    }
    return {
        name: Alternative(
            None, partial(bound["again"], blank=blank), with_arguments(blank=str(blank))
        )
        for blank, name in names.items()
        if blank != own
    }
