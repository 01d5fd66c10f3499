"""A proposal as a declaration in Python: small, in the public API, and loud where it is unsure."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parity.declaring.models import Input, Layer
from parity.init.option import Entry
from parity.init.proposal import Match, Proposal
from parity.runners.survey import Held

_WIDTH = 100


@dataclass(frozen=True)
class Named:
    """What the user named, as it is to be written: relative to the file that is written."""

    port: str
    reference: str
    candidate: str


def declaration(named: Named, inputs: Mapping[str, Input], proposal: Proposal) -> str:
    """The text of the file."""
    sections = [
        _docstring(named, proposal),
        "from parity import layouts, models",
        _assigned("INPUTS = {", "}", [_input(name, given) for name, given in inputs.items()]),
        _weights(proposal),
    ]
    if proposal.layers:
        comment = "# Each is checked alone too, on the inputs that it has in the reference.\n"
        sections.append(
            comment + _assigned("LAYERS = (", ")", [_layer(layer) for layer in proposal.layers])
        )
    sections.append(_port(named, proposal))
    return "\n\n".join(sections) + "\n"


def _docstring(named: Named, proposal: Proposal) -> str:
    said = [
        f"{named.candidate}, a port of {named.reference}.",
        f"Proposed by `parity init`; `parity check --port {named.port}.py` checks it.",
    ]
    if proposal.unsure:
        said.append(
            f"Look at what is marked UNSURE before you trust it: {proposal.unsure} entries."
        )
    return '"""' + "\n\n".join(map(_wrapped, said)) + '\n"""'


def _weights(proposal: Proposal) -> str:
    lines: list[str] = []
    for match in proposal.matches:
        if not match.sure:
            lines += _comment(f"UNSURE: {match.evidence}.")
        lines += [_statement(_entry(entry), 1) for entry in match.option.entries]
    for held, side in _left(proposal):
        lines += _comment(
            f"UNSURE: {side} has '{held.name}' {held.shape} and no partner for it was found. "
            "Add it here, or name it in `kept` below if it is no weight."
        )
    one = f"WEIGHTS = ({lines[0].strip()})" if len(lines) == 1 else None
    if one and "\n" not in one and not one.startswith("WEIGHTS = (#") and len(one) <= _WIDTH:
        return one
    return "\n".join(["WEIGHTS = (", *lines, ")"])


def _left(proposal: Proposal) -> list[tuple[Held, str]]:
    return [
        *((held, "the reference") for held in proposal.left),
        *((held, "the candidate") for held in proposal.spare),
    ]


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent="    # ", subsequent_indent="    # ", break_long_words=False
    )


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, _WIDTH - 3, break_on_hyphens=False))


def _entry(entry: Entry) -> tuple[str, list[str]]:
    star = "" if entry.single else "*"
    return f"{star}layouts.{entry.function}(", _arguments(entry.arguments, entry.keywords)


def _arguments(positional: Sequence[Any], keywords: Mapping[str, Any]) -> list[str]:
    return [*map(_value, positional), *(f"{k}={_value(v)}" for k, v in keywords.items())]


def _value(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple):
        return f"({', '.join(map(_value, value))}{',' * (len(value) == 1)})"
    return repr(value)


def _statement(call: tuple[str, list[str]], depth: int) -> str:
    """A call and a comma: on one line, else its arguments on one, else each on its own."""
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


def _assigned(head: str, tail: str, items: list[str]) -> str:
    comma = "," if len(items) == 1 and tail == ")" else ""
    one = f"{head}{', '.join(items)}{comma}{tail}"
    if len(one) <= _WIDTH:
        return one
    return "\n".join([head, *(f"    {item}," for item in items), tail])


def _input(name: str, given: Input) -> str:
    keywords: dict[str, Any] = {}
    if given.dtype != "float32":
        keywords["dtype"] = given.dtype
    if given.dtype.startswith(("int", "uint")):
        keywords["below"] = given.below
    return f"{_value(name)}: models.Input({', '.join(_arguments([given.shape], keywords))})"


def _layer(layer: Layer) -> str:
    keywords: dict[str, Any] = {}
    if layer.order != "same":
        keywords["order"] = layer.order
    if layer.last:
        keywords["last"] = True
    arguments = _arguments([layer.reference, layer.candidate], keywords)
    return f"models.Layer({', '.join(arguments)})"


def _port(named: Named, proposal: Proposal) -> str:
    names = [_value(text) for text in (named.port, named.reference, named.candidate)]
    lines = [
        "port = models.port(",
        *(f"    {name}," for name in names),
        "    beside=__file__,",
        "    inputs=INPUTS,",
        "    weights=WEIGHTS,",
    ]
    if proposal.layers:
        lines.append("    layers=LAYERS,")
    options = [match.option for match in proposal.matches]
    zero = tuple(key for option in options for key in option.zero)
    if zero:
        lines.append(_keyword("zero", "(", ")", [_value(key) for key in zero]))
    split = {key: count for option in options for key, count in option.split.items()}
    if split:
        lines.append(_keyword("split", "{", "}", [f"{_value(k)}: {n}" for k, n in split.items()]))
    if proposal.exempt:
        items = [f"{_value(k)}: {_value(why)}" for k, why in proposal.exempt.items()]
        lines.append(_keyword("exempt", "{", "}", items))
    return "\n".join([*lines, ")"])


def _keyword(name: str, head: str, tail: str, items: list[str]) -> str:
    comma = "," if len(items) == 1 and head == "(" else ""
    one = f"    {name}={head}{', '.join(items)}{comma}{tail},"
    if len(one) <= _WIDTH:
        return one
    return "\n".join(
        [f"    {name}={head}", *(f"        {item}," for item in items), f"    {tail},"]
    )


def described(match: Match) -> list[tuple[str, str, str]]:
    """Each weight of a match: its name, where the candidate has it, and how."""
    return [(w.name, ", ".join(w.keys), w.transform) for w in match.option.weights]
