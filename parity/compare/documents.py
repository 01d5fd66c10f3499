"""Reads a check back from its JSON document: as much of it as two checks are compared by.

A document is refused in one line that names the file, the place in it and what was expected there.
What is not needed here is not looked at; `parity schema` has the whole, for a validator.
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

Key = tuple[str, str, str]
"""What a case is found by: layer, configuration, mode."""

_T = TypeVar("_T")


@dataclass(frozen=True)
class Output:
    """One output of a case.

    `logic` and `rounding` are the float64 difference and the candidate's float32 error, each as a
    share of what was allowed; None where that could not be had.
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
    """One check. `settings` holds all that it was run with and on, by name, as text."""

    path: str
    port: str
    seconds: float
    selection: Selection
    settings: Mapping[str, str]
    cases: Mapping[Key, Case]


class _Place:
    """A value in a document, that knows where it is."""

    def __init__(self, value: Any, path: str, at: str = "") -> None:
        self.value, self.path, self.at = value, path, at

    def refuse(self, expected: str) -> ParityError:
        where = f", at {self.at}" if self.at else ""
        found = json.dumps(self.value)
        found = found if len(found) <= 40 else f"{found[:37]}..."
        return ParityError(f"{self.path}{where}: expected {expected}, found {found}")

    def of(self, kind: type[_T], expected: str) -> _T:
        # True is an int to Python, not to JSON.
        if not isinstance(self.value, kind) or (isinstance(self.value, bool) and kind is not bool):
            raise self.refuse(expected)
        return self.value

    def field(self, name: str) -> "_Place":
        held = self.of(dict, "an object")
        if name not in held:
            raise self.refuse(f"an object with a field '{name}'")
        return _Place(held[name], self.path, f"{self.at}.{in_line(name)}".lstrip("."))

    def items(self) -> "list[_Place]":
        held = self.of(list, "a list")
        return [_Place(item, self.path, f"{self.at}[{n}]") for n, item in enumerate(held)]

    def text(self) -> str:
        return self.of(str, "text")

    def texts(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self.items())

    def verdict(self) -> Verdict:
        if self.value not in list(Verdict):
            raise self.refuse("a verdict")
        return Verdict(self.value)

    def number(self) -> float:
        if self.value in ("inf", "nan"):
            return float(self.value)
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.refuse("a number")
        return float(self.value)


def in_line(name: str) -> str:
    """A name as it is, or as JSON writes it if it would not stay in one line."""
    return name if name.isprintable() else json.dumps(name)


def read(path: str) -> Document:
    """The check in a file.

    Raises ParityError if it cannot be read, is cut off, or is no such document of this version.
    """
    root = _Place(_load(path), path)
    if not isinstance(root.value, dict) or "schema" not in root.value:
        raise ParityError(f"{path} is no check; expected what `parity check --json` writes")
    schema = root.value["schema"]
    if schema != SCHEMA:
        held = json.dumps(schema)
        raise ParityError(f"{path} has the schema {held}; this command reads {json.dumps(SCHEMA)}")
    selection = _selection(root.field("selection"))
    cases: dict[Key, Case] = {}
    for place in root.field("cases").items():
        key = (
            place.field("layer").text(),
            place.field("config").text(),
            place.field("mode").text(),
        )
        if key in cases:
            raise ParityError(f"{path}, at {place.at}: a second case of {in_line(', '.join(key))}")
        cases[key] = _case(place)
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
            f"{path} is not JSON, or is cut off: line {error.lineno}, {error.msg}"
        ) from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise ParityError(f"{path} is not JSON that a check wrote") from error


def _selection(place: _Place) -> Selection:
    modes = place.field("modes").texts()
    if not set(modes) <= set(MODES):
        raise place.field("modes").refuse(f"modes, {' and '.join(MODES)}")
    return Selection(
        place.field("layers").texts(),
        place.field("configs").texts(),
        modes,
        place.field("gradients").of(bool, "true or false"),
        place.field("seed").of(int, "a whole number"),
    )


def _settings(root: _Place, selection: Selection) -> dict[str, str]:
    named = {}
    for part in ("versions", "environment"):
        place = root.field(part)
        named.update({name: place.field(name).text() for name in place.of(dict, "an object")})
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


def _case(place: _Place) -> Case:
    return Case(
        place.field("verdict").verdict(),
        place.field("seconds").number(),
        place.field("notes").texts(),
        {output.field("name").text(): _output(output) for output in place.field("outputs").items()},
    )


def _output(place: _Place) -> Output:
    bounds = place.field("bounds")
    logic = rounding = None
    if bounds.value is not None:
        logic = _share(place.field("max_abs_err_64"), bounds.field("logic"))
        rounding = _share(place.field("cand_err"), bounds.field("rounding"))
    return Output(place.field("verdict").verdict(), place.field("reason").text(), logic, rounding)


def _share(error: _Place, bound: _Place) -> float | None:
    if error.value is None:
        return None
    size, allowed = error.number(), bound.number()
    return size / allowed if allowed else float("inf") if size else 0.0
