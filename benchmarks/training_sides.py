"""Both programs behind one interface for training step by step, and the attainable AUROC."""

import json
import os
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from converters.residues import encode
from converters.weights.state_dict import to_canonical, to_state_dict
from pt_gmvp.data import Batch, TableDataset

Weights = Mapping[str, np.ndarray]
# What make_inputs.py draws labels by: harm = RATE * log(rate + FLOOR) + UNLIKE * score + noise.
_RATE, _FLOOR, _UNLIKE = -1.6, 0.05, -0.45


def start(model: dict[str, Any], seed: int) -> Weights:
    """Initial values by canonical name, in Keras' layout."""
    import torch

    from pt_gmvp.config import ModelConfig
    from pt_gmvp.model import GMVP

    made = GMVP(ModelConfig(**model), generator=torch.Generator().manual_seed(seed))
    state = {name: tensor.numpy() for name, tensor in made.state_dict().items()}
    return to_canonical(state, made.config.to_dict())


def nudged(weights: Weights, seed: int) -> Weights:
    """Return the weights, each nonzero one moved by one float32 ulp, up or down."""
    random = np.random.default_rng(seed)
    moved = {}
    for name, weight in weights.items():
        towards = random.choice(np.array([-np.inf, np.inf], np.float32), weight.shape)
        moved[name] = np.where(weight == 0, weight, np.nextafter(weight, towards))
        assert moved[name].dtype == np.float32
    return moved


class Reference:
    """legacy_tf's own Trainer, of which nothing is written."""

    def __init__(self, model: dict[str, Any], training: dict[str, Any], weights: Weights, dtype):
        # Its lines about the machine would bury what is printed here.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        import tensorflow as tf

        from legacy_tf.config import ModelConfig, TrainingConfig
        from legacy_tf.model import build
        from legacy_tf.training import Trainer

        self._tf, self._dtype = tf, dtype
        self._trainer = Trainer(build(ModelConfig(**model), dtype), TrainingConfig(**training), "")
        for name, variable in self._trainer.model.canonical_weights().items():
            variable.assign(weights[name])

    def step(self, batch: Batch, masks: tuple[np.ndarray, np.ndarray]) -> float:
        """Take a step; the loss before it."""
        handed = tuple(self._tf.constant(mask, self._dtype) for mask in masks)
        return float(self._trainer.train_step(self._given(batch), True, handed))

    def logits(self, batch: Batch) -> np.ndarray:
        """Logits of variants, (V,), without dropout."""
        parts = []
        for first in range(0, len(batch.var_id), 64):
            given = self._given(batch, slice(first, first + 64))
            given.pop("label")
            parts.append(self._forward(*given.values()).numpy())
        return np.concatenate(parts)

    def _forward(self, *inputs):
        if not hasattr(self, "_graph"):
            self._graph = self._tf.function(self._trainer.model.call, reduce_retracing=True)
        return self._graph(*inputs)

    def _given(self, batch: Batch, rows: slice = slice(None)) -> dict[str, Any]:
        tf = self._tf
        found = {
            name: tf.constant(getattr(batch, name)[rows].numpy(), tf.int32)
            for name in ("ref_aa", "alt_aa")
        }
        for name in ("feature", "mask", "label"):
            found[name] = tf.constant(getattr(batch, name)[rows].numpy(), self._dtype)
        return found


class Candidate:
    """pt_gmvp, in one of its forms."""

    form = "plain"

    def __init__(self, model: dict[str, Any], training: dict[str, Any], weights: Weights, dtype):
        import torch

        from pt_gmvp.config import ModelConfig
        from pt_gmvp.model import GMVP
        from pt_gmvp.optim import KerasAdam, WarmupLinearDecay

        self._torch = torch
        self._dtype = getattr(torch, dtype)
        self._model = GMVP(ModelConfig(**model), form=self.form)
        state = to_state_dict(weights, self._model.config.to_dict())
        self._model.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()})
        self._model.to(self._dtype)
        self._rule = KerasAdam(self._model.parameters())
        self._schedule = WarmupLinearDecay(self._rule, **training)

    def step(self, batch: Batch, masks: tuple[np.ndarray, np.ndarray]) -> float:
        """Take a step; the loss before it."""
        from pt_gmvp.training import train_step

        self._model.train()
        first, second = (self._torch.from_numpy(mask).to(self._dtype) for mask in masks)
        return train_step(self._model, self._rule, batch, self._schedule, (first, second)).item()

    def logits(self, batch: Batch) -> np.ndarray:
        """Logits of variants, (V,), without dropout."""
        self._model.eval()
        inputs = (batch.ref_aa, batch.alt_aa, batch.feature, batch.mask)
        with self._torch.no_grad():
            parts = zip(*(x.split(64) for x in inputs), strict=True)
            return self._torch.cat([self._model(*part) for part in parts]).numpy()


class Fast(Candidate):
    """pt_gmvp's fast form."""

    form = "fast"


SIDES = {"tensorflow": Reference, "plain": Candidate, "fast": Fast}


def attainable(data: Path, dataset: TableDataset, numbers: np.ndarray) -> float | None:
    """Return the AUROC of the score that the labels were drawn from; None unless simulated.

    The probability of a label grows with the harm before its noise, so that none ranks better.
    """
    from sklearn.metrics import roc_auc_score

    if not (data.parent / "make_inputs.py").is_file():
        return None
    scores = runpy.run_path(str(data.parent / "make_inputs.py"))["SCORE"]
    rates = {}
    for table in data.glob("*.variants.tsv"):
        truth = json.loads(
            table.with_name(table.name.replace("variants.tsv", "truth.json")).read_text()
        )
        transcript = table.read_text().splitlines()[1].split("\t")[0]
        rates[transcript] = np.array(truth["rate"])
    chosen = [dataset.variants[number] for number in numbers]
    harm = [
        _RATE * np.log(rates[v.transcript][v.position - 1] + _FLOOR)
        + _UNLIKE * scores[encode(v.ref)[0], encode(v.alt)[0]]
        for v in chosen
    ]
    return float(roc_auc_score([v.label for v in chosen], harm))
