"""Label-shuffle control: a model trained on permuted labels must not predict held-out labels.

If it does, information about the labels leaks in another way. A single training says little: even
random weights rank variants by some feature such as conservation, in a random direction, so its
AUROC is far from 0.5 more often than the sampling error explains. Several trainings are made, each
with its own weights, order and permutation, and their mean must be 0.5 within the error from their
spread. Each is paired with an equally long training on the true labels, to show what such a short
training can find.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from converters.records.variant_record import VariantRecord
from pt_gmvp.analysis.diagnosis.estimates import CHANCE, Estimate, auroc, chance_error
from pt_gmvp.analysis.diagnosis.findings import Answer, Fault, Finding
from pt_gmvp.config import ModelConfig, TrainingConfig
from pt_gmvp.data import Batch, VariantDataset
from pt_gmvp.runs.distributed import World
from pt_gmvp.training.building import Settings, draw
from pt_gmvp.training.learner import Learner
from pt_gmvp.training.sharing import SharedBatches
from pt_gmvp.training.split import Split
from pt_gmvp.training.validation import score

QUESTION = "label-shuffle control"
_INFORMATIVE = 0.05
_BATCH = 64


class Relabelled(VariantDataset):
    """A data set with other labels, (len,)."""

    def __init__(self, source: VariantDataset, labels: NDArray[np.float32]) -> None:
        self.source, self._labels = source, labels

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int) -> VariantRecord:
        return self.source[index]._replace(label=int(self._labels[index]))

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        batch = self.source.__getitems__(indices)
        return batch._replace(label=torch.from_numpy(self._labels[list(indices)]))

    @property
    def var_ids(self) -> list[str]:
        """Return the names of all variants."""
        return self.source.var_ids

    @property
    def labels(self) -> NDArray[np.float32]:
        """Return the labels of all variants, (len,) float32."""
        return self._labels


@dataclass(frozen=True)
class Short:
    """Result of a short training: held-out AUROC, and mean loss of the first and last steps."""

    auroc: float
    first_loss: float
    last_loss: float


@dataclass(frozen=True)
class Control:
    """Pairs of short trainings, on the true labels and on permuted ones.

    `p` is the p-value of the permuted trainings' mean AUROC being 0.5 (Student's t), `p_true` that
    of the true ones being no better than the permuted ones, and `sampling` the sampling error of
    one AUROC from the held-out variants.
    """

    steps: int
    true: Sequence[Short]
    permuted: Sequence[Short]
    sampling: float
    p: float
    p_true: float

    @property
    def leaks(self) -> bool:
        """Return whether permuted labels give an AUROC other than 0.5, beyond noise."""
        return self.p < CHANCE

    @property
    def informative(self) -> bool:
        """Return whether the true labels gave a higher AUROC; no fault depends on this."""
        return self.p_true < _INFORMATIVE


def measure(
    split: Split,
    model: ModelConfig,
    config: TrainingConfig,
    steps: int,
    pairs: int,
    seed: int,
    done: Callable[[], None] = lambda: None,
) -> Control:
    """Train pairs of models for some steps each.

    Args:
        split: the run's data; held-out variants keep their true labels.
        model: the run's model, with newly drawn weights.
        config: the run's training; warm-up and decay are shortened to fit into the steps.
        steps: of each training.
        pairs: number of pairs, at least two.
        seed: of everything.
        done: called after each training.
    """
    labels = split.training.labels
    config = shortened(config, steps)
    found: tuple[list[Short], list[Short]] = ([], [])
    for pair in range(pairs):
        own = int(np.random.SeedSequence([seed, pair]).generate_state(1)[0])
        permuted = np.random.default_rng(own).permutation(labels)
        for into, mine in zip(found, (labels, permuted), strict=True):
            data = Relabelled(split.training, np.ascontiguousarray(mine))
            into.append(_train(replace(split, training=data), model, config, steps, own))
            done()
    return judge(steps, *found, split.validation.labels)


def judge(
    steps: int,
    true: Sequence[Short],
    permuted: Sequence[Short],
    labels: NDArray[np.floating[Any]],
) -> Control:
    """Compute the p-values of trainings; `labels` (V,) are those of the held-out variants."""
    from scipy.stats import t, ttest_rel

    ours = np.array([each.auroc for each in true])
    theirs = np.array([each.auroc for each in permuted])
    # All trainings share the held-out variants, so their sampling error does not average out.
    sampling = chance_error(labels)
    spread = float(theirs.std(ddof=1)) / math.sqrt(len(theirs))
    error = math.hypot(spread, sampling)
    # Welch-Satterthwaite: of the two errors, only the spread is estimated from few values.
    freedom = (len(theirs) - 1) * (error / spread) ** 4 if spread else math.inf
    p = float(2 * t.sf(abs(float(theirs.mean()) - 0.5) / error, freedom))
    apart = ttest_rel(ours, theirs, alternative="greater").pvalue if (ours - theirs).std() else 1.0
    return Control(steps, true, permuted, sampling, p, float(apart))


def shortened(config: TrainingConfig, steps: int) -> TrainingConfig:
    """Return the configuration with its schedule shortened to this number of steps.

    Batches are made smaller too: with few steps, their number matters more than their size.
    """
    share = min(1.0, steps / (config.warmup_steps + config.decay_steps))
    return replace(
        config,
        batch_size=min(config.batch_size, _BATCH),
        warmup_steps=math.floor(config.warmup_steps * share),
        decay_steps=max(1, math.ceil(config.decay_steps * share)),
    )


def _train(
    split: Split, model: ModelConfig, config: TrainingConfig, steps: int, seed: int
) -> Short:
    world = World(0, 1, torch.device("cpu"))
    learner = Learner(draw(model, seed), config, Settings(seed), world)
    order = SharedBatches(len(split.training), config.batch_size, seed, world.part)
    losses: list[float] = []
    epoch = 0
    while len(losses) < steps:
        for rows in order.batches(epoch):
            if len(losses) == steps:
                break
            batch = split.training.__getitems__(rows)
            found = learner.differentiate(batch, range(len(rows)), len(rows), len(losses))
            losses.append(found.loss)
            learner.update()
        epoch += 1
    logits = score(learner, split.validation, config.batch_size)
    tenth = max(1, steps // 10)
    return Short(
        auroc(split.validation.labels, logits).value,
        float(np.mean(losses[:tenth])),
        float(np.mean(losses[-tenth:])),
    )


def answer(found: Control) -> Answer:
    """Report whether permuted labels predict anything, and whether true ones do."""
    numbers = {
        **found.__dict__,
        "true": [each.__dict__ for each in found.true],
        "permuted": [each.__dict__ for each in found.permuted],
    }
    true, permuted = (_mean(trainings) for trainings in (found.true, found.permuted))
    each = f"{len(found.true)} trainings of {found.steps} steps each"
    text = (
        f"with permuted labels, {each} reach an AUROC of {permuted} on the held-out variants, with "
        f"the true ones {true}"
    )
    if found.leaks:
        finding = Finding(
            f"{text}: permuted labels must give 0.5 (p {found.p:.1g}), so the held-out labels leak "
            "in another way",
            Fault.CONTROL,
        )
    elif found.informative:
        finding = Finding(f"{text}: nothing is learned from permuted labels, as expected")
    else:
        finding = Finding(
            f"{text}: the difference is within noise, so these trainings say nothing about the "
            "data; use more --shuffle-steps or --shuffles"
        )
    return Answer(QUESTION, [finding], numbers=numbers)


def _mean(trainings: Sequence[Short]) -> Estimate:
    values = np.array([each.auroc for each in trainings])
    return Estimate(
        float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values)), len(values)
    )
