"""Small changes of expressions and statements."""

import ast
from typing import Any

import pytest

from parity.syntax.edits import changes


def expression(source: str) -> Any:
    return ast.parse(source, mode="eval").body


def changed(source: str, keyword: str = "") -> set[str]:
    statement: Any = ast.parse(source).body[0]
    node = statement.value if isinstance(statement, ast.Expr) else statement
    before = ast.dump(statement)
    found = {ast.unparse(ast.fix_missing_locations(new)) for _, new in changes(node, keyword)}
    assert ast.dump(statement) == before, "the original is left alone"
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a + b", {"a - b", "a", "b"}),
        ("a * b", {"a / b", "a + b", "a", "b"}),
        ("a @ b", {"a", "b"}),
        ("'%s' % b", set()),
        ("x += y", {"x -= y"}),
        ("-a", {"a"}),
        ("+a", set()),
        ("not a", {"a"}),
        ("a < b", {"a <= b", "a >= b"}),
        ("a == b", {"a != b"}),
        ("a < b < c", set()),
        ("a and b and c", {"a or b or c", "b and c", "a and c", "a and b"}),
        ("3", {"4", "2"}),
        ("0", {"1"}),
        ("1.5", {"3.0", "-1.5"}),
        ("0.0", {"1.0"}),
        ("True", {"False"}),
        ("'text'", set()),
        ("a if b else c", {"c if b else a"}),
        ("f(x, y, dim=1)", {"f(x, y)", "f(y, x, dim=1)"}),
        ("zip(a, strict=True)", set()),
        ("x.amax(*y)", {"x.amin(*y)"}),
        ("x.relu()", {"x.gelu()", "x"}),
        ("x.trunc_()", {"x.floor_()", "x.ceil_()", "x.round_()", "x"}),
        ("torch.sum(x)", {"torch.mean(x)"}),
        ("max(x)", {"min(x)"}),
    ],
)
def test_what_may_stand_in_the_place_of_an_expression(source, expected):
    assert changed(source) == expected


def test_an_axis_has_a_kind_of_its_own_and_a_guard_is_left_alone():
    one = expression("1")
    assert {kind for kind, _ in changes(one, "dim")} == {"axis"}
    assert {kind for kind, _ in changes(one)} == {"constant"}
    assert not list(changes(expression("True"), "strict"))


def test_bounds_of_slices():
    node = expression("x[1:n]").slice
    assert {ast.unparse(new) for _, new in changes(node)} == {":n", "1:", "1:n + 1"}


def test_conditions_of_statements_and_comprehensions():
    found = changed("if a:\n    b")
    assert found == {f"if {test}:\n    b" for test in ("not a", "False", "True")}
    node = expression("[x for x in y if z]").generators[0]
    shown = [ast.unparse(new).strip() for _, new in changes(node)]
    assert shown == ["for x in y", "for x in y if not z"]
