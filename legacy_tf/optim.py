"""The loss, the learning rate's course, and the two optimizers of the release."""

import tensorflow as tf
import tf_keras

from legacy_tf.config import ConfigError, TrainingConfig


def loss(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Return the mean binary cross-entropy of logits (B,) against labels (B,) of 0 and 1."""
    labels = tf.cast(labels, logits.dtype)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))


class WarmupLinearDecay(tf_keras.optimizers.schedules.LearningRateSchedule):
    """Rise in a line to the base rate, then fall in a line to the end rate, and stay there.

    Step 0 has base / warmup, not 0; the last step of the warm-up has the base rate, as has the
    first of the decay. The rate is of `dtype`, which should be that of the weights.
    """

    def __init__(
        self,
        base: float,
        end: float,
        warmup_steps: int,
        decay_steps: int,
        dtype: str = "float32",
    ):
        self.base = base
        self.end = end
        self.warmup_steps = warmup_steps
        self.decay_steps = decay_steps
        self.dtype = dtype

    def __call__(self, step) -> tf.Tensor:
        """Return the rate of `step`, counted from 0: a scalar of the schedule's dtype."""
        step = tf.cast(step, self.dtype)
        # The maximum only keeps a warm-up of no steps from a division by zero; it is not used then.
        rising = self.base * (step + 1) / max(self.warmup_steps, 1)
        decayed = tf.clip_by_value((step - self.warmup_steps) / self.decay_steps, 0, 1)
        falling = (self.base - self.end) * (1 - decayed) + self.end
        return tf.where(step < self.warmup_steps, rising, falling)

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        return {
            "base": self.base,
            "end": self.end,
            "warmup_steps": self.warmup_steps,
            "decay_steps": self.decay_steps,
            "dtype": self.dtype,
        }


class AddonsAdamW(tf_keras.optimizers.Adam):
    """Adam with decoupled weight decay by the rule of the retired tensorflow_addons package.

    Every step takes weight_decay * w off each weight before Adam's own step: the decay is not
    multiplied by the learning rate, unlike Keras' and PyTorch's rules of the same name. Epsilon
    stands where Adam has it, beside sqrt(v) before the bias correction.
    """

    def __init__(
        self,
        learning_rate,
        weight_decay: float = 1e-4,
        epsilon: float = 1e-8,
        name: str = "AddonsAdamW",
        **kwargs,
    ):
        # Keras' own argument weight_decay would multiply by the rate.
        super().__init__(learning_rate=learning_rate, epsilon=epsilon, name=name, **kwargs)
        self.retired_weight_decay = weight_decay

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable) -> None:
        """Take the decay off `variable`, then Adam's step by `gradient`."""
        variable.assign_sub(self.retired_weight_decay * variable)
        super().update_step(gradient, variable)

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        return {
            "learning_rate": self._serialize_hyperparameter(self._learning_rate),
            "weight_decay": self.retired_weight_decay,
            "epsilon": self.epsilon,
            "name": self.name,
        }


def _betas(dtype: str) -> dict[str, tf.Tensor]:
    """Give the two betas in float64; in float32 none, so that Keras has its own way with them.

    Keras rounds a plain number to float32 whatever the weights are, which leaves 1 - beta_2 wrong
    in the fifth digit.
    """
    if dtype != "float64":
        return {}
    return {"beta_1": tf.constant(0.9, dtype), "beta_2": tf.constant(0.999, dtype)}


def make_optimizer(config: TrainingConfig, dtype: str = "float32") -> tf_keras.optimizers.Optimizer:
    """Make the optimizer of a training configuration, its rates in `dtype`.

    adam is tf_keras.optimizers.Adam, the one of Keras 2.11 and later. It and its predecessor,
    tf_keras.optimizers.legacy.Adam, follow one rule:
    step = lr * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + epsilon), with epsilon 1e-7.
    """
    rate = WarmupLinearDecay(
        config.learning_rate,
        config.end_learning_rate,
        config.warmup_steps,
        config.decay_steps,
        dtype,
    )
    if config.optimizer == "adam":
        return tf_keras.optimizers.Adam(rate, **_betas(dtype))
    if config.optimizer == "adamw":
        return AddonsAdamW(rate, weight_decay=config.weight_decay, **_betas(dtype))
    raise ConfigError(f"no optimizer {config.optimizer!r}")
