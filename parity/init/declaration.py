"""Text of a declaration: a proposal as a Python file, with uncertain entries marked."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from parity.declaring.model_inputs import Input, Output
from parity.declaring.model_sides import Layer
from parity.init.layouts import Layout, LayoutCall
from parity.init.open_models import Names
from parity.init.proposal import Proposal
from parity.runners.whole_models import LayerWeight

_WIDTH = 100
_TRAINING = """\
# A stub of the training, for `parity train` (docs/train.md). Complete it, and give it to the port
# above by trainings=(TRAINING,). Each function builds its side in a dtype and returns a Learner.
#
# from parity.training import Learner, Training, TrainingSide
#
# TRAINING = Training(
#     "adam",
#     TrainingSide("tensorflow", lambda options, dtype: Learner(...)),
#     TrainingSide("torch", lambda options, dtype: Learner(...)),
#     lambda options: WEIGHTS,
# )"""


def declaration(
    names: Names,
    inputs: Mapping[str, Input],
    proposal: Proposal,
    outputs: Mapping[str, Output] | None = None,
    batch: int | None = None,
    note: str = "",
) -> str:
    """Return the text of the file; `note` says how the orders of axes were chosen."""
    sections = [
        _docstring(names, proposal, note),
        "from parity import layouts, models",
        _bracketed("INPUTS = {", [_input(name, given) for name, given in inputs.items()], "}"),
        _weights(proposal),
    ]
    if proposal.layers:
        comment = "# Each is also checked alone, on the inputs that it has in the reference.\n"
        sections.append(
            comment + _bracketed("LAYERS = (", [_layer(layer) for layer in proposal.layers], ")")
        )
    sections.append(_port(names, proposal, outputs or {}, batch))
    sections.append(_TRAINING)
    return "\n\n".join(sections) + "\n"


def _docstring(names: Names, proposal: Proposal, note: str) -> str:
    paragraphs = [
        f"{names.candidate}, a port of {names.reference}.",
        f"Proposed by `parity init`; `parity check {names.port}.py` checks it.",
    ]
    if note:
        paragraphs.append(f"Layout: {note}.")
    if proposal.unsure:
        paragraphs.append(
            f"Resolve the {proposal.unsure} entries marked {_marks(proposal)} before trusting it."
        )
    return '"""' + "\n\n".join(map(_wrapped, paragraphs)) + '\n"""'


def _marks(proposal: Proposal) -> str:
    warnings = sum(match.judgement.warning for match in proposal.matches)
    if not warnings:
        return "UNSURE"
    return "WARNING" if warnings == proposal.unsure else "UNSURE or WARNING"


def _weights(proposal: Proposal) -> str:
    lines: list[str] = []
    for match in proposal.matches:
        if not match.judgement.sure:
            lines += _comment(f"{match.judgement.label}{match.judgement.evidence}.")
        lines += [_statement(_layout_call(call), 1) for call in match.layout.calls]
    for side, weights in (
        ("the reference", proposal.unmatched_reference),
        ("the candidate", proposal.unmatched_candidate),
    ):
        for weight in weights:
            lines += _comment(
                f"UNSURE: no partner was found for '{weight.name}' {weight.shape} of {side}. "
                "Add it here, or name it in `kept` below if it is not a weight."
            )
    one = f"WEIGHTS = ({lines[0].strip()})" if len(lines) == 1 else None
    if one and "\n" not in one and not one.startswith("WEIGHTS = (#") and len(one) <= _WIDTH:
        return one
    return "\n".join(["WEIGHTS = (", *lines, ")"])


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent="    # ", subsequent_indent="    # ", break_long_words=False
    )


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, _WIDTH - 3, break_on_hyphens=False))


def _layout_call(call: LayoutCall) -> tuple[str, list[str]]:
    star = "" if call.single else "*"
    return f"{star}layouts.{call.function}(", _arguments(call.arguments, call.keywords)


def _arguments(positional: Sequence[Any], keywords: Mapping[str, Any]) -> list[str]:
    return [*map(_value, positional), *(f"{k}={_value(v)}" for k, v in keywords.items())]


def _value(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple):
        return f"({', '.join(map(_value, value))}{',' * (len(value) == 1)})"
    return repr(value)


