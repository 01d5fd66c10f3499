"""gMVP: every layer of legacy_tf beside its port in pt_gmvp, in one readable list.

Nothing heavy is imported until a side is built, so that `parity list` is instant and works without
TensorFlow.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.domains import Domain
from parity.inputs import generator
from parity.port import Arrays, Configuration, Given, Options, Pair, Port, Weight
from parity.ports.gmvp import candidate, configs, data_inputs, domains, reference
from parity.ports.gmvp.fast import fast_pairs
from parity.ports.gmvp.inputs import load
from parity.ports.gmvp.mistakes import EQUIVALENT, MISTAKES
from parity.ports.gmvp.optimizer_state import optimizer_inputs
from parity.ports.gmvp.trainings import trainings

_ALIGNMENT = slice(21, 421)


def _weights_of(prefix: str) -> Callable[[Options], tuple[Weight, ...]]:
    """The weights under a prefix, as converters' one table has them."""

    def weights(options: Options) -> tuple[Weight, ...]:
        from converters.model_config import DEFAULTS
        from converters.weight_map import entries

        settings = {key: value for key, value in options.items() if key in DEFAULTS}
        if prefix not in ("", "mha/"):
            # No other layer has heads, which d_model might not be divided by.
            settings.pop("num_heads", None)
        # Types that make no whole model have the same encoder weights as any other type.
        if settings.get("pairwise_type") in ("none", "cov_all"):
            settings["pairwise_type"] = "cov"
        return tuple(
            Weight(
                e.name, e.shape, e.keys, e.transform.name, e.transform.forward, e.transform.inverse
            )
            for e in entries(settings)
            if e.name.startswith(prefix)
        )

    return weights


def _of_stage(**sources: str) -> Callable[[Given], Arrays]:
    """Inputs that are stages of the reference's whole model."""
    return lambda given: {name: given.stages[stage] for name, stage in sources.items()}


def _alignment(given: Given) -> Arrays:
    return {"x": given.inputs.arrays["feature"][..., _ALIGNMENT]}


def _attention_inputs(given: Given) -> Arrays:
    return {
        "query": given.stages["variant_encoding"][:, None],
        "context": given.stages["neighbor_encoding"],
        "pairwise": given.stages["pairwise_encoding"],
        "mask": given.inputs.arrays["mask"],
    }


def _gru_inputs(given: Given) -> Arrays:
    options, random = given.config.options, generator("gmvp/gru", given.seed)
    if not options.get("masks"):
        return {"inputs": given.stages["variant_encoding"], "state": given.stages["mha"]}
    batch, keep = len(given.inputs.arrays["label"]), 1 - options["dropout_rate"]
    widths = {"inputs": options["d_fc"], "state": options["d_model"]}
    drawn = {name: random.standard_normal((batch, width)) for name, width in widths.items()}
    drawn["input_masks"] = (random.random((3, batch, widths["inputs"])) < keep) / keep
    drawn["state_masks"] = (random.random((3, batch, widths["state"])) < keep) / keep
    return {name: array.astype(np.float32) for name, array in drawn.items()}


def _loss_inputs(given: Given) -> Arrays:
    """Logits from certain to undecided for either label, or only such as are sure of one."""
    label = given.config.options["sure_of"]
    if label is not None:
        logits = (2 * label - 1) * np.array([6, 7, 8, 9], np.float32)
        return {"logit": logits, "label": np.full(4, label, np.float32)}
    logits = np.array([-100, -20, -3, -1e-3, 0, 1e-3, 3, 20, 100], np.float32)
    labels = np.repeat(np.array([0, 1], np.float32), len(logits))
    return {"logit": np.tile(logits, 2), "label": labels}


def _steps(given: Given) -> Arrays:
    return {"step": np.r_[0:120, 120:2600:40].astype(np.int64)}


def _seeds(given: Given) -> Arrays:
    return {"seeds": np.arange(16, dtype=np.int64) + 100 * given.seed}


def _pair(
    layer: str,
    about: str,
    at: tuple[Configuration, ...],
    inputs: Callable[[Given], Arrays],
    **rest: Any,
) -> Pair:
    return Pair(
        layer, reference.SIDES[layer], candidate.SIDES[layer], at, inputs, about=about, **rest
    )


