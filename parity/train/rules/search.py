"""Search for the rule that reproduces a record: plain rules first, then one feature after another.

Only the rules that come closest are varied, so the search is not exhaustive: what it finds was
confirmed, and what it does not find is unknown.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from parity.train.rules.families import FAMILIES
from parity.train.rules.fitting import Fit, fit, rounded
from parity.train.rules.record import Record
from parity.train.rules.replay import Rule

MOMENTA = ("none", "outside", "inside", "outside nesterov", "inside nesterov", "dampened")
CLIPPINGS = (
    "none",
    "global norm",
    "global norm + 1e-6",
    "norm of each weight",
    "norm of each weight + 1e-6",
    "value",
)
DECAYS = ("coupled", "times the rate", "not times the rate")
# How many of the closest rules are varied, and how often.
_COMBINED, _DEPTH = 3, 4


@dataclass(frozen=True)
class Search:
    """Result of a search.

    Args:
        found: the rule that reproduces the record, with its numbers; None if none does.
        closest: the one that comes closest.
        tried: the number of rules tried.
    """

    found: Fit | None
    closest: Fit
    tried: int


def plain_rules() -> list[Rule]:
    """Return one rule of every family, and one with momentum where the family may have it."""
    rules = []
    for name, family in FAMILIES.items():
        choices = tuple((feature, options[0]) for feature, options in family.choices.items())
        rules.append(Rule(name, choices))
        if family.velocity:
            rules.append(Rule(name, choices, "outside"))
    return rules


def search(record: Record, near: Fit | None = None) -> Search:
    """Search for a rule that reproduces `record`, those most like `near` first."""
    fits: dict[Rule, Fit] = {}
    numbers = near.params if near else {}
    level = {rule: numbers for rule in ([near.rule] if near else plain_rules())}
    for depth in range(_DEPTH + 1):
        for rule, start in level.items():
            fits[rule] = fit(rule, record, start)
            if fits[rule].reproduces:
                return Search(simplified(fits[rule], record), fits[rule], len(fits))
        best = sorted(fits.values(), key=lambda found: found.typical)[:_COMBINED]
        if near and depth == 1:
            level = dict.fromkeys(plain_rules(), numbers)
        else:
            level = {rule: f.params for f in reversed(best) for rule in neighbours(f.rule, record)}
        level = {rule: start for rule, start in level.items() if rule not in fits}
    nearly = min(fits.values(), key=lambda found: found.error)
    return Search(rounded(nearly, record) if nearly.nearly else None, nearly, len(fits))


def simplified(found: Fit, record: Record) -> Fit:
    """Return the simplest rule that still reproduces the record, its numbers rounded."""
    for other in _simpler(found.rule):
        simple = fit(other, record, found.params)
        if simple.reproduces:
            return simplified(simple, record)
    return rounded(found, record)


def _simpler(rule: Rule) -> Iterator[Rule]:
    """Yield the rule with one part less each."""
    for simple in (
        replace(rule, clipping="none"),
        replace(rule, decay="none", scope="all weights"),
        replace(rule, momentum="none"),
    ):
        if simple != rule:
            yield simple
    if rule.momentum == "dampened":
        yield replace(rule, momentum="outside")
    if rule.family == "adagrad" and ("epsilon", "outside") in rule.choices:
        yield _changed(rule, 0, "inside")
    for place, (feature, option) in enumerate(rule.choices):
        if feature in ("amsgrad", "centered", "variance"):
            first = FAMILIES[rule.family].choices[feature][0]
            if option != first:
                yield _changed(rule, place, first)
    if rule.family != "sgd":
        yield replace(rule, family="sgd", choices=())


def _changed(rule: Rule, place: int, option: str) -> Rule:
    changed = (rule.choices[place][0], option)
    return replace(rule, choices=(*rule.choices[:place], changed, *rule.choices[place + 1 :]))


def neighbours(rule: Rule, record: Record) -> Iterator[Rule]:
    """Yield the rules that differ from `rule` in one feature."""
    for place, (feature, option) in enumerate(rule.choices):
        for other in FAMILIES[rule.family].choices[feature]:
            if other != option and (feature, other) != ("bias correction", "no"):
                yield _changed(rule, place, other)
    if FAMILIES[rule.family].velocity:
        yield from (replace(rule, momentum=m) for m in MOMENTA if m != rule.momentum)
    yield from (replace(rule, clipping=c) for c in CLIPPINGS if c != rule.clipping)
    if rule.decay != "none":
        yield replace(rule, decay="none")
    present = np.asarray(record.matrices)[np.unique(record.owner)]
    scopes = ["all weights"]
    if present.any() and not present.all():
        scopes += ["matrices only", "vectors only"]
    for decay, scope in product(DECAYS, scopes):
        if (decay, scope) != (rule.decay, rule.scope):
            yield replace(rule, decay=decay, scope=scope)
