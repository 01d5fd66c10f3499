"""Repairs are written into calls of every form, and the rest of the line stays."""

import ast

import pytest

from parity.declaring.source_edits import Edit, Place, Written
from parity.diagnosing.source_rewriting import CannotWriteError, rewrite
from parity.diagnosing.source_text import SourceText

HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn, relu\n"


def rewritten(tmp_path, line, edit, *, at=None, made=None, **fields):
    """Return a line whose expression `at`, made by the expression `made`, is repaired."""
    path = tmp_path / "a.py"
    path.write_text(HEAD + line + "\n")
    source = SourceText(path)

    def place(text):
        nodes = [n for n in ast.walk(source.tree) if isinstance(n, ast.Call | ast.BinOp)]
        node = next(n for n in nodes if source.plain(n) == text)
        ends = node.lineno, node.end_lineno, node.col_offset, node.end_col_offset
        return Place(str(path), *ends)

    written = Written(place(at) if at else None, place(made) if made else None, **fields)
    found = [one for _, one in rewrite(edit, written, {str(path): source})]
    new = source.replaced(found)
    compile(new, "a.py", "exec")
    return new[len(HEAD) : -1]


SOFTMAX = ("input", "dim")
AXIS = Edit((("dim", "-1"),))


@pytest.mark.parametrize(
    ("line", "method", "new"),
    [
        ("y = F.softmax(x, 1)  # why", False, "y = F.softmax(x, -1)  # why"),
        ("y = F.softmax(x, dim = 1)", False, "y = F.softmax(x, dim = -1)"),
        ("y = x.softmax(1)", True, "y = x.softmax(-1)"),
        ("y = x.softmax(dim=1,)", True, "y = x.softmax(dim=-1,)"),
        ("y = F.softmax(x)", False, "y = F.softmax(x, dim=-1)"),
        ("y = F.softmax((x),)", False, "y = F.softmax((x), dim=-1,)"),
        ("y = F.softmax(\n    x,\n    1)", False, "y = F.softmax(\n    x,\n    -1)"),
        ("y = F.softmax(*x, 1)", False, None),
    ],
)
def test_an_argument(tmp_path, line, method, new):
    def do():
        at = line[4:].partition("  #")[0]
        return rewritten(tmp_path, line, AXIS, at=at, parameters=SOFTMAX, method=method)

    if new is None:
        with pytest.raises(CannotWriteError, match="unpacked"):
            do()
    else:
        assert do() == new


CONV = ("in_channels", "out_channels", "kernel_size", "stride", "padding")
PADDED = Edit((("padding", "0"),), before="torch.nn.functional.pad({input}, (0, 1))")


@pytest.mark.parametrize(
    ("made", "new"),
    [
        ("nn.Conv1d(3, 4, 3, 2, 1)", "nn.Conv1d(3, 4, 3, 2, 0)"),
        ("nn.Conv1d(3, 4, 3, padding=1)", "nn.Conv1d(3, 4, 3, padding=0)"),
        ("nn.Conv1d(3, 4, 3)", "nn.Conv1d(3, 4, 3)"),
    ],
)
def test_a_module_where_it_is_made_and_its_input_where_it_is_called(tmp_path, made, new):
    line = f"c = {made}; y = c(a + b)"
    changed = rewritten(
        tmp_path, line, PADDED, at="c(a + b)", made=made, module="Conv1d", constructor=CONV
    )
    assert changed == f"c = {new}; y = c(F.pad(a + b, (0, 1)))"


def test_within_a_container_no_input_can_be_changed(tmp_path):
    line = "c = nn.Sequential(nn.ReLU(), nn.Conv1d(3, 4, 3)); y = c(x)"
    given = {"at": "c(x)", "made": "nn.Conv1d(3, 4, 3)", "module": "Conv1d", "constructor": CONV}
    with pytest.raises(CannotWriteError, match="container"):
        rewritten(tmp_path, line, PADDED, **given, first=False)
    assert rewritten(tmp_path, line, Edit((("padding", "2"),)), **given, first=False) == (
        "c = nn.Sequential(nn.ReLU(), nn.Conv1d(3, 4, 3, padding=2)); y = c(x)"
    )


RELU = Edit(function="torch.relu({input})", module="torch.nn.ReLU()")
QUICK = Edit(function="{input} * torch.sigmoid(1.702 * {input})")


@pytest.mark.parametrize(
    ("line", "at", "edit", "method", "new"),
    [
        ("y = F.elu(x, 0.5)", "F.elu(x, 0.5)", RELU, False, "y = relu(x)"),
        ("y = 1 + x.tanh() / 2", "x.tanh()", RELU, True, "y = 1 + relu(x) / 2"),
        ("y = (a + b).tanh()", "(a + b).tanh()", RELU, True, "y = relu(a + b)"),
        ("y = F.elu(a) ** 2", "F.elu(a)", Edit(function="{input}"), False, "y = a ** 2"),
        (
            "y = F.elu(a + b) ** 2",
            "F.elu(a + b)",
            Edit(function="{input}"),
            False,
            "y = (a + b) ** 2",
        ),
        (
            "y = F.elu(a) ** 2",
            "F.elu(a)",
            QUICK,
            False,
            "y = (a * torch.sigmoid(1.702 * a)) ** 2",
        ),
        (
            "y = F.elu(f(a))",
            "F.elu(f(a))",
            QUICK,
            False,
            "y = (lambda value: value * torch.sigmoid(1.702 * value))(f(a))",
        ),
    ],
)
def test_another_function_in_its_place(tmp_path, line, at, edit, method, new):
    fields = {"parameters": ("input",), "method": method}
    assert rewritten(tmp_path, line, edit, at=at, **fields) == new


