"""Every source module has a test module of its own name in the mirrored place, or a reason."""

import ast
from fnmatch import fnmatch
from pathlib import Path

TESTS = Path(__file__).parent
ROOT = TESTS.parent
PACKAGES = ("parity", "pt_gmvp", "converters", "legacy_tf")

# Modules that are tested elsewhere, by pattern.
REASONS = {
    "parity/commands/*": "thin; run by tests/parity/commands and tests/parity/test_cli.py",
    "parity/ports/gmvp/*": "declarations; tests/parity/ports/test_gmvp.py checks every pair",
    "pt_gmvp/commands/*": "thin; the tests of what a command runs call it from the command line",
    "converters/commands/*": "thin; run by tests/converters/test_cli.py and its commands/",
}


def modules(root: Path = ROOT) -> list[str]:
    """Return the path of every source module that defines a function."""
    return [
        path.relative_to(root).as_posix()
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
        if path.name not in ("__init__.py", "__main__.py") and _defines_a_function(path)
    ]


def _defines_a_function(path: Path) -> bool:
    return any(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse(path.read_text())))


def has_test(module: str, tests: Path = TESTS) -> bool:
    """Return whether the mirrored test module exists."""
    path = tests / module
    return path.with_name(f"test_{path.name}").exists()


def reason(module: str) -> str:
    """Return why a module needs no test module of its own; empty if it does."""
    return next((why for pattern, why in REASONS.items() if fnmatch(module, pattern)), "")


def test_every_module_has_its_test_module_or_a_reason():
    every = modules()
    known = {each for each in every if has_test(each) or reason(each)}
    assert not set(every) - known


def test_every_pattern_is_needed():
    every = modules()
    for pattern in REASONS:
        assert any(fnmatch(each, pattern) and not has_test(each) for each in every), pattern


def test_a_module_without_its_test_is_seen(tmp_path):
    (tmp_path / "parity" / "judging").mkdir(parents=True)
    (tmp_path / "parity" / "judging" / "new.py").write_text("def f(): ...\n")
    (tmp_path / "parity" / "judging" / "names.py").write_text("NAMES = ()\n")
    assert modules(tmp_path) == ["parity/judging/new.py"]
    assert not has_test("parity/judging/new.py", tmp_path / "tests")
    assert not reason("parity/judging/new.py")
