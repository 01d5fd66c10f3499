"""gMVP: every layer of legacy_tf paired with its port in pt_gmvp.

Nothing heavy is imported until a side is built, so that `parity list` is instant and works without
TensorFlow.
"""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from parity.arrays import Arrays
from parity.declaring.port import Configuration, Given, Pair, Port
from parity.declaring.weight import Options, Weight
from parity.ports.gmvp import (
    candidate,
    configs,
    data_inputs,
    domains,
    layer_inputs,
    per_residue,
    reference,
)
from parity.ports.gmvp.fast import fast_pairs
from parity.ports.gmvp.inputs import load
from parity.ports.gmvp.known_bugs import EQUIVALENT, KNOWN_BUGS
from parity.ports.gmvp.optimizer_state import optimizer_inputs
from parity.ports.gmvp.trainings import trainings

# Fail here and not within a case, so that the loader of the port can name the missing extra.
for _module in ("Bio", "google_crc32c", "h5py"):
    if find_spec(_module) is None:
        raise ModuleNotFoundError(f"No module named '{_module}'", name=_module)


def _weights_of(prefix: str) -> Callable[[Options], tuple[Weight, ...]]:
    """Return the weight map of the weights under a prefix, from converters' table."""

    def weights(options: Options) -> tuple[Weight, ...]:
        from converters.model_config import DEFAULTS
        from converters.weights.weight_map import entries

        settings = {key: value for key, value in options.items() if key in DEFAULTS}
        if prefix not in ("", "mha/"):
            # No other layer has heads, which d_model might not be divisible by.
            settings.pop("num_heads", None)
        # Types that are not available in a whole model have the same encoder weights as the others.
        if settings.get("pairwise_type") in ("none", "cov_all"):
            settings["pairwise_type"] = "cov"
        return tuple(
            Weight(
                e.name,
                e.shape,
                e.keys,
                e.transform.name,
                e.transform.forward,
                e.transform.inverse,
                scale=configs.weight_scale(options, e.name),
            )
            for e in entries(settings)
            if e.name.startswith(prefix)
        )

    return weights


def _pair(
    layer: str,
    about: str,
    at: tuple[Configuration, ...],
    inputs: Callable[[Given], Arrays],
    **rest: Any,
) -> Pair:
    """Pair both sides of what `layer` names in `reference` and `candidate`."""
    return Pair(
        layer, reference.SIDES[layer], candidate.SIDES[layer], at, inputs, about=about, **rest
    )


def _layer(
    layer: str,
    about: str,
    at: tuple[Configuration, ...],
    inputs: Callable[[Given], Arrays],
    *,
    weights_of: str,
    **rest: Any,
) -> Pair:
    """Pair a layer of the whole model, with the weights under its name there."""
    weights = _weights_of(f"{weights_of}/")
    return _pair(layer, about, at, inputs, weights_of=weights_of, weights=weights, **rest)


def _dense(
    layer: str,
    about: str,
    at: tuple[Configuration, ...],
    source: str,
    axes: str,
    before: tuple[str, ...] = (),
) -> Pair:
    """Pair a dense layer of the whole model, whose input is the intermediate `source`."""
    return _layer(
        layer,
        about,
        at,
        layer_inputs.of_intermediate(x=source),
        weights_of=layer,
        intermediates=(*before, layer),
        axes={layer: axes},
    )


_ATTENTION_AXES = {
    "q": "B H 1 D",
    "k": "B H L+1 D",
    "v": "B H L+1 D",
    "pairwise": "B H L+1 D",
    "scores": "B H L+1",
    "attention": "B H L+1",
}
_MODEL_AXES = {
    "evol_encoder/frequencies": "B L A",
    "evol_encoder/pairwise": "B L A*A+1",
    "context": "B L 73",
    "center": "B 91",
    "variant_encoding": "B F",
    "neighbor_encoding": "B L F",
    "pairwise_encoding": "B L F",
    **{f"mha/{name}": axes for name, axes in _ATTENTION_AXES.items()},
    "mha": "B M",
    "gru": "B M",
    "logit": "B",
    "probability": "B",
    "loss": "",
}

