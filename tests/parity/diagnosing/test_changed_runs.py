"""Patches are in force in the block alone, and it has limits."""

from types import SimpleNamespace
from unittest.mock import patch

import pytest

from parity.declaring.known_bug import OtherOptions, PatchedCode
from parity.diagnosing import changed_runs
from parity.diagnosing.changed_runs import in_force
from parity.errors import ParityError


def test_patches_are_in_force_in_the_block_alone():
    held = SimpleNamespace(value=1)
    change = PatchedCode(lambda: patch.object(held, "value", 2))
    with in_force([OtherOptions({}), change]):
        assert held.value == 2
    assert held.value == 1


def test_a_block_with_patches_has_to_end(monkeypatch):
    monkeypatch.setattr(changed_runs, "_LONGEST", 0.1)
    held = SimpleNamespace(value=1)
    change = PatchedCode(lambda: patch.object(held, "value", 2))
    with pytest.raises(ParityError, match="stopped after"), in_force([change]):
        run_without_end()
    assert held.value == 1


def run_without_end():
    while True:
        pass
