"""Inference of a model's settings from the shapes of its weights; every assumption is reported."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from converters.columns import SPECIES
from converters.errors import Mismatch, Shape, WeightsError, shape_text
from converters.model_config import (
    CHOICES,
    DEFAULTS,
    PAIRWISE_COLUMNS,
    ConfigError,
    check_whole,
    complete,
)
from converters.weights.sources import Source
from converters.weights.weight_map import entries

_NOT_IN_SHAPES = {
    "dropout_rate": "cannot be seen in the weights and matters only in training",
    "pairwise_norm": "cannot be seen in the weights",
}

_SHAPING = [key for key in DEFAULTS if key not in _NOT_IN_SHAPES]


class Inference(NamedTuple):
    """Complete settings, with one note for each that was inferred or assumed."""

    config: dict[str, Any]
    notes: tuple[str, ...]


def parse_settings(pairs: Iterable[str]) -> dict[str, Any]:
    """Read `KEY=VALUE` settings of a command line.

    Raises:
        ConfigError: not of that form, or not a number where one is expected.
    """
    settings: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"--set {pair}: expected KEY=VALUE, such as pairwise_type=fre")
        kind = type(DEFAULTS.get(key, ""))
        try:
            settings[key] = kind(value)
        except ValueError:
            noun = "a whole number" if kind is int else "a number"
            raise ConfigError(f"--set {pair}: expected {noun}") from None
    return settings


def infer_config(source: Source, given: Mapping[str, Any]) -> Inference:
    """Find the settings of the model whose weights have exactly these shapes.

    Args:
        source: the weights.
        given: settings already known, for example from the command line; they are kept.

    Raises:
        ConfigError: the shapes fit several models that compute different things.
        WeightsError: no gMVP model has these shapes.
    """
    check_whole(given)
    shapes = [tensor.shape for tensor in source.tensors]
    found = Counter(shapes)
    fitting = [
        config
        for config in _candidates(shapes)
        if all(config[key] == value for key, value in given.items() if key in config)
        and _counted(config) == found
    ]
    notes: list[str] = []
    if len({config["attn_score_type"] for config in fitting}) > 1:
        fitting = _settle_score(source, fitting, notes)
    if len(fitting) > 1:
        raise _ambiguous(source, fitting)
    if not fitting:
        raise _no_fit(source, shapes, given)
    known = {**fitting[0], **given}
    inferred = ", ".join(f"{key} {value}" for key, value in fitting[0].items() if key not in given)
    if inferred:
        notes.insert(0, f"inferred from the shapes: {inferred}")
    notes += [
        f"{key} is assumed to be {DEFAULTS[key]!r}: it {why}; override with --set {key}=..."
        for key, why in _NOT_IN_SHAPES.items()
        if key not in given
    ]
    return Inference(complete(known), tuple(notes))


def check_config(source: Source, config: Mapping[str, Any]) -> None:
    """Check that a model with these settings has exactly the shapes of the weights.

    Raises:
        WeightsError: it does not; the message names the settings that the shapes contradict.
        ConfigError: the settings do not describe a whole model.
    """
    if _counted(config) == Counter(tensor.shape for tensor in source.tensors):
        return
    full, contradicted = complete(config), ""
    try:
        fitting = infer_config(source, {}).config
        differing = [key for key in _SHAPING if full[key] != fitting[key]]
        contradicted = ", ".join(
            f"{key} is {full[key]}, but the shapes say {fitting[key]}" for key in differing
        )
    except (ConfigError, WeightsError):
        pass
    reason = contradicted or "their number or shapes differ"
    raise WeightsError(
        f"{source.path}: the configuration does not fit these weights: {reason}",
        _difference(source, config),
    )


def _counted(config: Mapping[str, Any]) -> Counter[Shape]:
    return Counter(entry.shape for entry in entries(config))


def _candidates(shapes: Sequence[Shape]) -> Iterator[dict[str, Any]]:
    """Yield combinations of what single shapes suggest; most of them fit nothing."""
    schema = "spe" if (1, SPECIES) in shapes else "none"
    inputs = sorted(
        {
            (shape[1], kind)
            for shape in shapes
            for kind, columns in PAIRWISE_COLUMNS.items()
            if len(shape) == 2 and shape[0] == columns and shape[1] > 0
        }
    )
    widths = sorted({shape[2] for shape in shapes if len(shape) == 3 and shape[2] > 0})
    heads = sorted({shape[1] for shape in shapes if len(shape) == 4 and shape[1] > 0})
    for (d_fc, kind), d_model, number, score in product(
        inputs, widths, heads, CHOICES["attn_score_type"]
    ):
        if d_model % number == 0:
            yield {
                "attn_score_type": score,
                "pairwise_type": kind,
                "weighting_schema": schema,
                "d_fc": d_fc,
                "d_model": d_model,
                "num_heads": number,
            }


def _settle_score(
    source: Source, fitting: list[dict[str, Any]], notes: list[str]
) -> list[dict[str, Any]]:
    """Distinguish `add` from `dot`, whose shapes are equal, by the name of the score vector."""
    leaves = [tensor.name.rpartition("/")[2].partition(":")[0] for tensor in source.tensors]
    by_name = {"agg_v": "add", "agg_pairwise": "dot"}
    seen = {by_name[leaf] for leaf in leaves if leaf in by_name}
    if len(seen) != 1:
        return fitting
    (score,) = seen
    leaf = "agg_v" if score == "add" else "agg_pairwise"
    notes.append(
        f"attn_score_type {score}: the shapes fit both add and dot, and the file calls the vector"
        f" {leaf}"
    )
    return [config for config in fitting if config["attn_score_type"] == score]


def _ambiguous(source: Source, fitting: Sequence[Mapping[str, Any]]) -> ConfigError:
    open_keys = [key for key in fitting[0] if len({config[key] for config in fitting}) > 1]
    choices = " and ".join(
        f"{key} ({' or '.join(dict.fromkeys(str(config[key]) for config in fitting))})"
        for key in open_keys
    )
    options = " ".join(f"--set {key}={fitting[0][key]}" for key in open_keys)
    return ConfigError(
        f"{source.path}: the shapes do not determine {choices}; specify, for example, {options},"
        " or give --config FILE"
    )


def _no_fit(source: Source, shapes: Sequence[Shape], given: Mapping[str, Any]) -> WeightsError:
    found = Counter(shapes)
    merged = ({**config, **given} for config in _candidates(shapes))
    whole = [config for config in merged if config["d_model"] % config["num_heads"] == 0]
    nearest = min(whole, key=lambda config: _distance(_counted(config), found), default=None)
    if nearest is None:
        rows = [
            Mismatch(tensor.name, shape_text(tensor.shape), "unknown") for tensor in source.tensors
        ]
        return WeightsError(
            f"{source.path}: its {len(shapes)} arrays are not the weights of a gMVP model (no"
            " pairwise encoding with 441 or 442 inputs, or no attention)",
            rows,
        )
    return WeightsError(
        f"{source.path}: not the weights of a gMVP model; the table shows the differences from the"
        f" nearest one (d_fc {nearest['d_fc']}, d_model {nearest['d_model']},"
        f" num_heads {nearest['num_heads']}, {nearest['attn_score_type']},"
        f" {nearest['pairwise_type']}, {nearest['weighting_schema']})",
        _difference(source, nearest),
    )


def _distance(expected: Counter[Shape], found: Counter[Shape]) -> int:
    return (expected - found).total() + (found - expected).total()


def _difference(source: Source, config: Mapping[str, Any]) -> list[Mismatch]:
    left, rows = _counted(config), []
    for tensor in source.tensors:
        if left[tensor.shape] > 0:
            left[tensor.shape] -= 1
        else:
            rows.append(Mismatch(tensor.name, shape_text(tensor.shape), "nothing of this shape"))
    missing = +left
    for entry in entries(config):
        if missing[entry.shape] > 0:
            rows.append(Mismatch("(missing)", "", f"{entry.name} {shape_text(entry.shape)}"))
            missing[entry.shape] -= 1
    return rows
