"""Matching of a file's arrays to the model's weights, by structure and without guessing.

Formats that preserve Keras' order are matched by order. Formats that preserve attribute names are
matched by those, then by shapes that fit only one weight. Where names and order contradict each
other, or several arrays fit several weights, the error's table shows what `--rename` can resolve.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

from converters.errors import Mismatch, WeightsError, shape_text
from converters.weights.sources import SetAside, Source, Tensor
from converters.weights.weight_map import Entry

_Item = TypeVar("_Item")
_CONTAINER = re.compile(r"layer_with_weights-\d+|layer-\d+|_?layers|\d+|vars")
_HINT = "resolve it with --rename SOURCE=CANONICAL (a weight or a whole layer)"


class Match(NamedTuple):
    """One weight of the model, the file's array for it, and how they were matched."""

    entry: Entry
    tensor: Tensor
    how: str


def without_ignored(source: Source, ignored: Sequence[str]) -> Source:
    """Set aside the tensors that the user names, by name or by the beginning of the path.

    Raises:
        WeightsError: a name does not occur in the file.
    """
    kept, aside = list(source.tensors), list(source.set_aside)
    for name in ignored:
        gone = [tensor for tensor in kept if _within(tensor.name, name)]
        if not gone:
            raise WeightsError(f"{source.path}: --ignore {name}: no such array in the file")
        kept = [tensor for tensor in kept if tensor not in gone]
        aside += [SetAside(tensor.name, "ignored on request") for tensor in gone]
    return Source(
        source.path, source.format, tuple(kept), source.ordered, source.named, tuple(aside)
    )


def match(source: Source, table: Sequence[Entry], renames: Mapping[str, str]) -> list[Match]:
    """Match the file's arrays to the model's weights one to one.

    Args:
        source: the file's arrays.
        table: the model's weights.
        renames: the user's decisions: an array or layer of the file -> canonical weight or layer.

    Returns:
        The matches, in the table's order.

    Raises:
        WeightsError: an array or weight is left over, ambiguous or of another shape; see `rows`.
    """
    matches = _renamed(source, table, renames)
    tensors = _others(source.tensors, [item.tensor for item in matches])
    places = _others(table, [item.entry for item in matches])
    if source.ordered and [item.shape for item in tensors] == [item.shape for item in places]:
        by_order = [Match(*pair, "order") for pair in zip(places, tensors, strict=True)]
        if source.named:
            _refuse_contradictions(source, by_order, table)
        matches += by_order
    elif source.named:
        matches += _by_layers(source, tensors, places)
    else:
        raise _order_error(source, tensors, places)
    position = {entry.name: number for number, entry in enumerate(table)}
    return sorted(matches, key=lambda item: position[item.entry.name])


def _others(items: Sequence[_Item], taken: Sequence[_Item]) -> list[_Item]:
    gone = {id(item) for item in taken}
    return [item for item in items if id(item) not in gone]


def _within(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix.rstrip("/") + "/")


def _renamed(source: Source, table: Sequence[Entry], renames: Mapping[str, str]) -> list[Match]:
    by_name = {entry.name: entry for entry in table}
    matches: list[Match] = []
    for given, canonical in renames.items():
        whole = [item for item in source.tensors if item.name == given]
        layer = [item for item in source.tensors if item.layer == given]
        entries = [entry for entry in table if entry.layer == canonical]
        if whole and canonical in by_name:
            pairs = [(by_name[canonical], whole[0])]
        elif layer and entries:
            pairs = _within_layer(source, layer, entries)
        else:
            side = canonical if whole or layer else given
            where = "the model" if whole or layer else "the file"
            raise WeightsError(
                f"{source.path}: --rename {given}={canonical}: {where} has no {side}",
                _rows(source.tensors, table),
            )
        matches += [Match(entry, tensor, "rename") for entry, tensor in pairs]
    for names in (
        [item.entry.name for item in matches],
        [item.tensor.name for item in matches],
    ):
        if len(set(names)) < len(names):
            repeated = next(name for name in names if names.count(name) > 1)
            raise WeightsError(f"{source.path}: --rename is given twice for {repeated}")
    return _checked(source, matches)


def _checked(source: Source, matches: list[Match]) -> list[Match]:
    rows = [
        Mismatch(item.tensor.name, shape_text(item.tensor.shape), _place(item.entry))
        for item in matches
        if item.tensor.shape != item.entry.shape
    ]
    if rows:
        raise WeightsError(f"{source.path}: {_first(rows)}", rows)
    return matches


def _by_layers(source: Source, tensors: list[Tensor], places: list[Entry]) -> list[Match]:
    """Match whole layers by attribute path, then by shapes that only one layer has."""
    found: dict[str, list[Tensor]] = {}
    for tensor in tensors:
        found.setdefault(tensor.layer, []).append(tensor)
    wanted: dict[str, list[Entry]] = {}
    for entry in places:
        wanted.setdefault(entry.layer, []).append(entry)
    matches: list[Match] = []
    for path, layer in _named_layers(source, found, wanted).items():
        pairs = _within_layer(source, found.pop(path), wanted.pop(layer))
        matches += [Match(entry, tensor, "path") for entry, tensor in pairs]
    for path, layer in _layers_by_shape(found, wanted).items():
        pairs = _within_layer(source, found.pop(path), wanted.pop(layer))
        matches += [Match(entry, tensor, "shape") for entry, tensor in pairs]
    if found or wanted:
        left = [tensor for group in found.values() for tensor in group]
        missing = [entry for group in wanted.values() for entry in group]
        raise WeightsError(
            f"{source.path}: {len(left)} arrays and {len(missing)} weights of the model cannot be"
            f" matched without guessing; {_HINT}",
            _rows(left, missing),
        )
    return _checked(source, matches)


