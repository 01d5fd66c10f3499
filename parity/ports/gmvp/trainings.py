"""gMVP's training on both sides: the programs' own steps, with given dropout masks."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from parity.arrays import Arrays
from parity.declaring.training import Learner, Training, TrainingSide
from parity.declaring.weight import Options, Weight
from parity.ports.gmvp.configs import NARROW

if TYPE_CHECKING:
    from torch import Tensor

_ARGUMENTS = ("ref_aa", "alt_aa", "feature", "mask")
_MASKS = ("input_masks", "state_masks")
# A schedule short enough for fifty steps to see its warm-up, its decay and what follows.
_RATE = {"warmup_steps": 5, "decay_steps": 40}
_MODEL = {**NARROW, "dropout_rate": 0.4}


def reference(options: Options, dtype: str) -> Learner:
    """Build legacy_tf's Trainer, which writes no files; its steps run as graphs, as released."""
    import tensorflow as tf

    from legacy_tf.config import ModelConfig, TrainingConfig
    from legacy_tf.model import build
    from legacy_tf.training import Trainer

    settings = TrainingConfig(optimizer=options["optimizer"], **options["rate"])
    trainer = Trainer(build(ModelConfig(**options["model"]), dtype), settings, "")
    weights = trainer.model.canonical_weights()

    def stepped(batch: dict[str, Any]) -> Any:
        masks = tuple(batch[name] for name in _MASKS)
        loss, gradients = trainer.loss_and_gradients(batch, True, masks)
        trainer.apply(gradients)
        return loss, gradients

    as_graph = tf.function(stepped, reduce_retracing=True)

    def step(batch: dict[str, Any]) -> Any:
        loss, gradients = as_graph(batch)
        by_variable = {
            id(variable): gradient
            for variable, gradient in zip(trainer.model.trainable_weights, gradients, strict=True)
        }
        return loss, {name: by_variable[id(variable)] for name, variable in weights.items()}

    def reset() -> None:
        for variable in trainer.optimizer.variables:
            variable.assign(tf.zeros_like(variable))

    return Learner(step, weights, _evaluation(trainer.model, dtype), reset)


def _evaluation(model: Any, dtype: str) -> Callable[[dict[str, Any]], Any]:
    """Return the loss in evaluation as one graph for any number of records: tracing takes long."""
    import tensorflow as tf

    from legacy_tf.config import FEATURE_COLUMNS, WINDOW
    from legacy_tf.optim import loss as mean_loss

    def evaluated(label: Any, *arguments: Any) -> Any:
        return mean_loss(model(*arguments), label)

    integers, floats = tf.TensorSpec([None], tf.int32), tf.TensorSpec([None], dtype)
    window = [tf.TensorSpec([None, WINDOW, *rest], dtype) for rest in ([FEATURE_COLUMNS], [])]
    signature = [floats, integers, integers, *window]
    as_graph = tf.function(evaluated, input_signature=signature)

    def evaluate(records: dict[str, Any]) -> Any:
        return as_graph(records["label"], *(records[name] for name in _ARGUMENTS))

    return evaluate


def candidate(options: Options, dtype: str) -> Learner:
    """Build pt_gmvp's train_step."""
    import torch

    from pt_gmvp.config import ModelConfig
    from pt_gmvp.data import Batch
    from pt_gmvp.model import GMVP
    from pt_gmvp.optim import AddonsAdamW, KerasAdam, WarmupLinearDecay
    from pt_gmvp.optim import loss as mean_loss
    from pt_gmvp.training import train_step

    model = GMVP(ModelConfig.from_dict(dict(options["model"]))).to(getattr(torch, dtype))
    rule = {"adam": KerasAdam, "adamw": AddonsAdamW}[options["optimizer"]](model.parameters())
    schedule = WarmupLinearDecay(rule, **options["rate"])

    def step(batch: dict[str, "Tensor"]) -> Any:
        model.train()
        given = Batch([], batch["label"], *(batch[name] for name in _ARGUMENTS))
        masks = (batch["input_masks"], batch["state_masks"])
        loss = train_step(model, rule, given, schedule, masks)
        return loss, {name: weight.grad for name, weight in model.named_parameters()}

    def evaluate(records: dict[str, "Tensor"]) -> "Tensor":
        model.eval()
        with torch.no_grad():
            logits = model(*(records[name] for name in _ARGUMENTS))
            return mean_loss(logits, records["label"])

    return Learner(step, dict(model.named_parameters()), evaluate)


def masks(options: Options, records: int, random: np.random.Generator) -> Arrays:
    """Draw dropout masks of the GRU cell, scaled, (3, B, F) and (3, B, M), in the order z, r, h."""
    model = options["model"]
    keep = 1 - model["dropout_rate"]
    widths = (model["d_fc"], model["d_model"])
    return {
        name: ((random.random((3, records, width)) < keep) / keep).astype(np.float32)
        for name, width in zip(_MASKS, widths, strict=True)
    }


def trainings(weights: Callable[[Options], tuple[Weight, ...]]) -> tuple[Training, ...]:
    """Return a training for each optimizer; `weights` is the weight map of the whole model."""
    return tuple(
        Training(
            name,
            TrainingSide("tensorflow", reference),
            TrainingSide("torch", candidate),
            lambda options: weights(options["model"]),
            {"optimizer": name, "model": _MODEL, "rate": _RATE},
            masks,
            f"the whole model by {title}, warm-up and decay, dropout masks given",
        )
        for name, title in (("adam", "Keras' Adam"), ("adamw", "tensorflow_addons' AdamW"))
    )
