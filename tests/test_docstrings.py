"""Docstrings of functions begin with a verb, not with an article, question word or participle."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("parity", "pt_gmvp", "converters", "legacy_tf", "benchmarks")
_NO_VERBS = """
a all an any as at both by each either every for from how if in it its many more most no none not of
on one only other several some that the there these they this those three to two what when where
whether which while who whose why with zero
"""
NO_VERBS = set(_NO_VERBS.split())
# Irregular ones; the regular ones end in -ed or -ing.
PARTICIPLES = {
    "drawn",
    "found",
    "given",
    "held",
    "kept",
    "known",
    "made",
    "seen",
    "taken",
    "told",
    "written",
}
# Verbs in -ing or -ed.
VERBS = {"bring", "embed", "feed", "need", "seed", "string"}


def wrong(source: str) -> list[str]:
    """Return the first line of every function's docstring that does not begin with a verb."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            text = ast.get_docstring(node)
            if text and _begins_wrongly(text):
                found.append(f"{node.lineno}: {text.splitlines()[0]}")
    return found


def _begins_wrongly(text: str) -> bool:
    first = re.split(r"[^\w]", text.split()[0])[0].lower()
    participle = first in PARTICIPLES or re.fullmatch(r"\w+(ed|ing)", first)
    return (
        not first or first.isdigit() or first in NO_VERBS or bool(participle and first not in VERBS)
    )


def files() -> list[str]:
    """Return the path of every source file."""
    return [
        path.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]


def test_docstrings_of_functions_begin_with_a_verb():
    found = {file: wrong((ROOT / file).read_text()) for file in files()}
    assert not {file: lines for file, lines in found.items() if lines}


@pytest.mark.parametrize(
    ("line", "is_wrong"),
    [
        ("The largest of all.", True),
        ("What a case takes.", True),
        ("Whether there is one.", True),
        ("Told apart by their names.", True),
        ("(B, L) of zeros.", True),
        ("Return the largest of all.", False),
        ("Seed the generator.", False),
        ("Bring both to one dtype.", False),
    ],
)
def test_a_planted_docstring(line, is_wrong):
    assert bool(wrong(f'class A:\n    def f(self):\n        """{line}"""\n')) == is_wrong
