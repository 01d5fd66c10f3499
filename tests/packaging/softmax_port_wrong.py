"""The same port with a bug: the sum runs over the wrong axis."""

import numpy as np
from softmax_port import make_port


def candidate(x):
    exponentials = np.exp(x)
    return {"probabilities": exponentials / exponentials.sum(-2, keepdims=True)}


port = make_port(candidate)
