"""A mutant takes its file's place in memory, and only in the block."""

import importlib
import sys

import pytest

from parity.declaring.scripts import execute
from parity.mutate.source.mutants import find_mutants
from parity.mutate.source.replaced_code import replaced


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "mutated_module.py"
    path.write_text("def double(x):\n    return x * 2\n")
    yield path
    sys.modules.pop("mutated_module", None)


def test_imports_and_executions_take_the_mutant(path):
    text = path.read_bytes()
    mutant = next(m for m in find_mutants(path) if m.after == "return x / 2")
    with replaced(mutant):
        assert importlib.import_module("mutated_module").double(6) == 3
        assert execute(path, "model").double(6) == 3
    del sys.modules["mutated_module"]
    assert importlib.import_module("mutated_module").double(6) == 12
    assert path.read_bytes() == text


def test_other_files_stay_as_they_are(path, tmp_path):
    other = tmp_path / "other_module.py"
    other.write_text("def half(x):\n    return x / 2\n")
    with replaced(find_mutants(other)[0]):
        assert importlib.import_module("mutated_module").double(6) == 12
