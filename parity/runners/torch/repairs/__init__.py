"""Calls that a wrong candidate should have made instead: hypotheses that are never planted.

The alternatives beside this package are bugs that people plant without knowing. These are tried
only if none of those explains a mismatch.
"""

from collections.abc import Callable

from parity.runners.torch import alternatives
from parity.runners.torch.operations import Alternatives, Bound
from parity.runners.torch.repairs import (
    activations,
    axes,
    elementwise,
    exchanged,
    forgotten,
    gradients,
    kept,
    losses,
    masks,
    names,
    normalization,
    numbers,
    operands,
    order,
    recurrent,
    shifts,
    spatial,
)

_Rule = Callable[[Bound], Alternatives]

_TABLE: tuple[tuple[tuple[str, ...], tuple[_Rule, ...]], ...] = (
    (activations.KINDS, (activations.siblings,)),
    (elementwise.KINDS, (elementwise.siblings,)),
    (("sqrt",), (elementwise.with_an_epsilon_moved,)),
    (elementwise.SOFT, (elementwise.of_an_axis,)),
    (elementwise.REMAINDERS, (elementwise.remainders,)),
    (tuple(elementwise.COMPARISONS), (elementwise.comparisons,)),
    (("clamp",), (elementwise.clamped_otherwise,)),
    (("pow",), (elementwise.raised_otherwise,)),
    (("linear", "layer_norm", "batch_norm", "group_norm"), (activations.following,)),
    (("softmax",), (operands.with_a_term,)),
    (("batch_norm",), (axes.over_the_last_axis,)),
    (normalization.KINDS, (normalization.with_other_epsilon,)),
    (("group_norm",), (normalization.in_other_groups,)),
    (("layer_norm",), (normalization.over_other_last_axes,)),
    (("mul", *operands.PRODUCTS), (operands.normalized,)),
    (("mul",), (operands.with_one_minus,)),
    (("mul", *operands.PRODUCTS), (operands.conjugated,)),
    (("norm",), (elementwise.norm_otherwise,)),
    (("binary_cross_entropy_with_logits",), (losses.with_a_weight_of_positives,)),
    (("getitem",), (shifts.cropped_elsewhere,)),
    (("pad",), (normalization.padded_with_others, normalization.padded_on_one_side)),
    (spatial.CONVOLUTIONS, (activations.following, spatial.padded_otherwise)),
    (spatial.CONVOLUTIONS, (spatial.dilated_otherwise,)),
    (
        spatial.CONVOLUTIONS,
        (
            normalization.convolved_at_borders,
            shifts.with_channels_reversed,
            shifts.with_groups_interleaved,
        ),
    ),
    (spatial.TRANSPOSED, (activations.following, spatial.cropped_otherwise)),
    (spatial.POOLS, (spatial.pooled_otherwise,)),
    (("local_response_norm",), (spatial.normalized_otherwise,)),
    (("grid_sample",), (alternatives.corners, spatial.sampled_otherwise)),
    (("interpolate",), (spatial.sampled_otherwise,)),
    (axes.REDUCTIONS, (axes.reduced_otherwise,)),
    (("cumsum", "cumprod"), (axes.accumulated_otherwise,)),
    (("normalize",), (axes.normalized_otherwise,)),
    (("chunk", "split", "unbind"), (order.parts_otherwise,)),
    (("glu",), (order.halves_exchanged,)),
    (("cat", "stack"), (order.joined_otherwise,)),
    (("reshape", "view", "flatten"), (order.axes_exchanged,)),
    (("permute",), (order.permuted_otherwise,)),
    (("transpose",), (order.transposed_otherwise,)),
    (("gru",), (alternatives.batch_and_time_exchanged,)),
    (("gru", "lstm"), (recurrent.backwards,)),
    (losses.REDUCED, (losses.reduced_otherwise,)),
    (losses.OF_NUMBERS, (losses.another_loss,)),
    (("ctc_loss",), (losses.reduced_otherwise, losses.other_blank)),
    (operands.KINDS, (operands.combined_otherwise,)),
    (operands.PRODUCTS, (operands.scaled,)),
    (exchanged.COMBINING, (exchanged.before_its_operand,)),
    (exchanged.LAYERS, (exchanged.after_the_layer,)),
    (("linear", *spatial.CONVOLUTIONS), (operands.with_what_goes_in,)),
    (("embedding",), (operands.of_the_root_of_its_size, operands.training_every_row)),
    (("masked_fill",), (masks.filled_otherwise,)),
    (("where",), (masks.chosen_otherwise,)),
    (masks.TRIANGLES, (masks.another_triangle,)),
    (("scaled_dot_product_attention",), (masks.causal,)),
    (("flip",), (shifts.reversed_or_not,)),
    (("detach",), (gradients.differentiated,)),
    (("roll",), (shifts.rolled_otherwise, shifts.shifted_with_zeros)),
    (("arange",), (shifts.counted_otherwise,)),
    (("getitem",), (shifts.another_part, shifts.last_of_both_directions)),
    (("gather",), (order.gathered_in_order,)),
    (("einsum",), (order.with_letters_exchanged,)),
    (
        ("hann_window", "hamming_window", "blackman_window", "bartlett_window"),
        (shifts.another_window,),
    ),
    (("pixel_shuffle", "pixel_unshuffle"), (shifts.blocks_otherwise,)),
    (("repeat", "tile"), (shifts.repeated_otherwise,)),
    (("repeat_interleave",), (shifts.repeated_as_a_whole,)),
    (kept.REDUCED, (kept.reduced_over_kept,)),
    (("div",), (kept.divided_by_kept,)),
    (("softmax",), (kept.weighted_of_kept,)),
    (kept.RECURRENT, (kept.run_over_kept,)),
    (("getitem",), (kept.last_of_kept,)),
)
_OF_EVERY_CALL = (
    forgotten.with_a_forgotten_layer,
    numbers.of_the_reference,
    numbers.that_is_missing,
    names.of_another_name,
)
_RULES: dict[str, list[_Rule]] = {}
for _kinds, _rules in _TABLE:
    for _kind in _kinds:
        _RULES.setdefault(_kind, []).extend(_rules)


def repairs(bound: Bound) -> Alternatives:
    """Return what the code may have to call instead, by name; empty where nothing is known."""
    found: Alternatives = {}
    for rule in (*_RULES.get(bound["kind"], ()), *_OF_EVERY_CALL):
        try:
            found |= rule(bound)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RuntimeError):
            # The call has arguments that the rule does not know; other rules may.
            continue
    return found
