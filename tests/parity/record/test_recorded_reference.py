"""Recorded reference: the same verdicts as live, and a refusal of everything stale."""

import json
from dataclasses import replace

import numpy as np
import pytest

from parity.declaring.port import Configuration
from parity.errors import StaleError
from parity.judging.verdict import Verdict
from parity.record import recording


def wrong(x):
    return {"second": x.mean(-1) * 2, "above": x.max(-1) > 0}


def rounded_differently(x):
    return {"second": x[:, ::-1].sum(-1) / x.dtype.type(7), "above": x.max(-1) > 0}


def imprecise(x):
    far = x.dtype.type(1e4)
    return {"second": (x + far).mean(-1) - far, "above": x.max(-1) > 0}


def narrower(x):
    return {"second": x.mean(-1)[:-1]}


def single_only(x):
    if x.dtype == np.float64:
        raise NotImplementedError("no double precision")
    return {"second": x.mean(-1), "above": x.max(-1) > 0}


def failing(x):
    raise ValueError("no such axis")


WAYS = {
    None: Verdict.IDENTICAL,
    wrong: Verdict.DIFFERENT,
    rounded_differently: Verdict.EQUIVALENT,
    imprecise: Verdict.IMPRECISE,
    narrower: Verdict.STRUCTURE,
    single_only: Verdict.IDENTICAL,
    failing: Verdict.NOT_COMPARED,
}


@pytest.mark.parametrize("candidate", WAYS)
def test_verdicts_errors_and_notes_are_those_of_the_live_check(candidate, kit, tmp_path):
    port = kit.two_layers(candidate or kit.second)
    folder = kit.record(port, tmp_path / "recording")
    found = kit.results(kit.recorded(kit.without_reference(port), folder))
    assert found == kit.results(kit.live(port))
    assert [case.mode for case in found] == [*["isolated", "cascade"] * 2, "isolated"]
    assert found[2].verdict is WAYS[candidate]


def test_a_reference_without_float64_gives_the_same_weaker_check(kit, tmp_path):
    port = kit.two_layers(reference=single_only)
    folder = kit.record(port, tmp_path / "recording")
    found = kit.results(kit.recorded(kit.without_reference(port), folder))
    assert found == kit.results(kit.live(port))
    assert "the reference failed in float64: NotImplementedError" in found[2].notes[0]


def test_without_sampled_rounding_imprecise_is_not_decided(kit, tmp_path):
    port = kit.two_layers(imprecise)
    folder = kit.record(port, tmp_path / "recording", sample_rounding=False)
    case = kit.results(kit.recorded(port, folder))[2]
    assert case.verdict is Verdict.NOT_COMPARED
    assert (
        "was not sampled when it was recorded (--no-neighbours); record it again: parity record"
        in case.notes[-1]
    )
    (undecided,) = (output for output in case.outputs if not output.verdict.passes)
    assert undecided.reason.startswith(
        "imprecise, unless the reference's own rounding error is unusually small"
    )


def test_without_sampled_rounding_different_is_still_decided(kit, tmp_path):
    port = kit.two_layers(lambda x: {**imprecise(x), "above": x.max(-1) > 9})
    folder = kit.record(port, tmp_path / "recording", sample_rounding=False)
    assert kit.results(kit.recorded(port, folder))[2].verdict is Verdict.DIFFERENT


def test_versions_are_marked_as_recorded(kit, folder):
    reference = kit.recorded(kit.two_layers(), folder).reference
    assert reference.versions({"numpy", "other"}) == {
        "numpy": f"{np.__version__} (recorded)",
        "other": "unknown (recorded)",
    }


def first_case(folder):
    return next(iter(recording.read(folder).cases.values()))


def edit(folder, change):
    path = folder / recording.NAME
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def through_a_link(path):
    moved = path.rename(path.parent.parent / "elsewhere")
    path.symlink_to(moved)


def set_case(**fields):
    return lambda folder: edit(folder, lambda document: document["cases"][0].update(fields))


def set_document(**fields):
    return lambda folder: edit(folder, lambda document: document.update(fields))


