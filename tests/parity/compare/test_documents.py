"""Checks read back: what was written is restored, and anything else is refused in one line."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity.compare.changes import compare
from parity.compare.documents import READABLE, read
from parity.errors import ParityError
from parity.judging.verdict import Verdict
from parity.report import json as json_report


@pytest.fixture(scope="module")
def text(toy, check_port):
    return json_report.render(check_port(toy(lambda x: {"mean": x.mean(-1), "scaled": x / 2})))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("documents") / "a.json"


def refusal(path, content) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ParityError) as caught:
        read(str(path))
    (line,) = str(caught.value).splitlines()
    assert line.startswith((f"{path}", f"cannot read {path}"))
    return line.removeprefix(str(path))


def test_what_was_written_is_restored(text, path):
    path.write_text(text)
    document = read(str(path))
    assert document.port == "toy"
    assert document.settings["inputs"] == "drawn (5 records)"
    assert list(document.cases) == [("layer", name, "isolated") for name in ("default", "other")]
    case = document.cases["layer", "default", "isolated"]
    assert case.verdict is Verdict.DIFFERENT
    assert case.outputs["mean"].verdict is Verdict.IDENTICAL
    assert case.outputs["mean"].rounding <= 1 < case.outputs["scaled"].rounding
    assert case.outputs["mean"].logic == 0


OLD = Path(__file__).parent / "data" / "check_schema_1.json"


def test_a_check_of_the_first_schema_is_read():
    document = read(str(OLD))
    assert {layer: str(case.verdict) for (layer, _, _), case in document.cases.items()} == {
        "right": "identical",
        "wrong": "different",
        "narrow": "structure",
        "failing": "not compared",
    }
    wrong = document.cases["wrong", "default", "isolated"]
    assert wrong.outputs["mean"].rounding <= 1 < wrong.outputs["scaled"].logic
    narrow = document.cases["narrow", "default", "isolated"].outputs["mean"]
    assert (narrow.logic, narrow.rounding) == (None, None)
    failing = document.cases["failing", "default", "isolated"]
    assert failing.notes == ("the candidate failed in float32: ValueError: no such axis",)
    assert document.settings["inputs"] == "drawn (10 records)"


def test_a_check_of_the_first_schema_is_compared_with_a_present_one(path):
    present = {**json.loads(OLD.read_text()), "schema": json_report.SCHEMA}
    path.write_text(json.dumps(present))
    changes = compare(read(str(OLD)), read(str(path)))
    assert (changes.cases, changes.settings, changes.same) == ((), (), 4)


def test_every_published_schema_is_read():
    assert READABLE[-1] == json_report.SCHEMA
    assert [schema["version"] for schema in READABLE] == list(range(1, len(READABLE) + 1))


@pytest.mark.parametrize("share", [0, 0.3, 0.99])
def test_a_document_that_is_cut_off(text, path, share):
    assert refusal(path, text[: int(len(text) * share)]).startswith(
        " is not JSON, or is truncated: line "
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", " is not a check; expected what `parity check --json` writes"),
        ("3", " is not a check; expected what `parity check --json` writes"),
        ('{"port": "gmvp"}', " is not a check; expected what `parity check --json` writes"),
        (
            '{"schema": {"name": "parity-check", "version": 4}}',
            ' has the schema {"name": "parity-check", "version": 4}; '
            "expected parity-check, versions 1, 2 and 3",
        ),
        (b"\xff\xfe", " is not JSON written by a check"),
        ("[" * 100_000, " is not JSON written by a check"),
    ],
)
def test_what_is_not_a_check(path, content, said):
    assert refusal(path, content) == said


def test_a_file_that_is_not_there_and_a_folder(tmp_path):
    for place in (tmp_path / "none.json", tmp_path):
        with pytest.raises(ParityError, match=f"^cannot read {place}: "):
            read(str(place))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(seconds="long"), ', at seconds: expected a number, found "long"'),
        (lambda d: d.pop("cases"), ": expected an object with a field 'cases', found "),
        (
            lambda d: d["cases"][1].update(verdict="fine"),
            ', at cases[1].verdict: expected a verdict, found "fine"',
        ),
        (
            lambda d: d["cases"][0]["outputs"][1]["bounds"].update(logic=True),
            ", at cases[0].outputs[1].bounds.logic: expected a number, found true",
        ),
        (
            lambda d: d["cases"].append(d["cases"][0]),
            ", at cases[2]: duplicate case layer, default, isolated",
        ),
        (lambda d: d["selection"].update(seed=True), ", at selection.seed: expected a whole"),
        (lambda d: d["selection"].update(modes=["x"]), ", at selection.modes: expected modes"),
        (lambda d: d["versions"].update(torch=2), ", at versions.torch: expected text, found 2"),
        (lambda d: d["versions"].update({"a\nb": 2}), ', at versions."a\\nb": expected text'),
    ],
)
def test_a_wrong_field_is_named_with_its_place(text, path, change, said):
    document = json.loads(text)
    change(document)
    assert refusal(path, json.dumps(document)).startswith(said)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def values(held):
    return held.values() if isinstance(held, dict) else held


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_change_is_read_or_refused_in_one_line(text, path, data):
    """Put any value anywhere into a real document."""
    document = held = json.loads(text)
    for _ in range(data.draw(st.integers(0, 6))):
        inner = [item for item in values(held) if isinstance(item, dict | list) and item]
        if not inner:
            break
        held = data.draw(st.sampled_from(inner))
    keys = list(held) if isinstance(held, dict) else range(len(held))
    held[data.draw(st.sampled_from(keys))] = data.draw(_JSON)
    path.write_text(json.dumps(document))
    said = "it was read"
    try:
        read(str(path))
    except ParityError as error:
        said = str(error)
    assert len(said.splitlines()) == 1
