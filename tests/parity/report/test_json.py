"""The JSON document and its published schema, which allows no other field."""

import copy
import json
from dataclasses import fields, replace
from importlib import resources

import jsonschema
import pytest

from parity.checking.constant_finding import ConstantFinding, NamedConstant
from parity.checking.selection import Selection
from parity.compare import report
from parity.compare.changes import compare
from parity.compare.documents import read
from parity.declaring.constants import Constant
from parity.declaring.inputs import InputSet
from parity.declaring.known_bug import ChangedOutputs, KnownBug
from parity.diagnosing.diagnosis import Diagnosis, RootCause
from parity.judging.verdict import Element, OutputResult, Verdict
from parity.report import diagnosis, formats
from parity.report import json as json_report
from parity.report.checked import Checked
from tests.parity.report.results import BAD, case


def validator(of):
    file = resources.files("parity.report") / "schema" / f"{of}.schema.json"
    schema = json.loads(file.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture(scope="module")
def documents(toy, check_port):
    """Real checks: one that passes, one that fails in values, one in shape, one that raises."""

    def raises(x):
        raise ValueError("no")

    def one_nan(x):
        return {"mean": x.mean(-1) * float("nan"), "scaled": x / 3}

    candidates = [
        lambda x: {"mean": x.mean(-1), "scaled": x * x.dtype.type(1 / 3)},
        lambda x: {"mean": x.mean(-1), "scaled": x / 2},
        lambda x: {"mean": x.mean(0), "other": x},
        raises,
        one_nan,
    ]
    found = [check_port(toy(candidate)) for candidate in candidates]
    change = ChangedOutputs(lambda outputs, task: outputs)
    cause = RootCause((KnownBug(3, "scaled by another number", "scaled", change),), 1e-16)
    said = [
        Diagnosis("layer", "default", "scaled", ("mean",), 0.5, (cause,), 9),
        Diagnosis("layer", "default", None, (), float("inf"), (), 9),
    ]
    slope = NamedConstant("candidate", "rounded", Constant("leaky_relu", "0.2", "0.200000003"))
    constants = ConstantFinding(None, "rounded", True, (slope,), 2)
    diagnosed = replace(
        found[1],
        diagnoses=tuple(diagnosis.document(each) for each in said),
        results=tuple(replace(result, constants=constants) for result in found[1].results),
    )
    return [json.loads(json_report.render(checked)) for checked in (*found, diagnosed)]


def test_what_is_written_is_valid(documents):
    for document in documents:
        validator("check").validate(document)
    verdicts = {case["verdict"] for document in documents for case in document["cases"]}
    assert verdicts >= {"identical", "different", "structure", "not compared"}
    assert [document["exit_code"] for document in documents] == [0, 1, 1, 2, 1, 1]


def test_bounds_are_those_that_the_verdict_was_judged_by(documents):
    passing, failing = (document["cases"][0]["outputs"] for document in documents[:2])
    assert all(output["cand_err"] <= output["bounds"]["rounding"] for output in passing)
    assert all(output["max_abs_err_64"] <= output["bounds"]["logic"] for output in passing)
    assert failing[1]["max_abs_err_64"] > failing[1]["bounds"]["logic"]


def test_constants_that_explain_a_difference_are_written(documents):
    assert documents[0]["cases"][0]["constants"] is None
    assert documents[5]["cases"][0]["constants"] == {
        "reference": None,
        "candidate": "rounded",
        "complete": True,
        "named": [
            {
                "side": "candidate",
                "state": "rounded",
                "operation": "leaky_relu",
                "value": "0.2",
                "held": "0.200000003",
                "where": "",
            }
        ],
        "others": 2,
    }


def test_every_field_is_in_the_schema():
    of = validator("check").schema
    output, element = of["$defs"]["output"], of["$defs"]["element"]
    assert set(output["properties"]) == {field.name for field in fields(OutputResult)} | {"bounds"}
    assert set(element["properties"]) == {field.name for field in fields(Element)}
    assert set(of["properties"]["selection"]["properties"]) <= {f.name for f in fields(Selection)}
    assert of["$defs"]["output_verdict"]["enum"] == list(Verdict)
    of_cases = [verdict for verdict in Verdict if verdict is not Verdict.EXEMPT]
    assert of["$defs"]["verdict"]["enum"] == of_cases


def objects(value, at=()):
    """Every object within a document, by where it is."""
    if isinstance(value, dict):
        yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in inner:
        if isinstance(item, dict | list):
            yield from objects(item, (*at, key))


OPEN = {"versions", "summary"}


def test_a_field_more_or_less_is_refused_anywhere(documents):
    """Planted into every object of a real document, one at a time."""
    document, check = documents[5], validator("check")
    places = [at for at in objects(document) if not OPEN & set(at)]
    assert len(places) > 10
    for place in places:
        for change in ("more", "less"):
            planted = copy.deepcopy(document)
            held = planted
            for key in place:
                held = held[key]
            if change == "more":
                held["planted"] = 1
            else:
                held.popitem()
            assert not check.is_valid(planted), (place, change)


@pytest.mark.parametrize(
    ("field", "value"),
    [("exit_code", 3), ("seconds", -1), ("cases", {}), ("summary", {"fine": 1}), ("schema", {})],
)
def test_a_wrong_value_is_refused(documents, field, value):
    assert not validator("check").is_valid({**documents[0], field: value})


@pytest.mark.slow
def test_what_compare_writes_is_valid(documents, tmp_path):
    paths = [tmp_path / "a.json", tmp_path / "b.json"]
    for before in documents:
        for after in documents:
            for path, document in zip(paths, (before, after), strict=True):
                path.write_text(json.dumps(document))
            changes = report.document(compare(*(read(str(path)) for path in paths)))
            validator("compare").validate(json.loads(json_report.text(changes)))
            assert not validator("compare").is_valid({**changes, "planted": 1})


def test_json_is_written_to_its_file_with_infinities_as_text(tmp_path, toy):
    given = InputSet("drawn", {})
    results = (case("isolated", BAD),)
    pairs = toy().pairs
    found = Checked("toy", {"numpy": "2"}, given, Selection(), results, (), 1.0, pairs)
    path = tmp_path / "out.json"
    formats.write_all({"json": str(path)}, found)
    read = json.loads(path.read_text())
    assert {"schema", "port", "versions", "recorded", "cases", "summary", "diagnoses"} <= set(read)
    assert read["summary"] == {"different": 1}
    (only,) = read["cases"]
    assert {"layer", "config", "mode", "input", "verdict", "outputs"} <= set(only)
    (output,) = only["outputs"]
    assert {
        "name", "ref_shape", "cand_shape", "ref_dtype", "cand_dtype", "verdict", "scale",
        "max_abs_err_32", "max_abs_err_64", "ref_err", "cand_err", "compared",
    } <= set(output)  # fmt: skip
    assert output["max_abs_err_64"] == "inf"
    assert [p.name for p in tmp_path.iterdir()] == ["out.json"]
