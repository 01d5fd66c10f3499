"""The candidate's own files: those that were entered, and what they import beside them."""

import functools
from pathlib import Path

import pytest

from parity.coverage import own_code
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side


@pytest.fixture
def package(tmp_path):
    files = {
        "net/__init__.py": "",
        "net/model.py": "from . import parts\nfrom net.deep.inner import x\nimport numpy\n",
        "net/parts.py": "def f():\n    import net.late\n",
        "net/late.py": "",
        "net/unused.py": "",
        "net/deep/__init__.py": "from ..sibling import y\n",
        "net/deep/inner.py": "x = 1",
        "net/sibling.py": "y = 1",
        "other/__init__.py": "",
        "port.py": "import reference\nimport net.model",
        "reference.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path.resolve()


def names(package: Path, *entered: str, declared: tuple[str, ...] = ()) -> set[str]:
    found = own_code.own_files([package / e for e in entered], [package / d for d in declared])
    return {str(path.relative_to(package)) for path in found}


def test_imports_within_the_package_are_followed_also_inside_functions(package):
    assert names(package, "net/model.py") == {
        "net/__init__.py",
        "net/model.py",
        "net/parts.py",
        "net/late.py",
        "net/deep/__init__.py",
        "net/deep/inner.py",
        "net/sibling.py",
    }


def test_nothing_follows_from_the_file_that_declares_the_pairs(package):
    assert names(package, "port.py", declared=("port.py",)) == {"port.py"}
    assert "reference.py" in names(package, "port.py")


def test_a_file_is_shown_relative_to_the_folder_or_its_package(package, monkeypatch):
    monkeypatch.chdir(package / "net")
    assert own_code.display(package / "net" / "parts.py") == "parts.py"
    assert own_code.display(package / "reference.py") == "reference.py"
    monkeypatch.chdir("/")
    assert own_code.root_of(package / "net" / "deep" / "inner.py") == package


def build(options, dtype):
    return Built(lambda inputs: inputs)


def test_factories_and_the_ports_file_declare(package):
    side = Side("numpy", functools.partial(build))
    pair = Pair("a", side, side, (Configuration("default", {}),), lambda given: {})
    port = Port("p", (pair,), lambda source, seed, count: InputSet("none", {}))
    found = own_code.declaring_files(port, str(package / "port.py"))
    assert found == {Path(__file__).resolve(), package / "port.py"}
