"""Operands of calls, however they are written."""

import ast

import pytest

from parity.declaring.source_edits import Written
from parity.diagnosing.call_operands import input_of, is_method, keyword_of, other_of
from parity.diagnosing.operator_rewriting import CannotWriteError

FUNCTION, METHOD = Written(None), Written(None, method=True)
REFLECTED, MODULE = Written(None, reflected=True), Written(None, module="Linear")


def parsed(text):
    return ast.parse(text, mode="eval").body


@pytest.mark.parametrize(
    ("text", "written", "given", "other"),
    [
        ("a + b", FUNCTION, "a", "b"),
        ("2 - b", REFLECTED, "b", "2"),
        ("a < b", FUNCTION, "a", "b"),
        ("torch.bmm(a, b)", FUNCTION, "a", "b"),
        ("a.bmm(b)", METHOD, "a", "b"),
    ],
)
def test_first_and_second(text, written, given, other):
    node = parsed(text)
    assert ast.unparse(input_of(node, written)) == given
    assert ast.unparse(other_of(node, written)) == other


def test_an_input_may_be_named_or_indexed():
    assert ast.unparse(input_of(parsed("f(input=a)"), FUNCTION)) == "a"
    assert ast.unparse(input_of(parsed("a[0]"), FUNCTION)) == "a"


@pytest.mark.parametrize("text", ["f()", "f(*both)"])
def test_an_input_that_is_not_written_there(text):
    with pytest.raises(CannotWriteError, match="input is not among"):
        input_of(parsed(text), FUNCTION)


@pytest.mark.parametrize(
    ("text", "written"), [("f(a)", FUNCTION), ("self.f(a, b)", MODULE), ("a[0]", FUNCTION)]
)
def test_a_second_operand_that_is_not_written_there(text, written):
    with pytest.raises(CannotWriteError, match="second operand"):
        other_of(parsed(text), written)


def test_methods_and_keywords():
    assert is_method(parsed("a.sum()"), METHOD)
    assert not is_method(parsed("torch.sum(a)"), FUNCTION)
    assert not is_method(parsed("self.layer(a)"), MODULE)
    found = keyword_of(parsed("f(a, dim=1)"), "dim")
    assert found is not None
    assert ast.unparse(found.value) == "1"
    assert keyword_of(parsed("f(a)"), "dim") is None