DAMAGES = {
    "no folder": (lambda f: f.rename(f.parent / "moved"), "missing: there is no recording"),
    "no bundle.json": (lambda f: (f / "bundle.json").unlink(), "it contains no bundle.json"),
    "linked bundle.json": (lambda f: through_a_link(f / "bundle.json"), "contains no bundle.json"),
    "not JSON": (lambda f: (f / "bundle.json").write_text("{"), "damaged: .*JSONDecodeError"),
    "not text": (lambda f: (f / "bundle.json").write_bytes(b"\xff"), "damaged: .*UnicodeDecode"),
    "too deep": (lambda f: (f / "bundle.json").write_text("[" * 10**6), "damaged: .*Recursion"),
    "no object": (lambda f: (f / "bundle.json").write_text("[]"), "damaged: .*expected an object"),
    "other format": (set_document(format=2), "stale: .* has format 2, but this version reads 1"),
    "no cases": (set_document(cases=[]), "missing: .*one, default was not recorded"),
    "wrong type": (set_document(seed="1"), "damaged: .*'seed' is not of type int"),
    "escape codes": (
        set_document(inputs_title="\x1b[2J"),
        "contains characters that cannot be",
    ),
    "escaping path": (set_case(file="../other"), "is not the plain name of a file"),
    "absolute path": (set_case(file="/etc/passwd"), "is not the plain name of a file"),
    "hidden file": (set_case(file=".."), "is not the plain name of a file"),
    "no file": (lambda f: (f / first_case(f).file).unlink(), "one, default: .* does not exist"),
    "linked file": (lambda f: through_a_link(f / first_case(f).file), "does not exist"),
    "cut file": (lambda f: (f / first_case(f).file).write_bytes(b"ab"), "has 2 bytes instead of"),
    "damaged file": (lambda f: flip_a_bit(f / first_case(f).file), "is damaged: its checksum"),
    "other framework": (
        set_case(framework="torch"),
        "recorded with torch, but the port's .* is now numpy",
    ),
    "other options": (set_case(options={"width": 3}), "width is None, but was recorded as 3"),
    "other inputs": (set_case(inputs={"x": "0"}), "one, default: its inputs have changed: x"),
    "other weights": (set_case(weights="0"), "one, default: its weights have changed"),
    "other records": (set_document(inputs={"x": "0"}), "recorded on other inputs, drawn"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_is_missing_damaged_or_stale_is_refused_in_one_line(name, kit, folder):
    damage, message = DAMAGES[name]
    damage(folder)
    with pytest.raises(StaleError, match=message) as refused:
        kit.results(kit.recorded(kit.two_layers(), folder))
    (line,) = str(refused.value).splitlines()
    assert line.endswith(
        f"; record it again: parity record --port port.py --records 5 --seed 1 -o {folder}"
    )


def test_files_that_are_not_needed_are_not_read(kit, folder):
    flip_a_bit(folder / first_case(folder).file)
    assert kit.results(kit.recorded(kit.two_layers(), folder, layers=("two",)))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"seed": 2}, "recorded with seed 1, not 2; .* --seed 2 -o"),
        ({"gradients": True}, "recorded without gradients; .* --grad"),
        ({"records": 4}, r"other inputs, drawn \(5 records\), not drawn \(4 records\)"),
    ],
)
def test_what_was_not_recorded_is_refused_before_anything_runs(changed, message, kit, folder):
    with pytest.raises(StaleError, match=message):
        kit.recorded(kit.two_layers(kit.without_reference), folder, **changed)


def test_layers_and_configurations_that_were_not_recorded(kit, tmp_path):
    folder = kit.record(kit.two_layers(), tmp_path / "one", layers=("one",), modes=("isolated",))
    assert kit.results(kit.recorded(kit.two_layers(), folder, layers=("one",), modes=("isolated",)))
    with pytest.raises(
        StaleError, match=r"missing: .*whole, default was not recorded; .*--layer one"
    ):
        kit.recorded(kit.two_layers(), folder, layers=("one",))
    with pytest.raises(StaleError, match=r"missing: .*two, default was not recorded"):
        kit.recorded(kit.two_layers(), folder, modes=("isolated",))


def test_a_port_that_has_changed_since(kit, folder):
    with pytest.raises(
        StaleError, match=r"the options have changed: width is 3, but was recorded as None"
    ):
        kit.recorded(kit.two_layers(options={"width": 3}), folder)
    port = kit.two_layers()
    one, two, whole = port.pairs
    fed_differently = replace(two, inputs=lambda given: {"x": given.intermediates["first"] * 2})
    checker = kit.recorded(replace(port, pairs=(one, fed_differently, whole)), folder)
    with pytest.raises(StaleError, match="two, default: its inputs have changed: x"):
        kit.results(checker)


def test_options_of_a_layer_need_not_be_the_wholes(kit, tmp_path):
    port = kit.two_layers()
    own = tuple(
        replace(pair, configs=(Configuration("default", {"of": pair.layer}),))
        for pair in port.pairs
    )
    port = replace(port, pairs=own)
    folder = kit.record(port, tmp_path / "recording")
    assert kit.results(kit.recorded(port, folder)) == kit.results(kit.live(port))


def test_weights_and_outputs_differentiated_that_have_changed(kit, folder):
    checker = kit.recorded(kit.two_layers(), folder)
    pair, config, _ = checker.cases()[0]
    task = checker.task(pair, config)
    checker.reference.trace(pair, config, task)
    weighted = replace(task, weights={"kernel": np.ones(2, np.float32)})
    with pytest.raises(StaleError, match="its weights have changed"):
        checker.reference.trace(pair, config, weighted)
    with pytest.raises(StaleError, match="gradients are now of first, but were recorded of none"):
        checker.reference.trace(pair, config, replace(task, differentiate=("first",)))
    with pytest.raises(StaleError, match="gradients are now of all outputs"):
        checker.reference.trace(pair, config, replace(task, differentiate=None))


def test_a_new_configuration_was_not_recorded(kit, folder):
    port = kit.two_layers()
    more = tuple(
        replace(pair, configs=(*pair.configs, Configuration("new", {}))) for pair in port.pairs
    )
    with pytest.raises(StaleError, match=r"missing: .*one, new was not recorded"):
        kit.recorded(replace(port, pairs=more), folder)
