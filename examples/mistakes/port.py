"""Real mistakes, each in a layer of its own: `parity check port.py` names and patches them."""

import numpy as np

from parity import Built, Configuration, InputSet, Pair, Port, Side
from parity.inputs import generator

SEQUENCE, IMAGE = (4, 6), (6, 6, 3)
KINDS = {SEQUENCE: "sequence", IMAGE: "image"}
LAYERS = {
    "softmax_axis": SEQUENCE,
    "gelu": SEQUENCE,
    "epsilon": SEQUENCE,
    "same_padding": IMAGE,
    "average_pooling": IMAGE,
    "flatten": IMAGE,
    "merged_heads": SEQUENCE,
    "gated": SEQUENCE,
    "deviation": SEQUENCE,
    "scaled_scores": SEQUENCE,
    "space_to_depth": IMAGE,
    "relu_behind": SEQUENCE,
    "divergence": SEQUENCE,
    "causal_mask": SEQUENCE,
    "transmittance": SEQUENCE,
    "pixel_scale": IMAGE,
    "highway": SEQUENCE,
    "advantage": SEQUENCE,
    "adjacency": SEQUENCE,
    "coverage": SEQUENCE,
    "smoothing": SEQUENCE,
}


def side(framework, module, name):
    """Return a side that calls a function of one of the two files."""

    def build(options, dtype):
        function = getattr(__import__(module), name)
        return Built(lambda inputs: {"y": function(inputs["x"])})

    return Side(framework, build)


def pair(name):
    return Pair(
        name,
        side("tensorflow", "reference", name),
        side("torch", "candidate", name),
        (Configuration("default", {}),),
        lambda given: {"x": given.inputs.arrays[KINDS[LAYERS[name]]]},
    )


def load(source, seed, count):
    random = generator("mistakes", seed)
    drawn = {
        name: random.normal(size=(count, *shape)).astype(np.float32)
        for shape, name in KINDS.items()
    }
    return InputSet("drawn", drawn)


port = Port("mistakes", tuple(map(pair, LAYERS)), load)
