"""The nodes of a frozen graph: what goes in, what comes out, which constants are weights."""

import numpy as np
import pytest
import tensorflow as tf

from parity.errors import InputError
from parity.runners.tensorflow.graph_defs import FrozenGraph, read_graph
from tests.parity.runners.tensorflow.frozen import freeze, net, with_a_phase

WEIGHTS = ["conv/w", "conv/b", "norm/gamma", "norm/beta", "norm/mean", "norm/variance", "out_w"]


@pytest.fixture(scope="module", params=[False, True], ids=["variables", "resources"])
def graph(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("frozen") / "net.pb"
    return read_graph(freeze(path, net, ["probability"], request.param))


def test_constants_that_were_variables_are_weights(graph):
    """The shape of a reshape and the epsilon of a normalization are none."""
    assert sorted(graph.weights) == sorted([*WEIGHTS, "out_b"])
    assert [node.name for node in graph.placeholders] == ["image"]
    assert [node.name for node in graph.outputs] == ["probability"]


def test_without_reads_all_constants_of_several_numbers_are(graph):
    """As after optimize_for_inference, which leaves no Identity."""
    bare = tf.compat.v1.GraphDef()
    for node in graph.definition.node:
        if node.op != "Identity":
            copy = bare.node.add()
            copy.CopyFrom(node)
            copy.input[:] = [graph.behind(name) for name in node.input]
    assert sorted(FrozenGraph(bare).weights) == sorted([*WEIGHTS, "out_b"])


def test_nodes_come_after_those_they_take(graph):
    seen: set[str] = set()
    for node in graph.ordered():
        assert seen.issuperset(node.input)
        seen.add(node.name)
    assert len(seen) == len(graph.nodes)


def test_in_float64_nothing_is_left_in_float32(graph):
    double = graph.in_float64()
    kinds = {each.type for node in double.definition.node for each in node.attr.values()}
    assert tf.float32.as_datatype_enum not in kinds
    assert not any(node.op.startswith("FusedBatchNorm") for node in double.definition.node)


def test_what_is_no_frozen_graph_is_refused(tmp_path):
    damaged = tmp_path / "damaged.pb"
    damaged.write_bytes(b"\x0a\xff no graph")
    with pytest.raises(InputError, match="cannot be read as a frozen graph"):
        read_graph(damaged)
    empty = tmp_path / "empty.pb"
    empty.write_bytes(b"")
    with pytest.raises(InputError, match="has 0 placeholders and 0 outputs"):
        read_graph(empty)
    live = tf.Graph()
    with live.as_default():
        with_a_phase()
    path = tmp_path / "live.pb"
    path.write_bytes(live.as_graph_def().SerializeToString())
    with pytest.raises(InputError, match=r"is not frozen: 'scaled/center' is a variable"):
        read_graph(path)


def test_a_graph_cut_short_is_refused(tmp_path):
    path = freeze(tmp_path / "net.pb", net, ["probability"])
    content = path.read_bytes()
    for size in np.linspace(1, len(content) - 1, 7).astype(int):
        path.write_bytes(content[:size])
        with pytest.raises(InputError):
            read_graph(path)
