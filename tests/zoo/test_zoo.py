"""The zoo's declarations are whole, and its table says what the steps wrote."""

import ast
import importlib
import json

import pytest

from zoo import __main__ as command
from zoo.absent import stand_in
from zoo.declared import declared, environments
from zoo.table import markdown, row


@pytest.mark.parametrize("pair", declared(), ids=lambda pair: pair.name)
def test_every_pair_names_an_environment_and_makes_both_sides(pair):
    assert pair.environment in environments()
    assert pair.about
    tree = ast.parse((pair.folder / "models.py").read_text())
    made = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert {"reference", "candidate"} <= made


def test_all_packages_are_pinned():
    for environment in environments().values():
        assert all("==" in package for package in environment.packages)


def test_a_pair_that_does_not_exist_is_one_line(capsys):
    with pytest.raises(SystemExit) as end:
        command.main(("nosuch",))
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("zoo: no pair nosuch; there are albert, ")


def test_a_row_counts_marks_and_names_what_differs(tmp_path):
    (pair,) = declared(("bert",))
    steps = {"init": {"code": 0, "seconds": 51.6, "mib": 700}, "check": {"seconds": 9, "mib": 800}}
    outputs = [{"name": "grad/weight/word", "verdict": "different"}]
    cases = [
        {"verdict": "different", "outputs": outputs},
        {"verdict": "equivalent", "outputs": []},
    ]
    (tmp_path / "result.json").write_text(json.dumps(steps))
    (tmp_path / "init.txt").write_text("✓ a = b\n✓ c = d\n· e = f\n? g = h\nwritten\n")
    (tmp_path / "check.json").write_text(json.dumps({"cases": cases}))
    (tmp_path / "conversion.json").write_text(json.dumps({"equal": 3, "count": 4}))
    weights = {"candidate": {"compared": 4, "different": [{"name": "a"}]}}
    report = {"weights": weights, "summary": {"identical": 2, "different": 1}}
    (tmp_path / "pretrained.json").write_text(json.dumps(report))
    cells = row(pair, tmp_path)
    assert cells[:5] == ("bert", "4", "1", "2 sure, 1 by name, 1 unsure", "3 of 4 equal")
    assert cells[6:10] == (
        "2 identical, 1 different",
        "differ: grad/weight/word",
        "52 + 9",
        "800",
    )
    (tmp_path / "conversion.json").unlink()
    assert row(pair, tmp_path)[4] == "3 of 4 published"


def test_a_pair_that_was_not_run_is_all_dashes(tmp_path):
    (pair,) = declared(("bert",))
    cells = row(pair, tmp_path)
    assert cells[1:3] == ("-", "-")
    assert cells[3] == "none"
    assert markdown([cells]).count("\n") == 2


def test_a_package_that_is_absent_is_made_of_empty_classes():
    stand_in("absent_here")
    functional = importlib.import_module("absent_here.ops.functional")
    operations = importlib.import_module("absent_here.ops")
    assert isinstance(functional.NearestMode, type)
    assert isinstance(operations.Mode.NEAREST, type)


def test_a_package_that_is_installed_is_imported_as_usual():
    stand_in("colorsys")
    assert importlib.import_module("colorsys").rgb_to_hsv(0, 0, 0) == (0, 0, 0)


def test_other_absent_packages_stay_absent():
    stand_in("absent_here")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("absent_elsewhere")
