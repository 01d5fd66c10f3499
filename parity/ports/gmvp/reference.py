"""Reference of every pair: legacy_tf's layers. TensorFlow is imported on first use."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from parity.declaring.port import Built, Side
from parity.declaring.training_mode import in_training
from parity.declaring.weight import Options
from parity.ports.gmvp.configs import RELEASE_RATE
from parity.ports.gmvp.data_inputs import BATCH, as_outputs, bits, labels_of, record_file
from parity.ports.gmvp.optimizer_state import after_step

if TYPE_CHECKING:
    from legacy_tf.model import GMVP

_ENCODER_KEYS = ("pairwise_type", "weighting_schema", "pairwise_norm")
_ARGUMENTS = ("ref_aa", "alt_aa", "feature", "mask")
_MASKS = ("input_masks", "state_masks")
_KEYS = (*_ENCODER_KEYS, "attn_score_type", "d_fc", "d_model", "num_heads", "dropout_rate")


def _side(build: Callable[[Options, str], Built]) -> Side:
    return Side("tensorflow", build)


@cache
def _cached_model(options: tuple[tuple[str, Any], ...], dtype: str) -> "GMVP":
    from legacy_tf.config import ModelConfig
    from legacy_tf.model import build

    return build(ModelConfig.from_dict(dict(options)), dtype)


def whole_model(options: Options, dtype: str) -> "GMVP":
    """Build a model, or return a cached one, as every run assigns all weights again."""
    return _cached_model(tuple((key, options[key]) for key in _KEYS if key in options), dtype)


def _weights(model: "GMVP", layer: str) -> dict[str, Any]:
    return {
        name: variable
        for name, variable in model.canonical_weights().items()
        if name.startswith(f"{layer}/")
    }


def model(options: Options, dtype: str) -> Built:
    """Build the whole model, with the loss of its logits."""
    built = whole_model(options, dtype)

    def call(inputs: dict[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        from legacy_tf.optim import loss as mean_loss

        given = {name: x for name, x in inputs.items() if name in _ARGUMENTS}
        if "window" in inputs:
            # The original has a window for each variant.
            for name in ("feature", "mask"):
                given[name] = tf.gather(given[name], inputs["window"])
        masks = tuple(inputs[name] for name in _MASKS) if _MASKS[0] in inputs else None
        intermediates = built.trace(**given, training=in_training(), masks=masks)
        return {**intermediates, "loss": mean_loss(intermediates["logit"], inputs["label"])}

    return Built(call, built.canonical_weights())


def evol_encoder(options: Options, dtype: str) -> Built:
    """Build the EvolEncoder by itself, with any pairwise type."""
    from legacy_tf.evol_encoder import EvolEncoder

    settings = {key: options[key] for key in _ENCODER_KEYS}
    layer = EvolEncoder(**settings, dtype=dtype)
    layer.build((None, None, 400))
    weights = {}
    if options["weighting_schema"] == "spe":
        weights["evol_encoder/species_weights"] = layer.species_weights

    def call(inputs: dict[str, Any]) -> dict[str, Any]:
        alone = options.get("alone")
        return {
            name: value
            for name, value in layer.trace(inputs["x"]).items()
            if value is not None and alone in (None, name)
        }

    return Built(call, weights)


def _dense(name: str) -> Side:
    def build(options: Options, dtype: str) -> Built:
        whole = whole_model(options, dtype)
        layer = getattr(whole, name)
        return Built(lambda inputs: {name: layer(inputs["x"])}, _weights(whole, name))

    return _side(build)


def multi_head_attention(options: Options, dtype: str) -> Built:
    """Build the attention, with its intermediate steps."""
    whole = whole_model(options, dtype)
    return Built(lambda inputs: whole.mha.trace(**inputs), _weights(whole, "mha"))


def gru_cell(options: Options, dtype: str) -> Built:
    """Build the GRU cell; inputs include dropout masks, as in training, if `masks` is set."""
    whole = whole_model(options, dtype)

    def call(inputs: dict[str, Any]) -> dict[str, Any]:
        masks = tuple(inputs[name] for name in _MASKS) if options.get("masks") else None
        whole.gru.reset_masks()
        state = whole.gru(
            inputs["inputs"],
            inputs["state"],
            training=in_training() or masks is not None,
            masks=masks,
        )
        return {"gru": state}

    return Built(call, _weights(whole, "gru"))


def loss(options: Options, dtype: str) -> Built:
    """Build the mean cross-entropy of logits."""
    from legacy_tf.optim import loss as mean_loss

    return Built(lambda inputs: {"loss": mean_loss(inputs["logit"], inputs["label"])})


def learning_rate(options: Options, dtype: str) -> Built:
    """Build the schedule, which gives the learning rate of each step."""
    from legacy_tf.optim import WarmupLinearDecay

    schedule = WarmupLinearDecay(**{**RELEASE_RATE, **options}, dtype=dtype)

    def call(inputs: dict[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        return {"rate": tf.stack([schedule(step) for step in tf.unstack(inputs["step"])])}

    return Built(call)


def optimizer(options: Options, dtype: str) -> Built:
    """Build an optimizer, which gives weights and its state after each of several steps."""
    from legacy_tf.config import TrainingConfig
    from legacy_tf.optim import make_optimizer

    def call(inputs: dict[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        weight = tf.Variable(inputs["weight"])
        rule = make_optimizer(TrainingConfig(optimizer=options["kind"], warmup_steps=2), dtype)
        after: dict[str, Any] = {}
        for step, gradient in enumerate(tf.unstack(inputs["gradients"]), 1):
            if options.get("closure"):
                after[f"step_{step}/loss"] = tf.identity(gradient[0, 0])
            rule.apply_gradients([(gradient, weight)])
            state = (
                tf.identity(weight),
                *map(tf.identity, (rule._momentums[0], rule._velocities[0])),
            )
            after |= after_step(step, *state)
            after[f"step_{step}/iterations"] = tf.identity(rule.iterations)
        return after

    return Built(call)


@cache
def _fresh(options: tuple[tuple[str, Any], ...], dtype: str, seed: int) -> dict[str, Any]:
    """Return a model's weights as they are drawn; Keras runs the whole model to make them."""
    import tensorflow as tf

    from legacy_tf.config import ModelConfig
    from legacy_tf.model import build

    tf.random.set_seed(seed)
    return dict(build(ModelConfig.from_dict(dict(options)), dtype).canonical_weights())


