"""Report on a conversion, as JSON and as a table."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

from numpy.typing import NDArray

from converters.errors import Mismatch, shape_text
from converters.tables import print_rows
from converters.weights.conversion import PORT_FORMAT, Conversion, checksum
from converters.weights.weight_map import Entry, entries


def state_report(made: Conversion, state: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Return the report on a conversion to the port's state dict."""
    from_port = made.format == PORT_FORMAT

    def row(entry: Entry) -> dict[str, Any]:
        targets = [_array(key, state[key]) for key in entry.keys]
        return {"transform": "identity" if from_port else entry.transform.name, "targets": targets}

    return _report(made, row)


def keras_report(made: Conversion, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the report on a conversion to a Keras file, with its names of the weights."""
    from_port = made.format == PORT_FORMAT

    def row(entry: Entry) -> dict[str, Any]:
        turned = from_port and entry.transform.name != "identity"
        transform = f"{entry.transform.name}, inverse" if turned else "identity"
        targets = [_array(names[entry.name], made.canonical[entry.name])]
        return {"transform": transform, "targets": targets}

    return _report(made, row)


def _report(made: Conversion, row: Callable[[Entry], dict[str, Any]]) -> dict[str, Any]:
    return {
        "source": made.path.name,
        "format": made.format,
        "config": made.config,
        "notes": list(made.notes),
        "warnings": list(made.warnings),
        "set_aside": [item._asdict() for item in made.set_aside],
        "weights": [
            {
                "name": entry.name,
                "source": list(made.sources[entry.name]),
                "matched_by": made.matched_by[entry.name],
                "source_shapes": [list(shape) for shape in _shapes(made, entry)],
                "dtype": made.dtypes[entry.name],
                "sha256": checksum(made.canonical[entry.name]),
                **row(entry),
            }
            for entry in entries(made.config)
        ],
    }


def _shapes(made: Conversion, entry: Entry) -> list[tuple[int, ...]]:
    return list(entry.targets.values()) if made.format == PORT_FORMAT else [entry.shape]


def _array(name: str, array: NDArray[Any]) -> dict[str, Any]:
    return {
        "name": name,
        "shape": list(array.shape),
        "dtype": str(array.dtype),
        "sha256": checksum(array),
    }


def print_report(report: Mapping[str, Any], stream: TextIO | None = None) -> None:
    """Print one line per weight: names, shapes, transform, dtype, and a checksum of the values."""
    columns = ("source", "target", "shape", "transform", "dtype", "sha256")
    print_rows(columns, map(_cells, report["weights"]), stream, keep=3)


def _cells(item: Mapping[str, Any]) -> tuple[str, ...]:
    before = " + ".join(map(shape_text, item["source_shapes"]))
    after = " + ".join(shape_text(target["shape"]) for target in item["targets"])
    return (
        " + ".join(item["source"]),
        " + ".join(target["name"] for target in item["targets"]),
        before if after == before else f"{before} -> {after}",
        item["transform"],
        item["dtype"],
        item["sha256"][:12],
    )


def print_mismatches(rows: Sequence[Mismatch], stream: TextIO | None = None) -> None:
    """Print found beside expected weights, on standard error by default."""
    print_rows(("name", "shape", "expected"), rows, stream or sys.stderr, keep=3)
