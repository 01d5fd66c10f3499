"""Frozen graphs written as programs of TensorFlow 1 are, for tests."""

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
RANDOM = np.random.default_rng(5)


def variable(name, *shape, trainable=True, least=-1.0):
    drawn = RANDOM.uniform(least, 1.0, shape).astype(np.float32)
    return v1.get_variable(name, initializer=drawn, trainable=trainable)


def freeze(path, build, outputs, resource=False):
    """Write the graph that `build` makes, its variables as constants."""
    graph = tf.Graph()
    with graph.as_default(), v1.Session(graph=graph) as session:
        v1.disable_resource_variables()
        try:
            with v1.variable_scope("", use_resource=resource):
                build()
        finally:
            v1.enable_resource_variables()
        session.run(v1.global_variables_initializer())
        frozen = v1.graph_util.convert_variables_to_constants(
            session, graph.as_graph_def(), outputs
        )
    path.write_bytes(frozen.SerializeToString())
    return path


def net():
    """Two convolutions, a normalization between them, and a dense layer without a scope."""
    x = v1.placeholder(tf.float32, (None, 6, 6, 2), name="image")
    with v1.variable_scope("conv"):
        y = tf.nn.conv2d(x, variable("w", 3, 3, 2, 4), 1, "SAME")
        y = tf.nn.relu(tf.nn.bias_add(y, variable("b", 4)))
    with v1.variable_scope("norm"):
        statistics = [
            variable(name, 4, trainable=False, least=0.5) for name in ("mean", "variance")
        ]
        gamma, beta = variable("gamma", 4), variable("beta", 4)
        y = v1.nn.fused_batch_norm(y, gamma, beta, *statistics, epsilon=1e-2, is_training=False)[0]
    y = tf.reshape(tf.nn.relu(y), (-1, 144))
    y = tf.matmul(y, variable("out_w", 144, 3)) + variable("out_b", 3)
    tf.nn.softmax(y, name="probability")


def with_a_scope_within():
    """A dense layer whose normalization, without a factor, lies in its scope, as slim writes it."""
    x = v1.placeholder(tf.float32, (None, 4), name="x")
    with v1.variable_scope("fc"):
        y = tf.matmul(x, variable("weights", 4, 3)) + variable("biases", 3)
        with v1.variable_scope("BatchNorm"):
            beta = variable("beta", 3)
            mean = variable("moving_mean", 3, trainable=False)
            variance = variable("moving_variance", 3, trainable=False, least=0.5)
            y = tf.nn.batch_normalization(y, mean, variance, beta, None, 1e-3)
    tf.nn.relu(y, name="y")


def with_a_phase():
    """Scaling behind a placeholder that says whether the graph trains."""
    x = v1.placeholder(tf.float32, (None, 4), name="x")
    training = v1.placeholder(tf.bool, (), name="phase_train")
    with v1.variable_scope("scaled"):
        y = (x - variable("center", 4)) * variable("scale", 4)
    tf.where(training, tf.zeros_like(y), y, name="y")