# Layers of the model, in the order of their calls.
_LAYERS = (
    _layer(
        "evol_encoder",
        "residue frequencies and co-evolution with the centre",
        configs.EVOL_ENCODER,
        layer_inputs.alignment,
        weights_of="evol_encoder",
        intermediates=("evol_encoder/frequencies", "evol_encoder/pairwise"),
        axes={"frequencies": "B L A", "pairwise": "B L A*A+1"},
        domains=domains.ALIGNMENT,
    ),
    _dense(
        "variant_encoding",
        "dense layer over the variant",
        configs.NODE_ENCODING,
        source="center",
        axes="B F",
        before=("center",),
    ),
    _dense(
        "neighbor_encoding",
        "dense layer over each neighbour",
        configs.NODE_ENCODING,
        source="context",
        axes="B L F",
        before=("context",),
    ),
    _dense(
        "pairwise_encoding",
        "dense layer over each neighbour's co-evolution",
        configs.PAIRWISE_ENCODING,
        source="evol_encoder/pairwise",
        axes="B L F",
    ),
    _layer(
        "multi_head_attention",
        "attention of the variant to its neighbours",
        configs.ATTENTION,
        layer_inputs.attention,
        weights_of="mha",
        intermediates=(*(f"mha/{name}" for name in _ATTENTION_AXES), "mha"),
        axes={**_ATTENTION_AXES, "mha": "B M"},
        domains=domains.ATTENTION,
    ),
    _layer(
        "gru_cell",
        "combines the variant with the attention's output",
        configs.GRU_CELL,
        layer_inputs.gru,
        weights_of="gru",
        intermediates=("gru",),
        axes={"gru": "B M"},
    ),
    _dense("logit", "dense layer to one number", configs.LOGIT, source="gru", axes="B 1"),
)
_WHOLE = _pair(
    "model",
    "the whole model, from records to loss",
    configs.MODEL,
    layer_inputs.batch,
    weights=_weights_of(""),
    differentiate=("loss",),
    axes=_MODEL_AXES,
    domains=domains.MODEL,
)
_NO_LAYER = "it has no layer with a training mode"
_TRAINING = (
    _pair(
        "loss",
        "mean cross-entropy of logits",
        configs.LOSS,
        layer_inputs.loss,
        domains=domains.LOSS,
    ),
    _pair(
        "learning_rate",
        "warm-up and linear decay",
        configs.LEARNING_RATE,
        layer_inputs.steps,
        differentiate=(),
        axes={"rate": "step"},
        no_training=_NO_LAYER,
        no_onnx="it is a Python function of an integer, not a graph of tensors",
        domains=domains.STEPS,
    ),
    _pair(
        "optimizer",
        "weights, both moments and the step count after each of eight steps",
        configs.OPTIMIZER,
        optimizer_inputs,
        differentiate=(),
        no_training=_NO_LAYER,
        no_onnx="it changes weights in place, step by step; not a graph of tensors",
        domains=domains.OPTIMIZER,
    ),
    _pair(
        "initial_values",
        "distributions of fresh weights",
        configs.INITIAL_VALUES,
        layer_inputs.seeds,
        differentiate=(),
        distributions=tuple(
            weight.name
            for config in configs.INITIAL_VALUES
            for weight in _weights_of("")(config.options)
        ),
        no_onnx="it draws random numbers",
    ),
)
_DATA = (
    _pair(
        "records",
        "from record files to batches, bit for bit",
        configs.RECORDS,
        data_inputs.records,
        differentiate=(),
        domains=domains.RECORDS,
        axes={"feature": "B L 435", "mask": "B L"},
        no_training=_NO_LAYER,
        no_onnx="it reads files",
    ),
    _pair(
        "windows",
        "the rows around a position, bit for bit",
        configs.WINDOWS,
        data_inputs.windows,
        differentiate=(),
        domains=domains.WINDOWS,
        axes={"feature": "B L 435", "mask": "B L"},
        no_training=_NO_LAYER,
        no_onnx="it reads numpy arrays; not a graph of tensors",
    ),
)
_PER_RESIDUE = Pair(
    "model_per_residue",
    per_residue.REFERENCE,
    per_residue.CANDIDATE,
    configs.PER_RESIDUE,
    per_residue.protein,
    weights=_weights_of(""),
    differentiate=(),
    axes={"probability": "P S"},
    about="all substitutions of residues, by the scoring engine",
    no_training="scores are computed in evaluation",
    no_onnx="it counts in place, which has no ONNX form; export the model",
    domains=per_residue.DOMAINS,
)
_PLAIN = (*_LAYERS, _WHOLE)

port = Port(
    name="gmvp",
    whole="model",
    load_inputs=load,
    pairs=(*_PLAIN, *_TRAINING, *_DATA, *fast_pairs(_PLAIN), _PER_RESIDUE),
    exempt={
        "prediction": "the mean over models; compared with the original's own scores",
    },
    known_bugs=KNOWN_BUGS,
    equivalent=EQUIVALENT,
    trainings=trainings(_weights_of("")),
)
