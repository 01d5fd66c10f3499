"""Names of one kind, and edits within one statement."""

import ast

from parity.diagnosing.source_text import SourceText
from parity.diagnosing.statements.expressions import Names, expression_edits


def test_names_stand_for_those_of_their_kind_alone():
    wide, narrow = ("tensor", 2, 3), ("tensor", 2, 1)
    names = Names({"x": wide, "h": wide, "mask": narrow}, {"one": wide, "two": wide})
    assert names.others("x") == ["h"]
    assert names.others("mask") == []
    assert names.others("self.one") == ["self.two"]
    assert names.others("unknown") == []
    assert names.kind("self.two") == wide


def test_blocks_are_not_part_of_their_statement(tmp_path):
    path = tmp_path / "file.py"
    path.write_text("for t in range(n):\n    x = a - b\n")
    source = SourceText(path)
    loop = source.tree.body[0]
    assert isinstance(loop, ast.For)
    end = source.start(loop.body[0])
    edits = list(expression_edits(source, loop, Names({}, {})))
    assert edits
    assert all(one.end < end for _, *replacements in edits for one in replacements)


def test_keywords_say_what_a_number_is(tmp_path):
    path = tmp_path / "file.py"
    path.write_text("x.sum(dim=1, keepdim=True)\n")
    source = SourceText(path)
    edits = expression_edits(source, source.tree.body[0], Names({}, {}))
    texts = {ast.unparse(ast.parse(source.replaced(list(each)))) for _, *each in edits}
    assert {"x.sum(dim=2, keepdim=True)", "x.sum(dim=1, keepdim=False)"} <= texts
