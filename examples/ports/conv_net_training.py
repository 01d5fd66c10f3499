"""conv_net trained in lockstep, BatchNorm in training: `parity train --port conv_net_training.py`.

What such ports get wrong: Keras' BatchNorm keeps the fraction `momentum` of its running statistics,
PyTorch's takes the fraction `momentum` of the batch's: 0.99 in Keras is 0.01 in PyTorch.
"""

from dataclasses import replace

import torch
from conv_net import CLASSES, FILTERS, WEIGHTS, Candidate, Reference, load_inputs, make_port
from torch.nn import functional

from parity.inputs import generator
from parity.port import InputSet, Options, Port
from parity.training import Learner, Training, TrainingSide

# Exact in float32: Keras' optimizers round theirs to it, even in float64.
RATE, MOMENTUM = 1 / 16, 7 / 8
HEIGHT_LEFT, WIDTH_LEFT = 5, 6  # after the convolution's stride


def batch_norm(dtype: str):
    """Build Keras' BatchNormalization so that it does in float64 what it does in float32.

    In float32 Keras uses a fused kernel, whose running variance is unbiased, as PyTorch's is. In
    float64 it uses plain operations, with a biased variance and a momentum rounded to float32.
    """
    import tensorflow as tf
    from tf_keras import layers

    class BatchNormalization(layers.BatchNormalization):
        def call(self, inputs, training):
            self.averaged = inputs.shape[0] * HEIGHT_LEFT * WIDTH_LEFT
            return super().call(inputs, training=training)

        def _assign_moving_average(self, variable, value, momentum, inputs_size):
            if not self.fused:
                momentum = tf.constant(momentum, variable.dtype)
                if variable is self.moving_variance:
                    value *= self.averaged / (self.averaged - 1)
            return super()._assign_moving_average(variable, value, momentum, inputs_size)

    norm = BatchNormalization(dtype=dtype)
    norm.build((None, HEIGHT_LEFT, WIDTH_LEFT, FILTERS))
    return norm


def reference(options: Options, dtype: str) -> Learner:
    import tensorflow as tf
    import tf_keras

    net = Reference(dtype)
    net.norm = batch_norm(dtype)
    weights = net.parameters()
    trained = {name: weight for name, weight in weights.items() if weight.trainable}
    rule = tf_keras.optimizers.SGD(RATE, momentum=MOMENTUM)

    def loss(batch, training: bool):
        stem = tf.nn.relu(net.norm(net.conv(batch["image"]), training=training))
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=batch["label"], logits=net.head(stem)["logits"]
        )
        return tf.reduce_mean(entropy)

    def step(batch):
        with tf.GradientTape() as tape:
            value = loss(batch, training=True)
        gradients = tape.gradient(value, trained)
        rule.apply_gradients((gradients[name], weight) for name, weight in trained.items())
        return value, gradients

    def reset():
        for variable in rule.variables:
            variable.assign(tf.zeros_like(variable))

    return Learner(step, weights, lambda records: loss(records, training=False), reset)


def make_candidate(model: type[Candidate]) -> TrainingSide:
    def candidate(options: Options, dtype: str) -> Learner:
        net = model().to(getattr(torch, dtype))
        rule = torch.optim.SGD(net.parameters(), RATE, momentum=MOMENTUM)
        statistics = {n: b for n, b in net.named_buffers() if b.is_floating_point()}

        def loss(batch):
            logits = net.net(batch["image"])["logits"]
            return functional.cross_entropy(logits, batch["label"])

        def step(batch):
            net.train()
            rule.zero_grad()
            value = loss(batch)
            value.backward()
            rule.step()
            return value, {name: weight.grad for name, weight in net.named_parameters()}

        def evaluate(records):
            net.eval()
            with torch.no_grad():
                return loss(records)

        return Learner(step, {**dict(net.named_parameters()), **statistics}, evaluate)

    return TrainingSide("torch", candidate)


def load_labelled(source: str | None, seed: int, count: int) -> InputSet:
    """Draw images and labels that can only be memorised, so that the net overfits."""
    images = load_inputs(source, seed, count)
    labels = generator("labels", seed).integers(0, CLASSES, count)
    return InputSet("drawn images and labels", {**images.arrays, "label": labels})


def make_training_port(model: type[Candidate] = Candidate) -> Port:
    training = Training(
        "sgd",
        TrainingSide("tensorflow", reference),
        make_candidate(model),
        lambda options: WEIGHTS["net"],
        about="SGD with momentum, BatchNorm in training",
    )
    net = replace(
        make_port(model).pair("net"),
        inputs=lambda given: {"image": given.inputs.arrays["image"]},
    )
    return Port("conv_net_training", (net,), load_labelled, trainings=(training,))


port = make_training_port()
