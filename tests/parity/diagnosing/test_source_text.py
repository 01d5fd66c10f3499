"""A file's expressions by place, its names of torch, and changes that leave the rest alone."""

import ast

import pytest

from parity.declaring.source_edits import Place
from parity.diagnosing.source_text import Replacement, SourceText

TEXT = """# -*- coding: utf-8 -*-
import torch.nn.functional as F
from torch import nn

größe = F.relu(ü := 1) + (F
    .elu(2))
"""


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(TEXT, "utf-8")
    return SourceText(path)


def test_expressions_are_found_by_bytes(source):
    node = source.find(Place("a.py", 5, 5, 10, 25))
    assert source.plain(node) == "F.relu(ü := 1)"
    assert source.find(Place("a.py", 5, 5)) is None
    # In a chain over several lines, only the end is certain.
    assert source.plain(source.find(Place("a.py", 6, 6, 5, 11))) == "F\n    .elu(2)"
    assert source.find(Place("a.py", 5, 5, 1, 2)) is None


@pytest.mark.parametrize(
    ("path", "short"),
    [
        ("torch.nn.functional.pad(x)", "F.pad(x)"),
        ("torch.nn.ReLU()", "nn.ReLU()"),
        ("torch.relu(x)", "torch.relu(x)"),
        ("nottorch.relu(x)", "nottorch.relu(x)"),
    ],
)
def test_names_are_those_that_the_file_has(source, path, short):
    assert source.shorten(path) == short


def test_torch_is_imported_where_it_is_lacking(source):
    assert source.lacks_torch("torch.relu(x)")
    assert not source.lacks_torch("F.relu(x)")
    changed = source.replaced([source.import_torch()])
    assert changed.startswith("# -*- coding: utf-8 -*-\nimport torch\nimport torch.nn.functional")


def test_changes_leave_everything_else(source):
    assert source.replaced([]) == TEXT
    assert source.replaced([Replacement(0, 1, "##")] * 2) == f"#{TEXT}"
    with pytest.raises(ValueError, match="two changes"):
        source.replaced([Replacement(0, 5, ""), Replacement(3, 6, "")])


def test_line_ends_stay(tmp_path):
    path = tmp_path / "b.py"
    path.write_bytes(b"x = 1\r\ny = f(2)\r\n")
    source = SourceText(path)
    node = next(node for node in ast.walk(source.tree) if isinstance(node, ast.Call))
    new = source.replaced([Replacement(source.start(node), source.end(node), "3")])
    assert new == "x = 1\r\ny = 3\r\n"
