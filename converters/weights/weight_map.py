"""The table of gMVP's weights: canonical name, position in Keras, keys in the port, transform.

No other module has names of weights. Shape letters: F d_fc, M d_model, H heads, D depth of a head.
"""

from dataclasses import dataclass

from converters.columns import CENTER_COLUMNS, CONTEXT_COLUMNS, SPECIES, WINDOW
from converters.model_config import PAIRWISE_COLUMNS, Config, complete
from converters.weights.transforms import (
    GRU_BIAS,
    GRU_KERNEL,
    IDENTITY,
    TRANSPOSE,
    Shape,
    Transform,
)

TOP_LAYERS = (
    "variant_encoding",
    "neighbor_encoding",
    "pairwise_encoding",
    "evol_encoder",
    "logit",
    "mha",
    "gru",
)
"""The model's layers, in Keras' order."""


@dataclass(frozen=True)
class Entry:
    """One weight of the model.

    Attributes:
        name: canonical name, such as `mha/wq/kernel`.
        shape: shape in Keras' layout.
        group: index of its top layer among those that have weights, in Keras' order.
        order: its index within that layer.
        keys: the state-dict keys of the port that it becomes.
        transform: the change of layout from Keras to the port.
    """

    name: str
    shape: Shape
    group: int
    order: int
    keys: tuple[str, ...]
    transform: Transform

    @property
    def layer(self) -> str:
        """Return the layer that owns the weight, such as `mha/wq`."""
        return self.name.rpartition("/")[0]

    @property
    def targets(self) -> dict[str, Shape]:
        """Return the port's keys with their shapes."""
        return dict(zip(self.keys, self.transform.shapes(self.shape), strict=True))


_Row = tuple[str, Shape, tuple[str, ...], Transform]


def _dense(layer: str, width: int, out: int) -> list[_Row]:
    key = layer.replace("/", ".")
    return [
        (f"{layer}/kernel", (width, out), (f"{key}.weight",), TRANSPOSE),
        (f"{layer}/bias", (out,), (f"{key}.bias",), IDENTITY),
    ]


def _attention(config: Config) -> list[_Row]:
    d_fc, d_model, heads = config["d_fc"], config["d_model"], config["num_heads"]
    depth, score = d_model // heads, config["attn_score_type"]
    own: dict[str, Shape] = {
        "position_bias": (1, 1, 1, WINDOW),
        "agg_pairwise" if score == "dot" else "agg_v": (
            (1, heads, 1, 3 * depth if score == "nn" else depth)
        ),
        "bias_k": (1, 1, d_model),
        "bias_v": (1, 1, d_model),
        "bias_position_bias": (1, 1, 1, 1),
        "bias_pairwise": (1, 1, d_model),
    }
    rows: list[_Row] = [
        (f"mha/{name}", shape, (f"mha.{name}",), IDENTITY) for name, shape in own.items()
    ]
    widths = {"wq": d_fc, "wk": d_fc, "wv": d_fc, "out_proj": d_model, "w_pairwise": d_fc}
    for name, width in widths.items():
        rows += _dense(f"mha/{name}", width, d_model)
    return rows


def _gru(d_fc: int, d_model: int) -> list[_Row]:
    return [
        ("gru/kernel", (d_fc, 3 * d_model), ("gru.weight_ih",), GRU_KERNEL),
        ("gru/recurrent_kernel", (d_model, 3 * d_model), ("gru.weight_hh",), GRU_KERNEL),
        ("gru/bias", (2, 3 * d_model), ("gru.bias_ih", "gru.bias_hh"), GRU_BIAS),
    ]


def entries(config: Config) -> tuple[Entry, ...]:
    """Return the weights of a model, in Keras' order.

    Args:
        config: model settings; missing ones default to the released model's.

    Raises:
        ConfigError: the settings do not describe a whole model.
    """
    config = complete(config)
    d_fc, d_model = config["d_fc"], config["d_model"]
    rows = [
        *_dense("variant_encoding", CENTER_COLUMNS, d_fc),
        *_dense("neighbor_encoding", CONTEXT_COLUMNS, d_fc),
        *_dense("pairwise_encoding", PAIRWISE_COLUMNS[config["pairwise_type"]], d_fc),
    ]
    if config["weighting_schema"] == "spe":
        name = "evol_encoder/species_weights"
        rows.append((name, (1, SPECIES), (name.replace("/", "."),), IDENTITY))
    rows += [*_dense("logit", d_model, 1), *_attention(config), *_gru(d_fc, d_model)]
    return _numbered(rows)


def _numbered(rows: list[_Row]) -> tuple[Entry, ...]:
    numbered: list[Entry] = []
    group, order, previous = -1, 0, ""
    for name, shape, keys, transform in rows:
        top = name.partition("/")[0]
        if top != previous:
            group, order, previous = group + 1, 0, top
        numbered.append(Entry(name, shape, group, order, keys, transform))
        order += 1
    return tuple(numbered)
