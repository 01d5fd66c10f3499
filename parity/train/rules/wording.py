"""Rules, and the differences between two of them, in words."""

from collections.abc import Mapping

import numpy as np

from parity.train.rules.families import FAMILIES
from parity.train.rules.fitting import Fit

_EPSILON = {
    "outside": "adds epsilon to the root, outside of it",
    "inside": "adds epsilon inside of the square root",
    "in the maximum": "adds epsilon to the gradient's size, inside of the maximum",
}
_ADAM_EPSILON = {
    "hat": "adds epsilon to the root before the bias correction (epsilon hat)",
    "outside": "adds epsilon to the root after the bias correction",
    "inside hat": "adds epsilon inside of the square root, before the bias correction",
    "inside": "adds epsilon inside of the square root, after the bias correction",
}
_YES = {"yes": "", "no": "not "}
_MOMENTUM = {
    "none": "no momentum",
    "outside": "momentum",
    "inside": "momentum with the learning rate inside of the velocity",
    "outside nesterov": "Nesterov's momentum",
    "inside nesterov": "Nesterov's momentum with the learning rate inside of the velocity",
    "dampened": "momentum with dampening",
}
_PLACE = {
    "outside": "multiplies the velocity by the learning rate (as PyTorch does)",
    "inside": "has the learning rate inside of the velocity (as Keras does)",
}
_DECAY = {
    "none": "does not decay the weights",
    "coupled": "adds the decay to the gradient (L2)",
    "times the rate": "decays the weights apart from the gradient, by the decay times the rate",
    "not times the rate": "decays the weights apart from the gradient, not times the rate",
}
_PARAMETERS = {
    "beta1": "beta1",
    "beta2": "beta2",
    "rho": "rho",
    "epsilon": "epsilon",
    "momentum": "the momentum",
    "dampening": "the dampening",
    "start": "the start of the accumulator",
    "decay": "the weight decay",
    "threshold": "the threshold of clipping",
    "momentum decay": "the momentum's decay",
}


def number(value: float) -> str:
    """Return a number in words: six digits, and whether it is one rounded to float32."""
    short = f"{value:.6g}"
    if float(short) != value and float(np.float32(float(short))) == value:
        return f"{short} in float32"
    return short


def describe(fit: Fit) -> str:
    """Return a rule with its numbers, such as "Adam (epsilon outside of the root, beta1 0.9)"."""
    rule = fit.rule
    parts = []
    for feature, option in rule.choices:
        if feature == "epsilon":
            places = _ADAM_EPSILON if rule.family == "adam" else _EPSILON
            parts.append(places[option].replace("adds epsilon", "epsilon added"))
        elif option != FAMILIES[rule.family].choices[feature][0]:
            parts.append(
                {
                    "amsgrad": "amsgrad",
                    "centered": "centered",
                    "bias correction": "without bias correction",
                    "variance": "variance around the mean (AdaBelief)",
                }[feature]
            )
    if rule.momentum != "none":
        parts.append(_MOMENTUM[rule.momentum])
    if rule.clipping != "none":
        parts.append(f"gradients clipped by {rule.clipping}")
    if rule.decay != "none":
        parts.append(f"decay {rule.decay} of {rule.scope}")
    parts += [f"{name} {number(fit.params[name])}" for name in rule.parameters()]
    return FAMILIES[rule.family].title + (f" ({', '.join(parts)})" if parts else "")


def differences(reference: Fit, candidate: Fit) -> list[str]:
    """Return what differs between two rules, a clause each; rates are not compared."""
    if reference.rule.family != candidate.rule.family:
        return [f"the candidate follows {describe(candidate)}, the reference {describe(reference)}"]
    found = [
        clause
        for feature, option in candidate.rule.features().items()
        if (clause := _feature(feature, option, reference.rule.features()[feature], candidate))
    ]
    if reference.rule.decay != "none" and candidate.rule.decay != "none":
        one, other = candidate.rule.scope, reference.rule.scope
        if one != other:
            found.append(f"the candidate decays {one}, the reference {other}")
    common = [n for n in candidate.rule.parameters() if n in reference.params]
    found += _numbers(common, reference.params, candidate.params)
    return found


def _numbers(
    names: list[str], reference: Mapping[str, float], candidate: Mapping[str, float]
) -> list[str]:
    found = []
    for name in names:
        one, other = candidate[name], reference[name]
        if one == other:
            continue
        shown, against = number(one), number(other)
        if shown == against:
            shown, against = f"{one:.12g}", f"{other:.12g}"
        title = _PARAMETERS[name]
        if name == "start" and not {"epsilon"} <= {*candidate} & {*reference}:
            title += " (and epsilon, where that is inside of the root)"
        clause = f"{title} is {shown} in the candidate, {against} in the reference"
        if name != "start" and other and abs(one / other - 1) < 1e-6:
            clause += " (kept in float32 on one side?)"
        found.append(clause)
    return found


def _feature(feature: str, candidate: str, reference: str, fit: Fit) -> str:
    if candidate == reference or feature in ("family", "scope"):
        return ""
    if feature == "epsilon":
        places = _ADAM_EPSILON if fit.rule.family == "adam" else _EPSILON
        return f"the candidate {places[candidate]}, the reference {places[reference]}"
    if feature == "momentum":
        return _momenta(candidate, reference)
    if feature == "decay":
        return f"the candidate {_DECAY[candidate]}, the reference {_DECAY[reference]}"
    if feature == "clipping":
        return f"the candidate {_clips(candidate)}, the reference {_clips(reference)}"
    if feature == "variance":
        return f"the candidate's variance is {candidate}, the reference's {reference}"
    words = {
        "amsgrad": "the candidate does {}use amsgrad, the reference does {}",
        "centered": "the candidate does {}center the variance, the reference does {}",
        "bias correction": "the candidate does {}correct the averages' bias, the reference does {}",
    }[feature]
    return words.format(_YES[candidate], _YES[reference]).replace("does use", "uses").rstrip()


def _momenta(candidate: str, reference: str) -> str:
    one, _, nesterov = candidate.partition(" ")
    other, _, also = reference.partition(" ")
    if nesterov != also or not {one, other} <= set(_PLACE):
        has, had = _plain(candidate, reference), _plain(reference, candidate)
        return f"the candidate has {has}, the reference {had}"
    return f"the candidate {_PLACE[one]}, the reference {_PLACE[other]}"


def _plain(momentum: str, other: str) -> str:
    """Return a momentum in words, without the rate's place where the other side has the same."""
    place = momentum.partition(" ")[0]
    if place == other.partition(" ")[0]:
        return _MOMENTUM[momentum].removesuffix(" with the learning rate inside of the velocity")
    return _MOMENTUM[momentum]


def _clips(kind: str) -> str:
    return "does not clip its gradients" if kind == "none" else f"clips its gradients by {kind}"
