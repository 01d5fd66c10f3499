"""The label-shuffle control: trained on labels at random, a model must know nothing of others.

If it does, something beside the labels brings them in. One such training tells little: a model that
was drawn and then moved at random still ranks by what it looks at, conservation for one, upwards or
downwards by luck, and so lies far from 0.5 more often than sampling explains. So there are several,
each with its own weights, order and permutation, and it is their mean that must be 0.5, within the
error that their own spread gives. Beside each goes one on the true labels, of the same length, to
show what such a training would have found.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from converters.records.variant_record import VariantRecord
from pt_gmvp.analysis.diagnosis.findings import Answer, Fault, Finding
from pt_gmvp.analysis.diagnosis.noise import CHANCE, Estimate, auroc, chance_error
from pt_gmvp.config import ModelConfig, TrainingConfig
from pt_gmvp.data import Batch, VariantDataset
from pt_gmvp.runs.distributed import World
from pt_gmvp.training.building import draw
from pt_gmvp.training.learner import Learner
from pt_gmvp.training.settings import Settings
from pt_gmvp.training.sharing import SharedBatches
from pt_gmvp.training.split import Split
from pt_gmvp.training.validation import score

QUESTION = "label-shuffle control"
_TELLING = 0.05
_BATCH = 64


class Relabelled(VariantDataset):
    """The variants of a data set under other labels, (len,)."""

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
        """Every variant's name."""
        return self.source.var_ids

    @property
    def labels(self) -> NDArray[np.float32]:
        """Every variant's label, (len,) float32."""
        return self._labels


@dataclass(frozen=True)
class Short:
    """A short training: AUROC on the held-out variants, mean loss of its first and last steps."""

    auroc: float
    first_loss: float
    last_loss: float


@dataclass(frozen=True)
class Control:
    """Short trainings in pairs, on the true labels and on permuted ones.

    `p` is how likely a mean as far from 0.5 is, if the permuted ones know nothing (Student's t);
    `p_true` how likely the true ones are so far above them; `sampling` is the error that the
    held-out variants give one AUROC.
    """

    steps: int
    true: Sequence[Short]
    permuted: Sequence[Short]
    sampling: float
    p: float
    p_true: float

    @property
    def leaks(self) -> bool:
        """Whether permuted labels lead to an AUROC that is not 0.5, beyond noise."""
        return self.p < CHANCE

    @property
    def telling(self) -> bool:
        """Whether the true labels led to more than the permuted ones; no fault hangs on it."""
        return self.p_true < _TELLING


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
        split: the run's data; of the held-out ones the true labels count.
        model: the run's model, of which new weights are drawn.
        config: how it was trained; warm-up and decay are shortened to fit into the steps.
        steps: of each training.
        pairs: how many; two or more.
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
    """Weigh trainings that were made; labels (V,) are those of the held-out variants."""
    from scipy.stats import t, ttest_rel

    ours = np.array([each.auroc for each in true])
    theirs = np.array([each.auroc for each in permuted])
    # All are judged by the same held-out variants, whose luck does not average out.
    sampling = chance_error(labels)
    spread = float(theirs.std(ddof=1)) / math.sqrt(len(theirs))
    error = math.hypot(spread, sampling)
    # Welch and Satterthwaite's: of the two errors only the spread is estimated from few.
    freedom = (len(theirs) - 1) * (error / spread) ** 4 if spread else math.inf
    p = float(2 * t.sf(abs(float(theirs.mean()) - 0.5) / error, freedom))
    apart = ttest_rel(ours, theirs, alternative="greater").pvalue if (ours - theirs).std() else 1.0
    return Control(steps, true, permuted, sampling, p, float(apart))


def shortened(config: TrainingConfig, steps: int) -> TrainingConfig:
    """The configuration with its whole schedule in so few steps, if it is longer.

    In small batches, too: of a few steps it is the number that counts, and they take less time.
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
            losses.append(learner.take(batch, range(len(rows)), len(rows), len(losses)).loss)
            learner.apply()
        epoch += 1
    logits = score(learner, split.validation, config.batch_size)
    tenth = max(1, steps // 10)
    return Short(
        auroc(split.validation.labels, logits).value,
        float(np.mean(losses[:tenth])),
        float(np.mean(losses[-tenth:])),
    )


def answer(found: Control) -> Answer:
    """Say whether labels at random lead to nothing, and whether true ones would have."""
    numbers = {
        **found.__dict__,
        "true": [each.__dict__ for each in found.true],
        "permuted": [each.__dict__ for each in found.permuted],
    }
    true, permuted = (_mean(trainings) for trainings in (found.true, found.permuted))
    each = f"{len(found.true)} trainings of {found.steps} steps each"
    text = (
        f"on permuted labels {each} reach an AUROC of {permuted} on the held-out variants, "
        f"on the true ones {true}"
    )
    if found.leaks:
        told = Finding(
            f"{text}: labels at random must lead to 0.5 (p {found.p:.1g}), so the held-out labels "
            "come in by another way",
            Fault.CONTROL,
        )
    elif found.telling:
        told = Finding(f"{text}: nothing is learnt of labels at random, as it must be")
    else:
        told = Finding(
            f"{text}: within noise of one another, so that so few steps and trainings tell nothing"
            " of the data; give more --shuffle-steps or --shuffles"
        )
    return Answer(QUESTION, [told], numbers=numbers)


def _mean(trainings: Sequence[Short]) -> Estimate:
    values = np.array([each.auroc for each in trainings])
    return Estimate(
        float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values)), len(values)
    )
