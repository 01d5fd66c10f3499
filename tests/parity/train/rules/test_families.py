"""The families' directions are those of the optimizers of torch and Keras, in float64."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.train.rules.families import FAMILIES
from parity.train.rules.fitting import REPRODUCED, confirm
from parity.train.rules.replay import Rule
from tests.parity.train.rules.records import of_torch, record, start

OPTIM = torch.optim


def rule(family, momentum="none", decay="none", **changed):
    choices = {name: options[0] for name, options in FAMILIES[family].choices.items()} | changed
    return Rule(family, tuple(choices.items()), momentum, decay=decay)


BETA, EPSILON = st.floats(0.0, 0.99), st.floats(1e-10, 1e-1)


@settings(max_examples=8)
@given(m=st.floats(0.01, 0.99), d=st.floats(0, 0.9), nesterov=st.booleans(), decay=st.floats(0, 1))
def test_torch_sgd(m, d, nesterov, decay):
    d = 0 if nesterov else d
    found = of_torch(lambda w: OPTIM.SGD(w, 0.1, m, d, decay, nesterov), steps=6)
    kind = "outside nesterov" if nesterov else "dampened"
    params = {"momentum": m, "dampening": d, "decay": decay}
    assert confirm(rule("sgd", kind, "coupled"), params, found).error < REPRODUCED


@settings(max_examples=8)
@given(b1=BETA, b2=BETA, e=EPSILON, amsgrad=st.booleans(), decay=st.floats(0, 1))
def test_torch_adam_and_adamw(b1, b2, e, amsgrad, decay):
    params = {"beta1": b1, "beta2": b2, "epsilon": e, "decay": decay}
    yes = "yes" if amsgrad else "no"
    for optimizer, kind in ((OPTIM.Adam, "coupled"), (OPTIM.AdamW, "times the rate")):
        make = partial(
            optimizer, lr=0.01, betas=(b1, b2), eps=e, weight_decay=decay, amsgrad=amsgrad
        )
        found = of_torch(make, steps=6)
        replayed = confirm(rule("adam", decay=kind, epsilon="outside", amsgrad=yes), params, found)
        assert replayed.error < REPRODUCED
        np.testing.assert_allclose(replayed.rates, 0.01, rtol=1e-9)


@settings(max_examples=8)
@given(rho=BETA, e=EPSILON, m=st.floats(0.01, 0.9), centered=st.booleans())
def test_torch_rmsprop(rho, e, m, centered):
    found = of_torch(lambda w: OPTIM.RMSprop(w, 0.01, rho, e, 0, m, centered), steps=6)
    params = {"rho": rho, "epsilon": e, "momentum": m, "start": 0.0}
    kind = rule("rmsprop", "outside", centered="yes" if centered else "no")
    assert confirm(kind, params, found).error < REPRODUCED


@settings(max_examples=8)
@given(b1=BETA, b2=st.floats(0.5, 0.99), e=EPSILON, psi=st.floats(1e-3, 1), begin=st.floats(0, 1))
def test_the_others_of_torch(b1, b2, e, psi, begin):
    betas = {"beta1": b1, "beta2": b2, "epsilon": e}
    for make, kind, params in (
        (lambda w: OPTIM.NAdam(w, 0.01, (b1, b2), e, 0, psi), rule("nadam"), betas),
        (
            lambda w: OPTIM.Adamax(w, 0.01, (b1, b2), e),
            rule("adamax", epsilon="in the maximum"),
            betas,
        ),
        (lambda w: OPTIM.Adadelta(w, 0.5, b2, e), rule("adadelta"), {"rho": b2, "epsilon": e}),
        (
            lambda w: OPTIM.Adagrad(w, 0.1, initial_accumulator_value=begin, eps=e),
            rule("adagrad"),
            {"epsilon": e, "start": begin},
        ),
    ):
        params = {**params, "momentum decay": psi}
        # torch keeps NAdam's product of momenta in float32, whatever the weights are.
        limit = 1e-7 if kind.family == "nadam" else REPRODUCED
        assert confirm(kind, params, of_torch(make, steps=6)).error < limit


# Numbers that float32 holds exactly, as Keras rounds its own to it.
KERAS = {
    "SGD": ({"momentum": 0.875}, rule("sgd", "inside"), {}),
    "SGD nesterov": ({"momentum": 0.875, "nesterov": True}, rule("sgd", "inside nesterov"), {}),
    "Adam": ({"beta_1": 0.875, "beta_2": 0.9375, "epsilon": 2**-10}, rule("adam"), {}),
    "Adam amsgrad": (
        {"beta_1": 0.875, "beta_2": 0.9375, "epsilon": 2**-10, "amsgrad": True},
        rule("adam", amsgrad="yes"),
        {},
    ),
    "Adamax": ({"beta_1": 0.875, "beta_2": 0.9375, "epsilon": 2**-10}, rule("adamax"), {}),
    "Adagrad": (
        {"initial_accumulator_value": 0.125, "epsilon": 2**-10},
        rule("adagrad", epsilon="inside"),
        {"start": 0.125 + 2**-10},
    ),
    "RMSprop": (
        {"rho": 0.875, "momentum": 0.5, "epsilon": 2**-10, "centered": True},
        rule("rmsprop", "inside", epsilon="inside", centered="yes"),
        {"start": 0.0},
    ),
    "Adadelta": ({"rho": 0.875, "epsilon": 2**-10}, rule("adadelta"), {}),
    "Lion": ({"beta_1": 0.875, "beta_2": 0.9375}, rule("lion"), {}),
    "AdamW": (
        {"beta_1": 0.875, "beta_2": 0.9375, "epsilon": 2**-10, "weight_decay": 0.125},
        rule("adam", decay="times the rate"),
        {"decay": 0.125},
    ),
}


@pytest.mark.parametrize("name", KERAS)
def test_keras(name):
    tf = pytest.importorskip("tensorflow")
    tf_keras = pytest.importorskip("tf_keras")
    given, kind, params = KERAS[name]
    optimizer = getattr(tf_keras.optimizers, name.split()[0])(0.0625, **given)
    weights = [tf.Variable(w) for w in start()]

    def step(weights, gradients):
        optimizer.apply_gradients(zip(map(tf.constant, gradients), weights, strict=True))

    names = {"beta1": "beta_1", "beta2": "beta_2"}
    params = {n: given.get(names.get(n, n)) for n in kind.parameters()} | params
    found = confirm(kind, params, record(weights, lambda w: w.numpy(), step, steps=6))
    assert found.error < REPRODUCED
    np.testing.assert_allclose(found.rates, 0.0625, rtol=1e-7)