def test_another_module_in_its_place_and_one_behind(tmp_path):
    line = "c = nn.Sequential(nn.Linear(2, 3), nn.ELU()); y = c(x)"
    fields = {"at": "c(x)", "module": "ELU", "listed": True}
    assert "nn.ReLU())" in rewritten(tmp_path, line, RELU, made="nn.ELU()", **fields)
    behind = Edit(after="torch.relu({call})", following="torch.nn.Softmax(dim=-1)")
    changed = rewritten(tmp_path, line, behind, made="nn.ELU()", **fields)
    assert changed.startswith("c = nn.Sequential(nn.Linear(2, 3), nn.ELU(), nn.Softmax(dim=-1));")


@pytest.mark.parametrize(
    ("line", "at", "edit", "parameters", "new"),
    [
        (
            "y = x.view(b, h, d // 2)",
            "x.view(b, h, d // 2)",
            Edit(exchanged=(2, 1), after="{call}.transpose(-2, -1)"),
            ("input", "shape"),
            "y = x.view(b, d // 2, h).transpose(-2, -1)",
        ),
        (
            "a, b = x.chunk(2)",
            "x.chunk(2)",
            Edit(order=(1, 0)),
            ("input", "chunks"),
            "b, a = x.chunk(2)",
        ),
        (
            "f(x.chunk(2))",
            "x.chunk(2)",
            Edit(order=(1, 0)),
            ("input", "chunks"),
            "f(x.chunk(2)[::-1])",
        ),
        (
            "y = torch.cat([a, b + 1], 1)",
            "torch.cat([a, b + 1], 1)",
            Edit(order=(1, 0)),
            ("tensors", "dim"),
            "y = torch.cat([b + 1, a], 1)",
        ),
        (
            "y = x.permute(0, 2, 1)",
            "x.permute(0, 2, 1)",
            Edit((("dims", "0, 1, 2"),)),
            ("input", "dims"),
            "y = x.permute(0, 1, 2)",
        ),
        ("y = x.mean(1)", "x.mean(1)", Edit(renamed="sum"), ("input", "dim"), "y = x.sum(1)"),
        ("y = q / d", "q / d", Edit((("other", "{} ** 0.5"),)), ("input",), "y = q / d ** 0.5"),
        ("y = 2 * q", "2 * q", Edit((("other", "3"),)), ("input",), "y = 3 * q"),
        (
            "y = 1 / x.sqrt()",
            "x.sqrt()",
            Edit(after="{call} + 1e-07"),
            ("input",),
            "y = 1 / (x.sqrt() + 1e-07)",
        ),
        (
            "y = x.cumsum(1)",
            "x.cumsum(1)",
            Edit(after="{call} - {input}"),
            ("input",),
            "y = x.cumsum(1) - x",
        ),
        (
            "y = x * g(p) + r",
            "x * g(p) + r",
            Edit((("other", "q"),)),
            ("input", "other"),
            "y = x * g(p) + q",
        ),
        (
            "y = f(x) + x",
            "f(x) + x",
            Edit(given="h"),
            ("input", "other"),
            "y = h + x",
        ),
        (
            "y = x.tanh()",
            "x.tanh()",
            Edit(given="h"),
            ("input",),
            "y = h.tanh()",
        ),
        (
            "y = (1 - z) * h + z * n",
            "(1 - z) * h + z * n",
            Edit(factors=(1, 3)),
            ("input", "other"),
            "y = (1 - z) * n + z * h",
        ),
        (
            "y = torch.tanh(s + r * F.linear(h, u))",
            "r * F.linear(h, u)",
            Edit(into="right"),
            ("input", "other"),
            "y = torch.tanh(s + F.linear(r * h, u))",
        ),
        (
            "y = self.proj(a + b) * g",
            "self.proj(a + b) * g",
            Edit(into="left"),
            ("input", "other"),
            "y = self.proj((a + b) * g)",
        ),
        (
            "y = F.linear(r * h, u) + s",
            "F.linear(r * h, u)",
            Edit(out=True),
            ("input", "weight"),
            "y = (F.linear(r, u) * h) + s",
        ),
        (
            "y = (1 - x).cumprod(1)",
            "(1 - x).cumprod(1)",
            Edit(before="torch.nn.functional.pad({input}[:, :-1], (1, 0), value=1.0)"),
            ("input", "dim"),
            "y = (F.pad((1 - x)[:, :-1], (1, 0), value=1.0)).cumprod(1)",
        ),
    ],
)
def test_order_names_operands_and_what_is_around(tmp_path, line, at, edit, parameters, new):
    method = parameters[0] == "input"
    changed = rewritten(tmp_path, line, edit, at=at, parameters=parameters, method=method)
    assert changed == new


def test_what_is_not_in_the_candidates_source_cannot_be_written(tmp_path):
    with pytest.raises(CannotWriteError, match="not in the candidate's own source"):
        rewritten(tmp_path, "y = 1", AXIS)
    with pytest.raises(CannotWriteError, match="not written as a call"):
        rewritten(tmp_path, "y = r * h", Edit(into="right"), at="r * h", parameters=("input",))
    with pytest.raises(CannotWriteError, match="not written as an operation"):
        rewritten(tmp_path, "y = f(h)", Edit(out=True), at="f(h)", parameters=("input",))
    with pytest.raises(CannotWriteError, match="no argument 'dim'"):
        rewritten(tmp_path, "c = nn.ReLU()", AXIS, made="nn.ReLU()", module="ReLU")
