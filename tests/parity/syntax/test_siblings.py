"""Siblings: names that exist, each group complete in both directions."""

import builtins

import numpy as np
import pytest
import torch

from parity.syntax.siblings import IDENTITIES, SIBLINGS

PLACES = (torch, torch.Tensor, torch.nn.functional, np, builtins)


def exists(name):
    return any(hasattr(place, name) for place in PLACES)


def test_a_sibling_has_the_others_as_its_siblings_and_never_itself():
    for name, others in SIBLINGS.items():
        assert others
        assert name not in others
        for other in others:
            assert {name, *SIBLINGS[name]} == {other, *SIBLINGS[other]}


@pytest.mark.parametrize("name", sorted({*SIBLINGS, *IDENTITIES}))
def test_every_name_is_a_function_that_code_may_call(name):
    assert exists(name)


@pytest.mark.parametrize("name", sorted(SIBLINGS))
def test_siblings_are_found_in_the_same_place(name):
    """So that a call of one, changed to a call of the other, still finds it there."""
    for other in SIBLINGS[name]:
        assert any(hasattr(place, name) and hasattr(place, other) for place in PLACES)
