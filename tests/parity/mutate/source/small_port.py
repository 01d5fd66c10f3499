"""A port of plain functions: the text of its files."""

CANDIDATE = """import time

SHIFT = 1.0
UNSEEN = 5


def scale(x):
    if x.size > 100:
        return helper(x)
    total = 0 * x
    for _ in range(3):
        total = total + x
    return total + SHIFT


def helper(x):
    return x * UNSEEN


def endless(x):
    count = 4
    while count > 0:
        count -= 1
        time.sleep(0.001)
    return x
"""
PORT = """import candidate
import numpy as np
import parity

CONFIGS = (parity.Configuration('default', {}),)

def reference(options, dtype):
    return parity.Built(lambda inputs: {'y': 3 * inputs['x'] + 1})

def scaled(options, dtype):
    return parity.Built(lambda inputs: {'y': candidate.scale(inputs['x'])})

def same(options, dtype):
    return parity.Built(lambda inputs: {'y': candidate.endless(inputs['x'])})

def unchanged(options, dtype):
    return parity.Built(lambda inputs: dict(y=inputs['x']))

def load(source, seed, count):
    random = np.random.default_rng(seed)
    return parity.InputSet('drawn', {'x': random.normal(size=(count, 3)).astype(np.float32)})

def pair(layer, reference, candidate):
    sides = (parity.Side('numpy', side) for side in (reference, candidate))
    return parity.Pair(layer, *sides, CONFIGS, lambda given: given.inputs.arrays)

port = parity.Port('small', (pair('scale', reference, scaled), pair('same', unchanged, same)), load)
"""
