"""Mistakes that no list has, named by the reference's own operations."""

import inspect
import textwrap

import numpy as np
import pytest
import torch

from parity.declaring.grafts import ANY_CALL
from parity.declaring.known_bug import OtherOperation
from parity.declaring.port import Built, Side
from parity.diagnosing.budget import Budget
from parity.diagnosing.diagnose import diagnose
from parity.diagnosing.lining_up.grafting import generate_grafts
from parity.diagnosing.lining_up.lined_up import line_up
from parity.diagnosing.patching import Patcher
from parity.runners.tensorflow import tf
from tests.parity.diagnosing.lining_up.mistakes import MISTAKES, X, before_the_block
from tests.parity.diagnosing.lining_up.operation_ports import (
    drawn,
    lines,
    pair_and_task,
    ported,
)
from tests.parity.diagnosing.patchable import checked
from tests.parity.diagnosing.small_ports import diagnose_port, make_port, numpy_side


def diagnosed(mistake):
    return diagnose_port(ported(mistake.right, mistake.wrong, mistake.inputs, **mistake.weights))


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_that_has_no_name_is_found_in_its_line(name):
    found = diagnosed(MISTAKES[name])
    assert len(found.root_causes) == 1
    assert all(line.startswith(MISTAKES[name].line) for line in lines(found)), lines(found)
    assert found.confirmed
    assert found.certain
    # TensorFlow resizes in float32.
    assert found.root_causes[0].error_left < (1e-6 if "corners" in name else 1e-12)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gate of the other half", "value * torch.sigmoid(1.702 * gate) + torch.square(gate)"),
        ("softmax before the largest", "its input.topk(3, dim=-1)[0].softmax(1)"),
        ("state of a loop", "1.0 - gate (square 1 and 2 more on the same line)"),
        ("reset before the product", "reset * (state @ u)"),
    ],
)
def test_the_cause_says_what_the_reference_computes(name, expected):
    found = diagnosed(MISTAKES[name])
    assert "as mistakes.py:" in found.root_causes[0].name
    assert expected in found.root_causes[0].name


def test_one_graft_for_all_calls_of_an_expression():
    found = diagnosed(MISTAKES["reset before the product"])
    (bug,) = found.root_causes[0].known_bugs
    assert (bug.change.kind, bug.change.index, len(bug.change.among)) == (ANY_CALL, None, 3)
    assert all(leaf.depends_on_place_alone for leaf in bug.change.graft.leaves.values())


def test_without_the_operations_of_the_reference_the_cause_is_unknown():
    """The same mistake beside a reference in numpy."""

    def right(options, x):
        rooted = np.sqrt(np.abs(x)) * np.tanh(x[:, ::-1] + 0.25)
        return {"y": rooted + np.sinh(rooted)}

    def wrong(x):
        return {"y": torch.exp(x) * torch.atan(x + 0.7)}

    side = Side("torch", lambda *_: Built(lambda given: wrong(**given)))
    found = diagnose_port(make_port(numpy_side(right), side, {"x": X}))
    assert found.root_causes == ()
    assert not found.certain

    def with_tensorflow(x):
        rooted = tf.sqrt(tf.abs(x)) * tf.tanh(tf.gather(x, tf.range(5, -1, -1), axis=1) + 0.25)
        return rooted + tf.sinh(rooted)

    found = diagnose_port(ported(with_tensorflow, lambda x: wrong(x)["y"], {"x": X}))
    assert len(found.root_causes) == 1


def test_a_right_port_has_no_grafts():
    def right_too(x, w):
        return x + torch.relu(torch.nn.functional.layer_norm(x, (6,)) @ w)

    pair, task = pair_and_task(before_the_block, right_too, {"x": X}, w=(6, 6))
    assert list(generate_grafts(line_up(pair, task))) == []


def test_grafts_of_early_calls_come_first_and_none_twice():
    mistake = MISTAKES["noise behind the norm"]
    pair, task = pair_and_task(mistake.right, mistake.wrong, mistake.inputs)
    grafts = list(generate_grafts(line_up(pair, task)))
    changes = [one.bug.change for one in grafts]
    operations = [change for change in changes if isinstance(change, OtherOperation)]
    numbers = [change.index or 0 for change in operations]
    assert numbers == sorted(numbers)
    texts = [(change.index, change.graft and change.graft.text) for change in operations]
    assert len(set(texts)) == len(texts)


def test_a_table_of_the_reference_is_grafted_as_it_is():
    table = drawn(6, 6, seed=5).astype(np.float64) / 3

    def right(x):
        return tf.tanh(tf.matmul(x, tf.constant(table, x.dtype)))

    def wrong(x):
        mixed = x.cumsum(1).roll(1, 1) * 0.7
        return mixed.tanh()

    found = diagnose_port(ported(right, wrong, {"x": X}))
    assert lines(found) == ["mixed = x.cumsum(1).roll(1, 1) * 0.7"]
    (bug,) = found.root_causes[0].known_bugs
    (constant,) = bug.change.graft.constants.values()
    np.testing.assert_array_equal(constant, table)
    assert "a table" in bug.name
    # No source of the candidate's could name the table.
    assert found.root_causes[0].written


def test_a_mistake_that_depends_on_values_that_no_call_has_stays_unknown():
    def right(x):
        return tf.numpy_function(lambda a: np.sort(a * 1.37, 1)[:, ::-1].copy(), [x], x.dtype)

    def wrong(x):
        return torch.exp(x * 0.77) - x.roll(1, 1)

    found = diagnose_port(ported(right, wrong, {"x": X}))
    assert not found.certain


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("softmax before the largest", "    scores = (x @ w).topk(3, dim=-1)[0].softmax(1)"),
        ("state of a loop", "        state = torch.lerp(now.tanh(), state, 1.0 - gate)"),
        ("reset before the product", "        old = reset * (state @ u)"),
        ("norm behind the block", None),
    ],
)
def test_a_short_graft_is_a_patch_of_the_line(name, line, tmp_path):
    mistake = MISTAKES[name]
    file = tmp_path / "candidate.py"
    source = textwrap.dedent(inspect.getsource(mistake.wrong))
    file.write_text("import torch\n\n\n" + source.replace(mistake.wrong.__name__, "layer"))
    port = ported(mistake.right, file, mistake.inputs, **mistake.weights)
    checker, results = checked(port)
    pair = port.pairs[0]
    found = diagnose(port, pair, pair.configs[0], checker.task(pair, pair.configs[0]))
    assert found.certain
    (patched,) = Patcher(checker, results).confirm(found, results[0], "", Budget())
    if line is None:
        assert patched is None
        return
    (after,) = patched.patch.after.values()
    assert set(after.splitlines()) - set(file.read_text().splitlines()) == {line}


def test_an_input_is_written_by_the_name_that_the_code_has_for_it():
    """A call's own argument of the same numbers has none there."""

    def right(p, label):
        return -(label * tf.math.log(p + 0.01) + (1 - label) * tf.math.log(1 - p + 0.01))

    def wrong(p, label):
        p = p * 1
        return torch.nn.functional.binary_cross_entropy(p, label, reduction="none")

    probability = np.random.default_rng(2).uniform(0.1, 0.9, size=(2, 6, 3)).astype(np.float32)
    port = ported(right, wrong, {"p": probability[0], "label": probability[1]})
    (cause,) = diagnose_port(port).root_causes
    assert "label * torch.log(p + 0.01)" in cause.name.replace("0.009999999776482582", "0.01")
    (way,) = diagnose_port(port).calls[-1].ways
    assert way.edit is not None
