"""Expressions of the reference, down to the tensors that the candidate has."""

import numpy as np
import pytest

from parity.declaring.operation_watch import OperationWatch, SeenOperation
from parity.diagnosing.lining_up.expressions import Translator
from parity.diagnosing.lining_up.matching import Layout
from parity.diagnosing.lining_up.operands import UntranslatedError

VALUES = np.arange(6.0).reshape(2, 3)


class Run:
    """A run of the reference, written operation by operation."""

    def __init__(self):
        self.watch, self.own = OperationWatch("exact"), []
        self.shared = {}

    def leaf(self, array=VALUES, layout=None, own=None):
        """Add a tensor that the candidate has, in a layout of its own."""
        number = self.watch.add_tensor(array)
        self.own.append(array if own is None else own)
        plain = Layout(tuple(range(array.ndim)))
        self.shared[number] = (len(self.own) - 1, layout or plain)
        return number

    def constant(self, value):
        return self.watch.add_tensor(np.asarray(value), constant=True)

    def make(self, kind, *given, shape=(2, 3), line=1, **attributes):
        number = self.watch.add_tensor(np.zeros(shape))
        where = f"reference.py:{line}"
        operation = SeenOperation(kind, given, (number,), attributes, where, f"line {line}")
        self.watch.add_operation(operation)
        return number

    def translate(self, tensor):
        return Translator(self.watch, self.shared, self.own, 2).translate(tensor)


@pytest.fixture
def run():
    return Run()


def test_it_ends_at_what_the_candidate_has(run):
    x, y = run.leaf(), run.leaf(VALUES + 1)
    operand, expression = run.translate(run.make("AddV2", run.make("Exp", x), y))
    assert operand.text == "(torch.exp({t0}) + {t1})"
    assert expression.leaves == {"t0": 0, "t1": 1}
    assert (expression.operations, expression.constants, expression.steps) == (2, {}, {})


def test_the_tensor_itself_is_computed_even_if_the_candidate_has_it(run):
    made = run.make("Exp", run.leaf())
    run.shared[made] = (0, Layout((0, 1)))
    assert run.translate(made)[0].text == "torch.exp({t0})"
    assert run.translate(run.make("Tanh", made))[0].text == "torch.tanh({t0})"


def test_one_tensor_has_one_name(run):
    x = run.leaf()
    operand, expression = run.translate(run.make("Mul", x, x))
    assert operand.text == "({t0} * {t0})"
    assert expression.leaves == {"t0": 0}


def test_layouts_of_leaves(run):
    turned = run.leaf(VALUES, Layout((1, 0)))
    assert run.translate(run.make("Exp", turned))[0].plain == "torch.exp({t0}).permute(1, 0)"
    flat = run.leaf(VALUES, Layout((0,), (2, 3)), VALUES.ravel())
    assert run.translate(run.make("Exp", flat))[0].text == "torch.exp({t0}.reshape(-1, 3))"
    scalar = run.leaf(np.array(3.0), Layout((0,), ()), np.array([3.0]))
    assert scalar in run.shared


def test_masks_and_counts_have_the_references_type(run):
    mask = run.leaf(VALUES > 2, own=(VALUES > 2).astype(np.float64))
    assert run.translate(run.make("LogicalNot", mask))[0].text == "(~{t0}.bool())"
    count = run.leaf(VALUES, own=VALUES.astype(np.int64))
    assert run.translate(run.make("Exp", count))[0].text == "torch.exp({t0}.to({float}))"


def test_what_is_used_twice_is_a_step(run):
    x = run.leaf()
    shared = run.make("Exp", run.make("Tanh", run.make("Sin", x)))
    operand, expression = run.translate(run.make("AddV2", run.make("Neg", shared), shared))
    assert operand.text == "((-{s0}) + {s0})"
    assert expression.steps == {"s0": "torch.exp(torch.tanh(torch.sin({t0})))"}
    assert expression.operations == 5


def test_steps_may_use_earlier_ones(run):
    first = run.make("Exp", run.make("Tanh", run.make("Sin", run.leaf())))
    second = run.make("Sigmoid", run.make("Mul", first, first))
    operand, expression = run.translate(run.make("Sub", second, run.make("Neg", second)))
    assert list(expression.steps) == ["s0", "s1"]
    assert "{s0}" in expression.steps["s1"]
    assert operand.text == "({s1} - (-{s1}))"


def test_short_source_is_repeated(run):
    short = run.make("Exp", run.leaf())
    operand, expression = run.translate(run.make("AddV2", short, run.make("Neg", short)))
    assert operand.text == "(torch.exp({t0}) + (-torch.exp({t0})))"
    assert expression.steps == {}


def test_constants_are_written_out_if_they_are_short(run):
    x = run.leaf()
    vector = run.constant([0.1, 0.2, 0.3])
    assert run.translate(run.make("Mul", x, run.constant(0.1)))[0].text == "({t0} * 0.1)"
    written = run.translate(run.make("Mul", x, vector))[0].text
    assert written == "({t0} * torch.tensor([0.1, 0.2, 0.3], dtype={float}))"
    table = run.constant(VALUES + 1)
    operand, expression = run.translate(run.make("Mul", x, table))
    assert operand.text == "({t0} * {c0})"
    np.testing.assert_array_equal(expression.constants["c0"], VALUES + 1)


def test_lines_of_the_reference_in_the_order_of_computation(run):
    made = run.make("Exp", run.make("Sin", run.leaf(), line=4), line=7)
    _, expression = run.translate(run.make("Neg", made, line=7))
    assert expression.lines == {"reference.py:4": "line 4", "reference.py:7": "line 7"}


def test_what_has_no_translation_says_why(run):
    x = run.leaf()
    lacking = run.watch.add_tensor(VALUES)
    for tensor, why in (
        (run.make("Qr", x), "no translation of Qr"),
        (run.make("Exp", run.make("Qr", x)), "no translation of Qr"),
        (run.make("AddV2", x, lacking), "a tensor that the candidate lacks"),
    ):
        with pytest.raises(UntranslatedError, match=why):
            run.translate(tensor)


def test_long_computations_are_not_translated(run):
    made = run.leaf()
    for _ in range(32):
        made = run.make("Identity", run.make("Sin", made))
    assert run.translate(made)[1].operations == 32
    with pytest.raises(UntranslatedError, match="too many"):
        run.translate(run.make("Sin", made))


def test_keras_prelu_is_one_function_where_its_slopes_are_by_channel(run):
    image, layout = np.arange(48.0).reshape(2, 2, 4, 3), (0, 2, 3, 1)
    x = run.leaf(image, Layout(layout), image.transpose(0, 3, 1, 2))
    slopes = np.arange(3.0).reshape(1, 1, 3)
    slope = run.leaf(slopes, Layout((0,), (1, 1, 3)), slopes.ravel())

    def prelu(x, slope, shape):
        below = run.make("Relu", run.make("Neg", x, shape=shape), shape=shape)
        scaled = run.make("Mul", run.make("Neg", slope, shape=(1, 1, 3)), below, shape=shape)
        return run.make("AddV2", run.make("Relu", x, shape=shape), scaled, shape=shape)

    operand, expression = run.translate(prelu(x, slope, image.shape))
    assert operand.text == "torch.nn.functional.prelu({t0}, {t1})"
    assert (operand.axes, expression.leaves) == (layout, {"t0": 0, "t1": 1})
    # PyTorch's takes its slopes along the second axis alone.
    last = run.leaf(image)
    assert "prelu" not in run.translate(prelu(last, slope, image.shape))[0].text
