"""Inputs that are masks, and by which gradients mean nothing: found by the check itself."""

from collections.abc import Mapping
from dataclasses import replace

from parity.checking.checker import Checker
from parity.checking.mask_gradients import is_mask
from parity.declaring.model_inputs import Input
from parity.judging.verdict import Verdict

_REASON = "a mask that is compared with a number, or adds a large one"


def exempt_masks(checker: Checker, inputs: Mapping[str, Input]) -> dict[str, Input]:
    """Return the inputs with the gradients exempt that a check of the whole model exempts.

    Args:
        checker: of the port just written, with gradients.
        inputs: the inputs of both models.
    """
    found = dict(inputs)
    drawn = checker.inputs.arrays
    if checker.port.whole is None or not any(is_mask(drawn.get(name)) for name in inputs):
        return found
    pair = checker.port.pair(checker.port.whole)
    for output in checker.run(pair, pair.configs[0], "isolated").outputs:
        name = output.name.removeprefix("grad/input/")
        if output.verdict is Verdict.EXEMPT and name in inputs:
            found[name] = replace(inputs[name], exempt_gradient=_REASON)
    return found