def _statement(call: tuple[str, list[str]], depth: int) -> str:
    """Write a call and a comma: on one line, else its arguments on one, else each on its own."""
    head, arguments = call
    indent, inner = "    " * depth, "    " * (depth + 1)
    one = f"{indent}{head}{', '.join(arguments)}),"
    if len(one) <= _WIDTH:
        return one
    middle = f"{inner}{', '.join(arguments)}"
    if len(middle) <= _WIDTH:
        return f"{indent}{head}\n{middle}\n{indent}),"
    rows = "\n".join(f"{inner}{argument}," for argument in arguments)
    return f"{indent}{head}\n{rows}\n{indent}),"


def _bracketed(head: str, items: list[str], tail: str, indent: str = "") -> str:
    """Write items between brackets on one line, else each on its own."""
    comma = "," if len(items) == 1 and head.endswith("(") else ""
    one = f"{indent}{head}{', '.join(items)}{comma}{tail}"
    if len(one) <= _WIDTH:
        return one
    return "\n".join(
        [f"{indent}{head}", *(f"{indent}    {item}," for item in items), f"{indent}{tail}"]
    )


def _input(name: str, given: Input) -> str:
    keywords: dict[str, Any] = {}
    if given.dtype != "float32":
        keywords["dtype"] = given.dtype
    if given.dtype.startswith(("int", "uint")):
        keywords["below"] = given.below
    for key in ("meaning", "between", "file"):
        if getattr(given, key):
            keywords[key] = getattr(given, key)
    if given.order != "same":
        keywords["order"] = given.order
    if given.exempt_gradient:
        keywords["exempt_gradient"] = given.exempt_gradient
    return f"{_value(name)}: models.Input({', '.join(_arguments([given.shape], keywords))})"


def _output(output: Output) -> str:
    keywords = {} if output.order == "same" else {"order": output.order}
    return f"models.Output({', '.join(_arguments([output.candidate], keywords))})"


def _layer(layer: Layer) -> str:
    keywords: dict[str, Any] = {}
    if layer.order != "same":
        keywords["order"] = layer.order
    if layer.last:
        keywords["last"] = True
    arguments = _arguments([layer.reference, layer.candidate], keywords)
    return f"models.Layer({', '.join(arguments)})"


def _kept(layouts: Sequence[Layout], constants: Sequence[LayerWeight]) -> list[str]:
    """Write what the reference lacks and the candidate keeps as it begins."""
    idle = [_value(key) for layout in layouts for key in layout.kept]
    own = [_value(weight.name) for weight in constants]
    lines = []
    if idle:
        lines.append("    # The reference has none of these; as they begin, they do nothing.")
    if own:
        names = " and ".join(own) if len(own) < 3 else f"{len(own)} of these"
        lines += _comment(f"Constants that the reference computes: {names}.")
    return [*lines, _bracketed("kept=(", [*idle, *own], "),", "    ")] if idle or own else []


def _port(
    names: Names, proposal: Proposal, outputs: Mapping[str, Output], batch: int | None
) -> str:
    named = (names.port, names.reference, names.candidate)
    lines = [
        "port = models.port(",
        *(f"    {_value(name)}," for name in named),
        "    beside=__file__,",
        "    inputs=INPUTS,",
        "    weights=WEIGHTS,",
    ]
    if proposal.layers:
        lines.append("    layers=LAYERS,")
    layouts = [match.layout for match in proposal.matches]
    zero = tuple(key for layout in layouts for key in layout.zero)
    if zero:
        lines.append(_bracketed("zero=(", [_value(key) for key in zero], "),", "    "))
    lines += _kept(layouts, proposal.constants)
    split = {key: count for layout in layouts for key, count in layout.split.items()}
    for match in proposal.matches:
        split |= match.candidate.settings.get("parts", {})
    if split:
        lines.append(
            _bracketed("split={", [f"{_value(k)}: {n}" for k, n in split.items()], "},", "    ")
        )
    if proposal.exempt:
        items = [f"{_value(k)}: {_value(why)}" for k, why in proposal.exempt.items()]
        lines.append(_bracketed("exempt={", items, "},", "    "))
    if outputs:
        items = [f"{_value(name)}: {_output(output)}" for name, output in outputs.items()]
        lines.append(_bracketed("outputs={", items, "},", "    "))
    if batch is not None:
        lines.append(f"    batch={batch},")
    if names.trust:
        lines.append("    trust=True,")
    return "\n".join([*lines, ")"])