def initial_values(options: Options, dtype: str) -> Built:
    """Build fresh weights of several models, stacked, and the recurrent kernel's Gram matrix.

    `repeated` is 0: how far the weights of two models with the same seed may be apart. Keras does
    not repeat them.
    """
    settings = tuple((key, options[key]) for key in _KEYS if key in options)

    def call(inputs: dict[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        models = [_fresh(settings, dtype, seed) for seed in inputs["seeds"].numpy().tolist()]
        pooled = {name: tf.stack([w[name] for w in models]) for name in models[0]}
        kernel = pooled["gru/recurrent_kernel"]
        gram = tf.matmul(kernel, kernel, transpose_b=True)
        return {**pooled, "gram": gram, "repeated": tf.zeros([], dtype)}

    return Built(call)


def records(options: Options, dtype: str) -> Built:
    """Build one of the original's tf.data readers, run on a file of the records; floats as bits."""
    from legacy_tf import data

    readers = {
        "validation": data.validation_records,
        "test": data.test_records,
        "training": lambda files, size: data.training_records(files, size, seed=1),
    }

    def call(inputs: dict[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        with record_file({name: tensor.numpy() for name, tensor in inputs.items()}) as path:
            batches = list(readers[options["reader"]]([path], BATCH))
        read = {name: tf.concat([b[name] for b in batches], 0).numpy() for name in batches[0]}
        # int64 as in the candidate, which indexes with these.
        codes = {name: read.pop(name).astype(np.int64) for name in ("ref_aa", "alt_aa")}
        names = [name.decode() for name in read.pop("var_id")]
        return as_outputs(names, {**codes, **read}, in_order=options["reader"] != "training")

    return Built(call)


def windows(options: Options, dtype: str) -> Built:
    """Build the original's cutting of windows out of a feature matrix; floats as bits."""
    from legacy_tf.data import windows as cut

    def call(inputs: dict[str, Any]) -> dict[str, Any]:
        matrix = inputs["matrix"].numpy().view(np.float64)
        feature, mask = cut(matrix, inputs["positions"].numpy())
        cuts = {"feature": bits(feature), "mask": bits(mask)}
        if options["way"] == "windows":
            return cuts
        ref_aa = matrix[inputs["positions"].numpy(), 0].astype(np.int64)
        arrays = {name: inputs[name].numpy() for name in ("positions", "alt_aa")}
        label = labels_of(arrays).astype(np.float32)
        return {**cuts, "ref_aa": ref_aa, "alt_aa": arrays["alt_aa"], "label": bits(label)}

    return Built(call)


SIDES = {
    "model": _side(model),
    "evol_encoder": _side(evol_encoder),
    **{
        name: _dense(name)
        for name in ("variant_encoding", "neighbor_encoding", "pairwise_encoding", "logit")
    },
    "multi_head_attention": _side(multi_head_attention),
    "gru_cell": _side(gru_cell),
    "loss": _side(loss),
    "learning_rate": _side(learning_rate),
    "optimizer": _side(optimizer),
    "initial_values": _side(initial_values),
    "records": _side(records),
    "windows": _side(windows),
}
