"""Names are compared whatever their spelling; numbers only where both sides count alike."""

import pytest

from parity.init.names import likeness, named_partner, numbered_alike, same_names, tokens


@pytest.mark.parametrize(
    ("reference", "candidate", "same"),
    [
        ("x_position", "x_position", True),
        ("x_position", "y_position", False),
        (
            "bert/encoder/layer_._0/attention/self/query",
            "encoder.layer.0.attention.self.query",
            True,
        ),
        ("block/query", "block.q_proj", True),
        ("attention/self_attention/key_global", "net.attention.self.key_global", True),
        ("attention/self_attention/key_global", "net.attention.self.query_global", False),
        ("conv/1/1/dense", "conv.1.dense", False),
        ("blocks/1", "1", False),
        ("dense", "dense_1", False),
        ("dense", "fc", True),
        ("", "a", False),
    ],
)
def test_names_are_the_same_up_to_spelling(reference, candidate, same):
    assert same_names(reference, candidate) is same


def test_likeness_counts_common_parts():
    assert likeness("encoder/0/query", "encoder.0.q") == 1
    assert likeness("encoder/0/query", "encoder.0.k") > likeness("encoder/0/query", "a.1.k")
    assert likeness("_", "_") == 0


def test_only_one_layer_can_have_the_name():
    assert named_partner("a/query", ["b.query", "a.key"]) is None
    assert named_partner("query", ["b.query", "a.key"]) == "b.query"
    assert named_partner("query", ["b.query", "a.query"]) is None


def test_numbers_mean_something_only_where_both_sides_count_alike():
    assert not numbered_alike("c/1", "c.2", ["c/0", "c/1"], ["c.0", "c.2"])
    assert numbered_alike("c/1", "c.0", ["c/0", "c/1"], ["c.1", "c.0"])
    assert tokens("conv_1/kernel") == ("conv", "1", "weight")
