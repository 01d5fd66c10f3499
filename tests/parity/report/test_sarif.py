"""SARIF: every failing case, at the line where its candidate is declared."""

import inspect
import json
from functools import partial, wraps
from pathlib import Path
from typing import Any

import pytest
import torch

from parity.declaring import parts
from parity.declaring.port import Built, Side
from parity.report import sarif
from parity.report.sarif import declared_at

HERE = Path(__file__).resolve()


class Reference:
    def __init__(self, dtype):
        self.dtype = dtype

    def parameters(self):
        return {}


class Model(torch.nn.Module):
    def head(self, x):
        return {"y": x}


def factory(options, dtype, extra=0):
    return Built(lambda inputs: inputs)


def no_inputs(given):
    return {}


def line_of(function):
    return inspect.getsourcelines(function)[1]


@pytest.mark.parametrize(
    ("build", "where"),
    [
        (factory, factory),
        (partial(factory, extra=1), factory),
        (wraps(factory)(lambda *given: factory(*given)), factory),
        (parts.pair("head", Reference, Model, (), no_inputs).candidate.build, Model.head),
        (parts.pair("tail", Reference, Model, (), no_inputs).candidate.build, Model),
    ],
    ids=["function", "partial", "wrapped", "method of a model", "model"],
)
def test_a_factory_is_found_where_it_is_written(build, where):
    assert declared_at(Side("numpy", build)) == (HERE, line_of(where))


def test_a_factory_without_source_has_no_location():
    made = {}
    exec("def build(options, dtype): ...", made)
    assert declared_at(Side("numpy", made["build"])) is None
    builtin: Any = dict
    assert declared_at(Side("numpy", builtin)) is None


@pytest.fixture
def run(toy, check_port, monkeypatch):
    def checked(candidate, folder=HERE.parents[3]):
        monkeypatch.chdir(folder)
        (run,) = json.loads(sarif.render(check_port(toy(candidate))))["runs"]
        return run

    return checked


def wrong(x):
    return {"mean": x.mean(-1), "scaled": x / 2}


def raises(x):
    raise ValueError("no")


@pytest.mark.parametrize(
    ("candidate", "rule"), [(wrong, "parity/different"), (raises, "parity/not-compared")]
)
def test_every_failing_case_is_a_result(run, candidate, rule):
    found = run(candidate)
    assert len(found["results"]) == 2
    rules = [each["id"] for each in found["tool"]["driver"]["rules"]]
    for result in found["results"]:
        assert result["ruleId"] == rule == rules[result["ruleIndex"]]
        assert result["level"] == "error"
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "tests/parity/conftest.py"
        assert place["region"]["startLine"] > 1
        assert location["logicalLocations"] == [{"fullyQualifiedName": "toy.layer"}]
    marks = [result["partialFingerprints"]["parityCase/v1"] for result in found["results"]]
    assert len(set(marks)) == 2
    again = [result["partialFingerprints"]["parityCase/v1"] for result in run(raises)["results"]]
    assert again == marks


def test_a_passing_case_is_not_a_result(run):
    found = run(lambda x: {"mean": x.mean(-1), "scaled": x * x.dtype.type(1 / 3)})
    assert found["results"] == []
    assert found["invocations"][0]["exitCode"] == 0


def test_code_outside_the_working_folder_has_no_location(run, tmp_path):
    (result, _) = run(wrong, tmp_path)["results"]
    assert "physicalLocation" not in result["locations"][0]
