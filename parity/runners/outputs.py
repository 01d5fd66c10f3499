"""What a layer returns, of whatever structure, as named arrays."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from parity.arrays import Array, Arrays
from parity.errors import StructureError

ALONE = "output"
"""The name of a tensor that is returned by itself."""


def leaves(outputs: Any) -> dict[str, Any]:
    """The tensors and numbers in what a call returned, by name, in their order.

    Mappings and dataclasses give their keys, named tuples their fields, other sequences positions
    from 0; what is nested is joined as "layer/state". None counts as nothing.

    Raises:
        StructureError: a leaf is neither a tensor nor a number, or two have the same name.
    """
    found: dict[str, Any] = {}
    for path, leaf in _walk((), outputs):
        name = "/".join(path) if path else ALONE
        if name in found:
            raise StructureError(f"two outputs are named '{name}'")
        found[name] = leaf
    return found


def _walk(path: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if value is None:
        return
    parts = _parts(value)
    if parts is not None:
        for key, part in parts:
            yield from _walk((*path, str(key)), part)
    elif isinstance(value, (bool, int, float, complex, np.generic)) or hasattr(value, "shape"):
        yield path, value
    else:
        name = f" '{'/'.join(path)}'" if path else ""
        raise StructureError(
            f"the output{name} is of type {type(value).__name__}; expected "
            "tensors or numbers, or mappings and sequences of them"
        )


def _parts(value: Any) -> list[tuple[Any, Any]] | None:
    """What a container holds, by key; None if it is none."""
    if isinstance(value, Mapping):
        return list(value.items())
    if is_dataclass(value) and not isinstance(value, type):
        return [(field.name, getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return list(zip(value._fields, value, strict=True))
    if isinstance(value, (list, tuple)):
        return list(enumerate(value))
    return None


def arrays(named: Mapping[str, Any], dtype: str, convert: Callable[[Any], Array]) -> Arrays:
    """Named leaves as numpy arrays.

    Python's own floats get `dtype`, that of the run, as they say nothing of theirs. A complex
    output becomes two, `<name>.real` and `<name>.imag`, each judged by itself.
    """
    found: Arrays = {}
    for name, leaf in named.items():
        array = np.asarray(leaf, dtype) if isinstance(leaf, float) else convert(leaf)
        if array.dtype.kind == "c":
            found[f"{name}.real"], found[f"{name}.imag"] = array.real.copy(), array.imag.copy()
        else:
            found[name] = array
    return found


def changed_inputs(before: Mapping[str, Array], after: Mapping[str, Array]) -> tuple[str, ...]:
    """The inputs that a call has changed in place."""
    return tuple(name for name, array in before.items() if array.tobytes() != after[name].tobytes())
