"""Mutants of a file: where they are, how they are named, and what is left alone."""

import ast

import pytest

from parity.mutate.source.mutants import find_mutants, mutate_tree

SOURCE = '''"""Docstring 3."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    ONLY = 1
__all__ = ["f" + "g"]
LIMIT = 3


def scale(x: "int | None", factor=2) -> int:
    """Return 4."""
    if factor < 0:
        raise ValueError(f"{factor + 1} is below {0 + 1}")
    assert factor > 1
    print("at", 5)
    y = x
    y = y + LIMIT
    y = y + LIMIT
    return y


class Layer:
    width = 7

    def call(self, x):
        self.x = x
        if self.width:
            x.append(self.x)
        elif x == 2:
            return None
        for one in x:
            try:
                one()
            except ValueError:
                x.clear()
        return x
'''


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "layer.py"
    path.write_text(SOURCE)
    return path


def test_each_mutant_is_the_file_with_its_one_change(path):
    original = ast.unparse(ast.parse(SOURCE)).splitlines()
    found = find_mutants(path)
    assert len(found) > 25
    for mutant in found:
        tree = mutate_tree(path, mutant.number)
        compile(tree, str(path), "exec")
        lines = ast.unparse(tree).splitlines()
        differ = [(a, b) for a, b in zip(original, lines, strict=True) if a != b]
        assert len(differ) == 1, mutant
        assert mutant.after.splitlines()[0] in differ[0][1]


def test_identities_are_unique_and_do_not_depend_on_lines(path):
    found = [mutant.identity for mutant in find_mutants(path)]
    assert len(set(found)) == len(found)
    path.write_text("# moved\n\n" + SOURCE)
    assert [mutant.identity for mutant in find_mutants(path)] == found
    second = ("layer.py", "scale", "y = y + LIMIT", "y = y - LIMIT", 2)
    assert second in found


def test_errors_messages_annotations_and_type_checking_are_left_alone(path):
    for mutant in find_mutants(path):
        for text in ("raise", "assert", "print", "ONLY", "__all__", "Docstring", "Return"):
            assert text not in mutant.before
        assert "factor < 0" not in mutant.before


def test_what_runs_on_import_is_named_and_never_left_out(path):
    found = {m.before: m for m in find_mutants(path) if m.imported}
    assert found["LIMIT = 3"].names == ("LIMIT",)
    assert found["LIMIT = 3"].top == ""
    assert found["width = 7"].function == "Layer"
    (default,) = [m for before, m in found.items() if "factor=2" in before]
    assert default.names == ("scale",)
    assert not any(m.kind == "statement left out" for m in found.values())


def test_only_what_may_run_without_a_statement_loses_it(path):
    left_out = {m.before for m in find_mutants(path) if m.kind == "statement left out"}
    assert left_out == {
        "y = x",
        "y = y + LIMIT",
        "self.x = x",
        "x.append(self.x)",
        "one()",
        "x.clear()",
    }


def test_conditions_are_negated_once(path):
    after = [m.after for m in find_mutants(path) if m.before.startswith("if")]
    assert "if not self.width:" in after
    assert "if x != 2:" in after
    assert "if not x == 2:" not in after
