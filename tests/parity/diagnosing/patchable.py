"""Ports whose candidate is a file that can be patched."""

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.port import Built, Side
from parity.declaring.scripts import execute
from tests.parity.diagnosing.small_ports import drawn, make_port, torch_side

WRONG_AXIS = """import torch


def layer(x):
    return torch.softmax(x, 1)
"""


def port_of_file(path, right):
    """Return a port whose candidate is the function `layer` of a file."""

    def build(options, dtype):
        module = execute(path, "model")
        return Built(lambda given: {"y": module.layer(**given)})

    return make_port(torch_side(right), Side("torch", build), {"x": drawn(4, 3, 5)})


def checked(port):
    """Return the checker of a port of one pair, and what it finds."""
    checker = Checker(port, port.load_inputs(None, 1, 4), Selection())
    return checker, [checker.run(port.pairs[0], port.pairs[0].configs[0], "isolated")]
