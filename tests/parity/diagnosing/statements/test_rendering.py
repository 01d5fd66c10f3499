"""Replacements of nodes, and statements in one line."""

import ast

from parity.diagnosing.source_text import SourceText
from parity.diagnosing.statements.rendering import put, replaced, short


def read(tmp_path, text):
    path = tmp_path / "file.py"
    path.write_text(text)
    source = SourceText(path)
    return source, source.tree.body[0]


def test_an_operand_is_in_parentheses_unless_it_is_an_atom(tmp_path):
    source, statement = read(tmp_path, "y = a - b\n")
    product = put(source, statement.value, "2 * {}", operand=True)
    assert source.replaced([product]) == "y = 2 * (a - b)\n"
    assert source.replaced([put(source, statement.value, "f({})")]) == "y = f(a - b)\n"
    product = put(source, statement.value.left, "2 * {}", operand=True)
    assert source.replaced([product]) == "y = 2 * a - b\n"


def test_a_node_is_in_parentheses_where_what_is_around_it_binds_closer(tmp_path):
    source, statement = read(tmp_path, "y = f(a) * b + g[a]\n")
    new = ast.parse("c + d", mode="eval").body
    added, indexed = statement.value.left, statement.value.right
    assert source.replaced([replaced(source, added.left, new)]) == "y = (c + d) * b + g[a]\n"
    assert source.replaced([replaced(source, added.left.args[0], new)]) == (
        "y = f(c + d) * b + g[a]\n"
    )
    assert source.replaced([replaced(source, indexed.value, new)]) == "y = f(a) * b + (c + d)[a]\n"


def test_a_statement_in_one_line_has_no_block_and_is_not_long(tmp_path):
    source, loop = read(tmp_path, "for one in  range(\n    3\n):\n    print(one)\n")
    assert short(source, loop) == "for one in range( 3 )"
    number = put(source, loop.iter.args[0], "4")
    assert short(source, loop, [number]) == "for one in range( 4 )"
    source, long = read(tmp_path, f"x = {' + '.join('abc' * 20)}\n")
    assert len(short(source, long)) == 72
    assert short(source, long).endswith("…")


def test_another_operator_alone_is_replaced_if_it_binds_the_same_operands(tmp_path):
    source, statement = read(tmp_path, "y = f(a * 2 - 1)\n")
    inner = statement.value.args[0]
    plus = replaced(source, inner, ast.BinOp(inner.left, ast.Add(), inner.right))
    assert plus.text == " + "
    assert source.replaced([plus]) == "y = f(a * 2 + 1)\n"
    # A product would bind the 2 closer than the product before.
    times = replaced(source, inner, ast.BinOp(inner.left, ast.Mult(), inner.right))
    assert source.replaced([times]) == "y = f(a * 2 * 1)\n"
    source, statement = read(tmp_path, "y = a - b + c\n")
    whole = statement.value
    times = replaced(source, whole, ast.BinOp(whole.left, ast.Mult(), whole.right))
    assert source.replaced([times]) == "y = (a - b) * c\n"
