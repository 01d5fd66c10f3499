"""Reader for the parts of a check's JSON document that `parity compare` needs.

An invalid document is reported in one line with the file, the place in it and what was expected.
Fields that are not needed here are not verified; `parity schema` prints the full schema.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from parity.checking.selection import MODES, Selection
from parity.errors import ParityError
from parity.judging.verdict import Verdict
from parity.report.json import SCHEMA

# All versions of the schema that have been published; the fields read here are the same in each.
READABLE = tuple({**SCHEMA, "version": version} for version in (1, 2, 3))

Key = tuple[str, str, str]
"""Layer, configuration and mode, which identify a case."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Output:
    """One output of a case.

    `logic` and `rounding` are the float64 difference and the candidate's float32 error, each as a
    share of its bound; None where there is none.
    """

    verdict: Verdict
    reason: str
    logic: float | None
    rounding: float | None


@dataclass(frozen=True)
class Case:
    """One case, with its outputs by name."""

    verdict: Verdict
    seconds: float
    notes: tuple[str, ...]
    outputs: Mapping[str, Output]


@dataclass(frozen=True)
class Document:
    """One check. `settings` holds settings, versions and platform by name, as text."""

    path: str
    port: str
    seconds: float
    selection: Selection
    settings: Mapping[str, str]
    cases: Mapping[Key, Case]


class _Value:
    """JSON value that knows its place in the document."""

    def __init__(self, value: Any, path: str, place: str = "") -> None:
        self.value, self.path, self.place = value, path, place

    def refusal(self, expected: str) -> ParityError:
        place = f", at {self.place}" if self.place else ""
        found = json.dumps(self.value)
        found = found if len(found) <= 40 else f"{found[:37]}..."
        return ParityError(f"{self.path}{place}: expected {expected}, found {found}")

    def of(self, kind: type[_T], expected: str) -> _T:
        # True is an int in Python, but not in JSON.
        if not isinstance(self.value, kind) or (isinstance(self.value, bool) and kind is not bool):
            raise self.refusal(expected)
        return self.value

    def field(self, name: str) -> "_Value":
        fields = self.of(dict, "an object")
        if name not in fields:
            raise self.refusal(f"an object with a field '{name}'")
        return _Value(fields[name], self.path, f"{self.place}.{printable(name)}".lstrip("."))

    def items(self) -> "list[_Value]":
        items = self.of(list, "a list")
        return [_Value(item, self.path, f"{self.place}[{n}]") for n, item in enumerate(items)]

    def text(self) -> str:
        return self.of(str, "text")

    def texts(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self.items())

    def verdict(self) -> Verdict:
        if self.value not in list(Verdict):
            raise self.refusal("a verdict")
        return Verdict(self.value)

    def number(self) -> float:
        if self.value in ("inf", "nan"):
            return float(self.value)
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.refusal("a number")
        return float(self.value)


def printable(name: str) -> str:
    """Return a name unchanged, or as JSON writes it if it holds a line break or the like."""
    return name if name.isprintable() else json.dumps(name)


def read(path: str) -> Document:
    """Read the check in a file.

    Raises ParityError if the file cannot be read, is cut off, or does not hold a check in one of
    the `READABLE` schemas.
    """
    root = _Value(_load(path), path)
    if not isinstance(root.value, dict) or "schema" not in root.value:
        raise ParityError(f"{path} is not a check; expected what `parity check --json` writes")
    schema = root.value["schema"]
    if schema not in READABLE:
        *others, last = (str(readable["version"]) for readable in READABLE)
        versions = f"{', '.join(others)} and {last}"
        raise ParityError(
            f"{path} has the schema {json.dumps(schema)}; expected {SCHEMA['name']}, "
            f"versions {versions}"
        )
    selection = _selection(root.field("selection"))
    cases: dict[Key, Case] = {}
    for value in root.field("cases").items():
        layer, config, mode = (value.field(name).text() for name in ("layer", "config", "mode"))
        key = layer, config, mode
        if key in cases:
            named = printable(", ".join(key))
            raise ParityError(f"{path}, at {value.place}: duplicate case {named}")
        cases[key] = _case(value)
    return Document(
        path,
        root.field("port").text(),
        root.field("seconds").number(),
        selection,
        _settings(root, selection),
        cases,
    )


def _load(path: str) -> Any:
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ParityError(f"cannot read {path}: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise ParityError(
            f"{path} is not JSON, or is truncated: line {error.lineno}, {error.msg}"
        ) from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise ParityError(f"{path} is not JSON written by a check") from error


def _selection(value: _Value) -> Selection:
    modes = value.field("modes").texts()
    if not set(modes) <= set(MODES):
        raise value.field("modes").refusal(f"modes, {' and '.join(MODES)}")
    return Selection(
        value.field("layers").texts(),
        value.field("configs").texts(),
        modes,
        value.field("gradients").of(bool, "true or false"),
        value.field("seed").of(int, "a whole number"),
        training=_training(value),
    )


def _training(value: _Value) -> bool | None:
    """Return whether layers were compared in training mode; None where that was not asked."""
    fields = value.of(dict, "an object")
    given = fields.get("training")
    return given if isinstance(given, bool) else None


def _settings(root: _Value, selection: Selection) -> dict[str, str]:
    named = {}
    for part in ("versions", "environment"):
        value = root.field(part)
        named.update({name: value.field(name).text() for name in value.of(dict, "an object")})
    inputs = root.field("inputs")
    records = inputs.field("records").of(int, "a whole number")
    return {
        **named,
        "port": root.field("port").text(),
        "inputs": f"{inputs.field('name').text()} ({records} records)",
        "seed": str(selection.seed),
        "gradients": "yes" if selection.gradients else "no",
        "layers": ", ".join(selection.layers) or "all",
        "configurations": ", ".join(selection.configs) or "all",
        "modes": ", ".join(selection.modes),
    }


def _case(value: _Value) -> Case:
    return Case(
        value.field("verdict").verdict(),
        value.field("seconds").number(),
        value.field("notes").texts(),
        {output.field("name").text(): _output(output) for output in value.field("outputs").items()},
    )


def _output(value: _Value) -> Output:
    bounds = value.field("bounds")
    logic = rounding = None
    if bounds.value is not None:
        logic = _share(value.field("max_abs_err_64"), bounds.field("logic"))
        rounding = _share(value.field("cand_err"), bounds.field("rounding"))
    return Output(value.field("verdict").verdict(), value.field("reason").text(), logic, rounding)


def _share(error: _Value, bound: _Value) -> float | None:
    if error.value is None:
        return None
    size, allowed = error.number(), bound.number()
    return size / allowed if allowed else float("inf") if size else 0.0
