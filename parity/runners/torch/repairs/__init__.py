"""Calls that a wrong candidate should have made instead: hypotheses that are never planted.

The alternatives beside this package are bugs that people plant without knowing. These are tried
only if none of those explains a mismatch.
"""

from collections.abc import Callable

from parity.runners.torch import alternatives
from parity.runners.torch.operations import Alternatives, Bound
from parity.runners.torch.repairs import activations, axes, losses, order, recurrent, spatial

_Rule = Callable[[Bound], Alternatives]

_RULES: dict[str, tuple[_Rule, ...]] = {
    **dict.fromkeys(activations.KINDS, (activations.siblings,)),
    **dict.fromkeys(("linear", "layer_norm"), (activations.following,)),
    "batch_norm": (activations.following, axes.over_the_last_axis),
    **dict.fromkeys(spatial.CONVOLUTIONS, (activations.following, spatial.padded_otherwise)),
    **dict.fromkeys(spatial.TRANSPOSED, (activations.following, spatial.cropped_otherwise)),
    **dict.fromkeys(spatial.POOLS, (spatial.pooled_otherwise,)),
    "local_response_norm": (spatial.normalized_otherwise,),
    "grid_sample": (alternatives.corners, spatial.sampled_otherwise),
    "interpolate": (spatial.sampled_otherwise,),
    **dict.fromkeys(axes.REDUCTIONS, (axes.reduced_otherwise,)),
    **dict.fromkeys(("cumsum", "cumprod"), (axes.accumulated_otherwise,)),
    "normalize": (axes.normalized_otherwise,),
    **dict.fromkeys(("chunk", "split", "unbind"), (order.parts_otherwise,)),
    "glu": (order.halves_exchanged,),
    "cat": (order.joined_otherwise,),
    **dict.fromkeys(("reshape", "view", "flatten"), (order.axes_exchanged,)),
    "permute": (order.permuted_otherwise,),
    "gru": (alternatives.batch_and_time_exchanged, recurrent.backwards),
    "lstm": (recurrent.backwards,),
    **dict.fromkeys(losses.REDUCED, (losses.reduced_otherwise,)),
    "ctc_loss": (losses.reduced_otherwise, losses.other_blank),
}


def repairs(bound: Bound) -> Alternatives:
    """Return what the code may have to call instead, by name; empty where nothing is known."""
    found: Alternatives = {}
    for rule in _RULES.get(bound["kind"], ()):
        try:
            found |= rule(bound)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RuntimeError):
            # The call has arguments that the rule does not know; other rules may.
            continue
    return found
