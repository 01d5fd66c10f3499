"""Allocations that would take the machine's memory fail, in the block alone."""

import resource
import sys

import pytest
import torch

from parity.diagnosing import memory_limit
from parity.diagnosing.memory_limit import limited_memory

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits Linux alone")


def test_a_product_of_all_places_fails_and_smaller_ones_do_not(monkeypatch):
    monkeypatch.setattr(memory_limit, "_free_bytes", lambda: 1 << 30)
    before = resource.getrlimit(resource.RLIMIT_AS)
    x = torch.ones(2000, 1)
    with limited_memory():
        assert (x * x.T).shape == (2000, 2000)
        with pytest.raises(RuntimeError, match="memory"):
            torch.ones(1 << 30)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_a_lower_limit_is_kept(monkeypatch):
    monkeypatch.setattr(memory_limit, "_free_bytes", lambda: 1 << 50)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    lower = memory_limit._own_bytes() + (1 << 32)
    resource.setrlimit(resource.RLIMIT_AS, (lower, hard))
    try:
        with limited_memory():
            assert resource.getrlimit(resource.RLIMIT_AS) == (lower, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def test_nothing_is_limited_where_the_system_does_not_say(monkeypatch):
    assert memory_limit._read("/proc/meminfo", "NoSuchSize") == 0
    assert memory_limit._read("/no/such/file", "MemAvailable") == 0
    monkeypatch.setattr(memory_limit, "_free_bytes", lambda: 0)
    before = resource.getrlimit(resource.RLIMIT_AS)
    with limited_memory():
        assert resource.getrlimit(resource.RLIMIT_AS) == before
