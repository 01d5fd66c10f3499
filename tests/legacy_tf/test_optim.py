import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from legacy_tf.config import ConfigError, TrainingConfig
from legacy_tf.optim import AddonsAdamW, WarmupLinearDecay, loss, make_optimizer

# Keras rounds beta_2 to float32, and its error stands beside 1 - beta_2.
BETA_ROUNDING = abs(np.float64(np.float32(0.999)) - 0.999) / (1 - 0.999)


def train(case, dtype):
    """The golden files' 12 steps, dropout off: losses and final weights, by their names."""
    model = case.model(dtype)
    optimizer = make_optimizer(TrainingConfig(warmup_steps=5, decay_steps=20), dtype)
    losses = []
    for step in range(12):
        rows = (np.arange(4) + 4 * step) % 10
        with tf.GradientTape() as tape:
            logits = model(*(array[rows] for array in case.inputs))
            losses.append(loss(logits, case.batch["label"][rows]))
        gradients = tape.gradient(losses[-1], model.weights)
        optimizer.apply_gradients(zip(gradients, model.weights, strict=True))
    final = {f"train/final/{name}": w.numpy() for name, w in model.canonical_weights().items()}
    return {"train/loss": np.array(losses), **final}


@pytest.mark.slow
def test_twelve_steps_of_adam_are_the_originals(case, assert_archive):
    wanted = {name: v for name, v in case.archive.items() if name.startswith("train/")}
    assert_archive(wanted, *(train(case, dtype) for dtype in ("float32", "float64")))


def test_the_schedule_is_the_originals(golden, assert_rounding):
    with np.load(golden / "learning_rate.npz") as archive:
        steps, wanted = archive["step"], archive["value"]
    ours = {}
    for dtype in ("float32", "float64"):
        schedule = WarmupLinearDecay(1e-3, 1e-4, 100, 2000, dtype)
        ours[dtype] = np.array([schedule(step).numpy() for step in steps])
    assert_rounding(wanted, ours["float32"], ours["float64"], "learning rate")


def test_the_schedule_by_hand():
    schedule = WarmupLinearDecay(1.0, 0.5, 4, 10, "float64")
    rates = [float(schedule(step)) for step in (0, 3, 4, 5, 9, 14, 99)]
    assert rates == [0.25, 1.0, 1.0, 0.95, 0.75, 0.5, 0.5]
    assert float(WarmupLinearDecay(1.0, 0.5, 0, 10)(0)) == 1.0
    assert WarmupLinearDecay(**schedule.get_config())(3) == schedule(3)


def one_step(optimizer, weight, gradient):
    variable = tf.Variable(np.float64(weight))
    optimizer.build([variable])
    optimizer.apply_gradients([(tf.constant(np.float64(gradient)), variable)])
    return float(variable)


@pytest.mark.parametrize(
    "adam", [tf_keras.optimizers.Adam, tf_keras.optimizers.legacy.Adam], ids=["new", "legacy"]
)
def test_epsilon_stands_before_the_bias_correction_in_both_adams_of_keras(adam):
    # With a gradient as small as epsilon the two places differ by a factor of 16.
    rate, g, epsilon = 1e-3, 1e-7, 1e-7
    m, v = 0.1 * g, 0.001 * g**2
    expected = rate * np.sqrt(1 - 0.999) / (1 - 0.9) * m / (np.sqrt(v) + epsilon)
    variable = tf.Variable(np.float64(1.0))
    adam(rate).apply_gradients([(tf.constant(np.float64(g)), variable)])
    assert 1 - float(variable) == pytest.approx(expected, rel=BETA_ROUNDING)
    assert expected == pytest.approx(3.07e-5, rel=1e-2)


@pytest.mark.parametrize(("name", "epsilon"), [("adam", 1e-7), ("adamw", 1e-8)])
def test_in_float64_the_betas_are_not_rounded(name, epsilon):
    config = TrainingConfig(optimizer=name, warmup_steps=0, weight_decay=0)
    gradients = [3e-7, -1e-7, 2e-7]
    variable = tf.Variable(np.float64(0.0))
    optimizer = make_optimizer(config, "float64")
    weight = m = v = 0.0
    for step, g in enumerate(gradients):
        optimizer.apply_gradients([(tf.constant(np.float64(g)), variable)])
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        rate = 1e-3 - 9e-4 * step / 2000
        corrected = rate * np.sqrt(1 - 0.999 ** (step + 1)) / (1 - 0.9 ** (step + 1))
        weight -= corrected * m / (np.sqrt(v) + epsilon)
    assert float(variable) == pytest.approx(weight, rel=1e-12)


def test_the_decay_of_the_retired_adamw_is_not_multiplied_by_the_rate():
    decayed = one_step(AddonsAdamW(1e-3, weight_decay=0.01), weight=2.0, gradient=0.0)
    assert decayed == pytest.approx(2.0 * (1 - 0.01), rel=1e-12)


def test_the_retired_adamw_decays_before_it_steps_and_has_its_own_epsilon():
    g, rate = 1e-8, 1e-3
    stepped = one_step(AddonsAdamW(rate, weight_decay=0.01), weight=2.0, gradient=g)
    step = rate * np.sqrt(0.001) / 0.1 * (0.1 * g) / (np.sqrt(0.001) * g + 1e-8)
    assert 2.0 * 0.99 - stepped == pytest.approx(step, rel=BETA_ROUNDING)


def test_an_optimizer_is_made_as_configured():
    adam = make_optimizer(TrainingConfig(), "float64")
    assert type(adam) is tf_keras.optimizers.Adam
    assert (adam.epsilon, adam.learning_rate.dtype) == (1e-7, tf.float64)
    adamw = make_optimizer(TrainingConfig(optimizer="adamw"))
    assert (adamw.retired_weight_decay, adamw.epsilon) == (1e-4, 1e-8)
    with pytest.raises(ConfigError, match=r"training\.optimizer is 'sgd'; allowed is one of adam"):
        TrainingConfig(optimizer="sgd")


def test_the_loss_by_hand():
    logits, labels = np.array([0.0, 2.0, -1.0]), np.array([1.0, 0.0, 0.0], np.float32)
    probability = 1 / (1 + np.exp(-logits))
    expected = -np.mean(np.log(np.where(labels == 1, probability, 1 - probability)))
    assert float(loss(tf.constant(logits), labels)) == pytest.approx(expected, rel=1e-12)
