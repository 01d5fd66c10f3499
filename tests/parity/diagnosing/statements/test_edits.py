"""Slips of the hand in statements are among the edits; what acts outside is left alone."""

import ast
import textwrap

import pytest

from parity.diagnosing.source_text import SourceText
from parity.diagnosing.statements.edits import FunctionEdits

TENSOR = ("tensor", 2, 3)


def edits_of(tmp_path, text, names=(), attributes=()):
    path = tmp_path / "file.py"
    path.write_text(textwrap.dedent(text))
    source = SourceText(path)
    definition = source.tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    kinds = (dict.fromkeys(names, TENSOR), dict.fromkeys(attributes, TENSOR))
    found = list(FunctionEdits(source, definition, *kinds).edits())
    return source, found


def written(tmp_path, text, names=(), attributes=()):
    """The function with each edit made, without its formatting; each must be Python."""
    source, found = edits_of(tmp_path, text, names, attributes)
    return {ast.unparse(ast.parse(source.replaced(list(one.replacements)))) for one in found}


def function(body, arguments="self, x, h"):
    return f"def f({arguments}):\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"


SLIPS = {
    "a sum overwritten": (
        "s = 0\nfor t in x:\n    s = t\nreturn s",
        "s = 0\nfor t in x:\n    s = s + t\nreturn s",
    ),
    "a sum in place of the last": (
        "s = 0\nfor t in x:\n    s += t\nreturn s",
        "s = 0\nfor t in x:\n    s = t\nreturn s",
    ),
    "an element overwritten": ("h[0] = x\nreturn h", "h[0] = h[0] + x\nreturn h"),
    "an attribute overwritten": ("self.s = x", "self.s = self.s + x"),
    "states exchanged where they are returned": ("return x, h", "return h, x"),
    "states exchanged where they are taken": ("h, x = self.c(x)", "x, h = self.c(x)"),
    "arguments exchanged": ("return f(h, 1, x)", "return f(x, 1, h)"),
    "used after it is changed": (
        "for t in x:\n    h = t + h\n    out.append(h)",
        "for t in x:\n    out.append(h)\n    h = t + h",
    ),
    "not reset": (
        "s = 0\nfor t in x:\n    s = s + t\n    out(s)",
        "for t in x:\n    s = 0\n    s = s + t\n    out(s)",
    ),
    "reset in each turn": (
        "for t in x:\n    s = 0\n    s = s + t\n    out(s)",
        "s = 0\nfor t in x:\n    s = s + t\n    out(s)",
    ),
    "once in place of each turn": (
        "for t in x:\n    s = t\nout.append(s)",
        "for t in x:\n    s = t\n    out.append(s)",
    ),
    "each turn in place of once": (
        "for t in x:\n    s = t\n    out.append(s)",
        "for t in x:\n    s = t\nout.append(s)",
    ),
    "at the end of the turn": (
        "for t in x:\n    a(h)\n    b(t)\n    h = t",
        "for t in x:\n    h = t\n    a(h)\n    b(t)",
    ),
    "a condition inverted": ("if h:\n    x = 1\nreturn x", "if not h:\n    x = 1\nreturn x"),
    "a comparison": ("x = h > 2", "x = h >= 2"),
    "the other branch": ("x = 1 if h else 2", "x = 2 if h else 1"),
    "one turn too many": ("for t in range(n):\n    x(t)", "for t in range(1, n):\n    x(t)"),
    "one turn too few": ("for t in range(n - 1):\n    x(t)", "for t in range(n):\n    x(t)"),
    "a turn less": ("for t in range(n):\n    x(t)", "for t in range(n - 1):\n    x(t)"),
    "backwards": ("for t in range(n):\n    x(t)", "for t in reversed(range(n)):\n    x(t)"),
    "forwards": ("for t in reversed(range(n)):\n    x(t)", "for t in range(n):\n    x(t)"),
    "the first of a slice": ("return x[:, 1:]", "return x[:, :-1]"),
    "the last of a slice": ("return x[:, :-1]", "return x[:, 1:]"),
    "the other side": ("return x[:k]", "return x[k:]"),
    "from behind": ("return x[:k]", "return x[-k:]"),
    "every second": ("return x[::2]", "return x[1::2]"),
    "the last in place of the first": ("return x[:, 0]", "return x[:, -1]"),
    "the one before": ("return x[t]", "return x[t - 1]"),
    "a sign": ("return x - h", "return x + h"),
    "the difference turned": ("return x - (h + 1)", "return h + 1 - x"),
    "the quotient turned": ("return x / h.sum()", "return h.sum() / x"),
    "a term too many": ("return x + h", "return x"),
    "another variable": ("return self.norm(x)", "return self.norm(h)"),
    "another layer": ("return self.one(x)", "return self.two(x)"),
    "a residual that is missing": ("y = self.one(x)\nreturn y", "y = self.one(x) + x\nreturn y"),
    "a gate that is missing": ("y = self.one(x)\nreturn y", "y = self.one(x)\nreturn y * h"),
    "two names exchanged": ("return 2 * x + h", "return 2 * h + x"),
    "a sign that is missing": ("return 2 * x", "return -(2 * x)"),
    "not reversed": ("y = self.one[0] + x", "y = self.one.flip(0)[0] + x"),
    "not transposed": ("y = f(x)", "y = f(x).mT"),
    "an argument that is missing": ("return x.argsort(1)", "return x.argsort(1, descending=True)"),
    "the only argument that is missing": ("return x.std()", "return x.std(correction=0)"),
    "a call too many": ("return x.detach()", "return x"),
    "a layer too many": ("return self.drop(x)", "return x"),
    "a statement too many": ("x = x + 1\nreturn x", "pass\nreturn x"),
}


