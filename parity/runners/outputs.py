"""Conversion of a layer's outputs, nested in any way, to named arrays."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from parity.arrays import Array, Arrays
from parity.errors import StructureError

UNNAMED = "output"
"""The name of a tensor that is returned by itself."""
# How deep objects within objects are searched for tensors; they may refer to each other.
_DEEPEST = 4


def leaves(outputs: object) -> dict[str, Any]:
    """Name the tensors and numbers that a call returned, in their order.

    Mappings and dataclasses give their keys, named tuples their fields, other sequences positions
    from 0, other objects the attributes that hold tensors; nested names are joined as
    "layer/state". None is left out.

    Raises:
        StructureError: a leaf is neither a tensor nor a number, or two have the same name.
    """
    found: dict[str, Any] = {}
    for path, leaf in _walk((), outputs):
        name = "/".join(path) if path else UNNAMED
        if name in found:
            raise StructureError(f"two outputs are named '{name}'")
        found[name] = leaf
    return found


def _walk(path: tuple[str, ...], value: object) -> Iterator[tuple[tuple[str, ...], object]]:
    if value is None:
        return
    items = items_of(value)
    if items is not None:
        for key, item in items:
            yield from _walk((*path, str(key)), item)
    elif isinstance(value, (bool, int, float, complex, np.generic)) or hasattr(value, "shape"):
        yield path, value
    else:
        name = f" '{'/'.join(path)}'" if path else ""
        raise StructureError(
            f"the output{name} is of type {type(value).__name__}; expected "
            "tensors or numbers, or mappings and sequences of them"
        )


def items_of(value: object) -> list[tuple[object, object]] | None:
    """Return the items of a container by key; None for a tensor and anything else.

    A mapping has its keys (an ordered mapping with attributes, too), a dataclass and a named tuple
    their fields, another sequence positions from 0. A cache of states has those of its tuple form,
    and any other object the attributes that hold tensors.
    """
    if hasattr(value, "shape") or isinstance(value, (str, bytes, type)):
        return None
    if isinstance(value, Mapping):
        return list(value.items())
    if is_dataclass(value) and not isinstance(value, type):
        return [(field.name, getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return list(zip(value._fields, value, strict=True))
    if isinstance(value, (list, tuple)):
        return list(enumerate(value))
    legacy = getattr(value, "to_legacy_cache", None)
    if callable(legacy):
        return list(enumerate(legacy()))
    return _attributes(value)


def _attributes(value: object, depth: int = 0) -> list[tuple[object, object]] | None:
    """Return the public attributes of an object that hold tensors; None if none does."""
    if callable(value) or depth > _DEEPEST:
        return None
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    names = [*getattr(value, "__dict__", {}), *slots]
    held = {
        name: getattr(value, name, None)
        for name in names
        if isinstance(name, str) and not name.startswith("_")
    }
    found: list[tuple[object, object]] = [
        (name, item) for name, item in held.items() if _holds_tensors(item, depth + 1)
    ]
    return found or None


def _holds_tensors(value: object, depth: int) -> bool:
    if hasattr(value, "shape"):
        return hasattr(value, "dtype")
    if isinstance(value, Mapping):
        return any(_holds_tensors(item, depth) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(_holds_tensors(item, depth) for item in value)
    simple = value is None or isinstance(value, (str, bytes, bool, int, float, complex, type))
    return not simple and _attributes(value, depth) is not None


def arrays(named: Mapping[str, Any], dtype: str, convert: Callable[[Any], Array]) -> Arrays:
    """Convert named leaves to numpy arrays.

    Python's own floats, which have no dtype, get that of the run. A complex output becomes two,
    `<name>.real` and `<name>.imag`, each judged separately.
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
    """Name the inputs that a call changed in place."""
    return tuple(name for name, array in before.items() if array.tobytes() != after[name].tobytes())