def _named_layers(
    source: Source, found: Mapping[str, list[Tensor]], wanted: Mapping[str, list[Entry]]
) -> dict[str, str]:
    named: dict[str, str] = {}
    for path in found:
        layer = _canonical_layer(path, wanted)
        if layer and layer in named.values():
            twin = next(other for other, taken in named.items() if taken == layer)
            raise WeightsError(
                f"{source.path}: both {twin} and {path} are called {layer}; leave one out with"
                " --ignore PATH",
                _rows([*found[twin], *found[path]], wanted[layer]),
            )
        if layer:
            named[path] = layer
    return named


def _layers_by_shape(
    found: Mapping[str, list[Tensor]], wanted: Mapping[str, list[Entry]]
) -> dict[str, str]:
    paired: dict[str, str] = {}
    for path, tensors in found.items():
        shapes = [tensor.shape for tensor in tensors]
        twins = [key for key in found if [item.shape for item in found[key]] == shapes]
        fits = [key for key in wanted if [item.shape for item in wanted[key]] == shapes]
        if len(twins) == len(fits) == 1:
            paired[path] = fits[0]
    return paired


def _canonical_layer(path: str, layers: Mapping[str, object]) -> str:
    """Return the layer that a path's attribute names mean, ignoring containers; "" if unclear."""
    # Inside `layers`, Keras 3 names by class, not by attribute; such names are not informative.
    named = re.sub(r"(^|/)_?layers/[^/]+", "", path)
    parts = [part for part in named.split("/") if part and not _CONTAINER.fullmatch(part)]
    if not parts:
        return ""
    exact = [layer for layer in layers if parts[-layer.count("/") - 1 :] == layer.split("/")]
    if exact:
        return max(exact, key=len)
    ends = [layer for layer in layers if layer.split("/")[-len(parts) :] == parts]
    return ends[0] if len(ends) == 1 else ""


def _within_layer(
    source: Source, tensors: list[Tensor], entries: list[Entry]
) -> list[tuple[Entry, Tensor]]:
    """Match one layer's weights, by name if the file has all names, else by order."""
    leaves = {tensor.leaf: tensor for tensor in tensors}
    names = {entry.name.rpartition("/")[2]: entry for entry in entries}
    if set(leaves) == set(names):
        return [(entry, leaves[name]) for name, entry in names.items()]
    misplaced = any(
        tensor.leaf in names and names[tensor.leaf] is not entry
        for entry, tensor in zip(entries, tensors, strict=False)
    )
    if len(tensors) != len(entries) or misplaced:
        raise WeightsError(
            f"{source.path}: {tensors[0].layer} does not hold the weights of {entries[0].layer};"
            f" {_HINT}",
            _rows(tensors, entries),
        )
    return list(zip(entries, tensors, strict=True))


def _refuse_contradictions(source: Source, matches: list[Match], table: Sequence[Entry]) -> None:
    layers = {entry.layer: entry for entry in table}
    names = {entry.name for entry in table}
    rows = []
    for item in matches:
        layer = _canonical_layer(item.tensor.layer, layers) or item.entry.layer
        called = f"{layer}/{item.tensor.leaf}"
        if called not in names:
            called = f"{layer}/{item.entry.name.rpartition('/')[2]}"
        if called != item.entry.name:
            place = f"{_place(item.entry)} by order"
            rows.append(Mismatch(item.tensor.name, shape_text(item.tensor.shape), place))
    if rows:
        raise WeightsError(
            f"{source.path}: names and order contradict each other for {len(rows)} arrays; the"
            f" first is {rows[0].name}, by order {rows[0].expected.split()[0]}; {_HINT}",
            rows,
        )


def _order_error(source: Source, tensors: list[Tensor], places: list[Entry]) -> WeightsError:
    rows = [
        Mismatch(tensor.name, shape_text(tensor.shape), _place(entry))
        for tensor, entry in zip(tensors, places, strict=False)
        if tensor.shape != entry.shape
    ]
    shorter = min(len(tensors), len(places))
    rows += _rows(tensors[shorter:], places[shorter:])
    return WeightsError(f"{source.path}: not the weights of this model: {_first(rows)}", rows)


def _rows(tensors: Sequence[Tensor], places: Sequence[Entry]) -> list[Mismatch]:
    """List each leftover array with all weights it would fit, then the missing weights."""
    rows = []
    for tensor in tensors:
        fits = [entry.name for entry in places if entry.shape == tensor.shape]
        expected = " or ".join(fits) if fits else "nothing of this shape"
        rows.append(Mismatch(tensor.name, shape_text(tensor.shape), expected))
    return rows + [Mismatch("(missing)", "", _place(entry)) for entry in places]


def _place(entry: Entry) -> str:
    return f"{entry.name} {shape_text(entry.shape)}"


def _first(rows: Sequence[Mismatch]) -> str:
    row = rows[0]
    return f"{row.name} {row.shape}".strip() + f", expected {row.expected}"
