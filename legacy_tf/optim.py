"""Loss, learning rate schedule and the two optimizers of the release."""

import tensorflow as tf
import tf_keras

from legacy_tf.config import ConfigError, TrainingConfig


def loss(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Return the mean binary cross-entropy of logits (B,) against labels (B,) of 0 and 1."""
    labels = tf.cast(labels, logits.dtype)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))


class WarmupLinearDecay(tf_keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up to the base rate, then linear decay to the end rate, which is kept.

    Step 0 has base / warmup, not 0; the last step of the warm-up and the first of the decay both
    have the base rate. The rate has `dtype`, which should be that of the weights.
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
        # The maximum avoids a division by zero without warm-up, where `rising` is not used.
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

    Every step subtracts weight_decay * w from each weight before Adam's own step: the decay is not
    multiplied by the learning rate, unlike in Keras' and PyTorch's rules of the same name. Epsilon
    is where Adam has it, added to sqrt(v) before the bias correction.
    """

    def __init__(
        self,
        learning_rate,
        weight_decay: float = 1e-4,
        epsilon: float = 1e-8,
        name: str = "AddonsAdamW",
        **kwargs,
    ):
        # Keras' own argument weight_decay would multiply by the learning rate.
        super().__init__(learning_rate=learning_rate, epsilon=epsilon, name=name, **kwargs)
        self.retired_weight_decay = weight_decay

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable) -> None:
        """Subtract the decay from `variable`, then take Adam's step."""
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
    """Return the two betas in float64; in float32 none, which leaves them to Keras.

    Keras rounds a plain number to float32 regardless of the weights' dtype, so that 1 - beta_2 is
    wrong in the fifth digit.
    """
    if dtype != "float64":
        return {}
    return {"beta_1": tf.constant(0.9, dtype), "beta_2": tf.constant(0.999, dtype)}


def make_optimizer(config: TrainingConfig, dtype: str = "float32") -> tf_keras.optimizers.Optimizer:
    """Return the optimizer of a training configuration, with its rates in `dtype`.

    adam is tf_keras.optimizers.Adam, the one of Keras 2.11 and later. It and its predecessor,
    tf_keras.optimizers.legacy.Adam, follow the same rule:
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