@pytest.mark.parametrize("slip", sorted(SLIPS))
def test_the_repair_of_a_slip_is_among_the_edits(slip, tmp_path):
    wrong, right = SLIPS[slip]
    found = written(tmp_path, function(wrong), ("x", "h", "y"), ("one", "two"))
    assert ast.unparse(ast.parse(function(right))) in found


def test_each_edit_comes_once(tmp_path):
    _, found = edits_of(tmp_path, function("x = x[1:] + h * 2\nreturn x, h"), ("x", "h"))
    assert len({one.replacements for one in found}) == len(found)


def test_a_first_value_is_no_sum(tmp_path):
    _, found = edits_of(tmp_path, function("total = x\nreturn total"), ("x", "total"))
    assert not any(one.what.startswith("total = total +") for one in found)


@pytest.mark.parametrize(
    "body",
    [
        "'''Only words.'''",
        "import torch",
        "if x is None:\n    raise ValueError(h)",
        "assert x > 1",
        "os.remove(x)",
        "shutil.rmtree(x, h)",
        "open(x, h)",
        "Path(x).unlink()",
    ],
)
def test_what_says_something_guards_or_acts_outside_is_left_alone(body, tmp_path):
    assert edits_of(tmp_path, function(body), ("x", "h"))[1] == []


def test_loops_over_a_condition_are_left_alone(tmp_path):
    assert edits_of(tmp_path, function("while x < 3:\n    x = x + 1"), ("x", "h"))[1] == []


def test_independent_statements_are_not_exchanged(tmp_path):
    _, found = edits_of(tmp_path, function("a = x\nb = h\nreturn a, b"))
    assert not any(" before " in one.what for one in found)


def test_edits_are_told_in_one_line(tmp_path):
    text = function("s = 0\nfor t in x:\n    s = t\n    out.append(s)")
    _, found = edits_of(tmp_path, text)
    words = {one.what for one in found}
    assert {
        "s = s + t",
        "out.append(s) before s = t",
        "s = 0 in each turn of the loop",
        "without s = t",
        "out.append(s) behind the loop",
    } <= words


def test_what_stops_gradients_is_tried_where_they_alone_differ(tmp_path):
    text = function("y = self.one(x)\nreturn f(y)")
    path = tmp_path / "file.py"
    path.write_text(text)
    source = SourceText(path)
    definition = source.tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    names = dict.fromkeys(("x", "y"), TENSOR)
    for of_gradients in (False, True):
        edits = FunctionEdits(source, definition, names, {}, of_gradients).edits()
        words = {one.what for one in edits if one.what.endswith("detach()")}
        assert words == ({"y = self.one(x).detach()"} if of_gradients else set())