def _layer(
    layer: str,
    about: str,
    at: tuple[Configuration, ...],
    inputs: Callable[[Given], Arrays],
    stages: tuple[str, ...],
    weights_of: str,
    axes: dict[str, str],
    domains: tuple[Domain, ...] = (),
) -> Pair:
    return _pair(
        layer,
        about,
        at,
        inputs,
        stages=stages,
        weights_of=weights_of,
        weights=_weights_of(f"{weights_of}/"),
        axes=axes,
        domains=domains,
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

_PAIRS = (
    _layer(
        "evol_encoder",
        "residue frequencies and co-evolution with the centre",
        configs.EVOL_ENCODER,
        _alignment,
        ("evol_encoder/frequencies", "evol_encoder/pairwise"),
        "evol_encoder",
        {"frequencies": "B L A", "pairwise": "B L A*A+1"},
        domains.ALIGNMENT,
    ),
    _layer(
        "variant_encoding",
        "dense layer over the variant",
        configs.NODE_ENCODING,
        _of_stage(x="center"),
        ("center", "variant_encoding"),
        "variant_encoding",
        {"variant_encoding": "B F"},
    ),
    _layer(
        "neighbor_encoding",
        "dense layer over each neighbour",
        configs.NODE_ENCODING,
        _of_stage(x="context"),
        ("context", "neighbor_encoding"),
        "neighbor_encoding",
        {"neighbor_encoding": "B L F"},
    ),
    _layer(
        "pairwise_encoding",
        "dense layer over each neighbour's co-evolution",
        configs.PAIRWISE_ENCODING,
        _of_stage(x="evol_encoder/pairwise"),
        ("pairwise_encoding",),
        "pairwise_encoding",
        {"pairwise_encoding": "B L F"},
    ),
    _layer(
        "multi_head_attention",
        "attention of the variant over its neighbours",
        configs.ATTENTION,
        _attention_inputs,
        (*(f"mha/{name}" for name in _ATTENTION_AXES), "mha"),
        "mha",
        {**_ATTENTION_AXES, "mha": "B M"},
        domains.ATTENTION,
    ),
    _layer(
        "gru_cell",
        "joins the variant with what it attended to",
        configs.GRU_CELL,
        _gru_inputs,
        ("gru",),
        "gru",
        {"gru": "B M"},
    ),
    _layer(
        "logit",
        "dense layer to one number",
        configs.LOGIT,
        _of_stage(x="gru"),
        ("logit",),
        "logit",
        {"logit": "B 1"},
    ),
    _pair(
        "model",
        "the whole, from records to loss",
        configs.MODEL,
        lambda given: given.inputs.arrays,
        weights=_weights_of(""),
        differentiate=("loss",),
        axes=_MODEL_AXES,
        domains=domains.MODEL,
    ),
    _pair(
        "loss",
        "mean cross-entropy of logits",
        configs.LOSS,
        _loss_inputs,
        domains=domains.LOSS,
    ),
    _pair(
        "learning_rate",
        "warm-up and linear decay",
        configs.LEARNING_RATE,
        _steps,
        differentiate=(),
        axes={"rate": "step"},
        no_onnx="a function of a whole number in Python, which no graph holds",
        domains=domains.STEPS,
    ),
    _pair(
        "optimizer",
        "weights, both moments and the count after each of eight steps",
        configs.OPTIMIZER,
        optimizer_inputs,
        differentiate=(),
        no_onnx="it changes weights in place, step by step; no graph of tensors",
        domains=domains.OPTIMIZER,
    ),
    _pair(
        "initial_values",
        "distributions of fresh weights",
        configs.INITIAL_VALUES,
        _seeds,
        differentiate=(),
        distributions=tuple(
            weight.name
            for config in configs.INITIAL_VALUES
            for weight in _weights_of("")(config.options)
        ),
        no_onnx="it draws random numbers",
    ),
    _pair(
        "records",
        "from record files to batches, bit for bit",
        configs.RECORDS,
        data_inputs.records,
        differentiate=(),
        domains=domains.RECORDS,
        axes={"feature": "B L 435", "mask": "B L"},
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
        no_onnx="it reads arrays in numpy; no graph of tensors",
    ),
)

port = Port(
    name="gmvp",
    whole="model",
    load_inputs=load,
    pairs=(*_PAIRS, *fast_pairs(_PAIRS)),
    excused={
        "prediction": "sigmoid and mean over models; checked against the original's own scores",
    },
    mistakes=MISTAKES,
    equivalent=EQUIVALENT,
    trainings=trainings(_weights_of("")),
)
