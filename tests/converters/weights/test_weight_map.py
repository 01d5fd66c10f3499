import pytest

from converters.model_config import ConfigError
from converters.weights.weight_map import TOP_LAYERS, entries


def test_the_table_is_the_manifests(manifest):
    for case in manifest.values():
        found = [(entry.name, list(entry.shape)) for entry in entries(case["config"])]
        assert found == list(case["weights"].items())


def test_places_follow_keras_groups():
    table = entries({})
    assert [entry.group for entry in table] == sorted(entry.group for entry in table)
    tops = list(dict.fromkeys(entry.name.partition("/")[0] for entry in table))
    assert tuple(tops) == TOP_LAYERS
    for number in range(len(TOP_LAYERS)):
        mine = [entry.order for entry in table if entry.group == number]
        assert mine == list(range(len(mine)))


def test_the_ports_keys_and_shapes():
    config = {"d_fc": 24, "d_model": 16, "num_heads": 2, "attn_score_type": "nn"}
    targets = {key: shape for entry in entries(config) for key, shape in entry.targets.items()}
    assert targets == {
        "variant_encoding.weight": (24, 91),
        "variant_encoding.bias": (24,),
        "neighbor_encoding.weight": (24, 73),
        "neighbor_encoding.bias": (24,),
        "pairwise_encoding.weight": (24, 442),
        "pairwise_encoding.bias": (24,),
        "evol_encoder.species_weights": (1, 200),
        "logit.weight": (1, 16),
        "logit.bias": (1,),
        "mha.position_bias": (1, 1, 1, 129),
        "mha.agg_v": (1, 2, 1, 24),
        "mha.bias_k": (1, 1, 16),
        "mha.bias_v": (1, 1, 16),
        "mha.bias_position_bias": (1, 1, 1, 1),
        "mha.bias_pairwise": (1, 1, 16),
        "mha.wq.weight": (16, 24),
        "mha.wq.bias": (16,),
        "mha.wk.weight": (16, 24),
        "mha.wk.bias": (16,),
        "mha.wv.weight": (16, 24),
        "mha.wv.bias": (16,),
        "mha.out_proj.weight": (16, 16),
        "mha.out_proj.bias": (16,),
        "mha.w_pairwise.weight": (16, 24),
        "mha.w_pairwise.bias": (16,),
        "gru.weight_ih": (48, 24),
        "gru.weight_hh": (48, 16),
        "gru.bias_ih": (48,),
        "gru.bias_hh": (48,),
    }


def test_variants_of_the_table():
    names = {entry.name: entry.shape for entry in entries({"weighting_schema": "none"})}
    assert "evol_encoder/species_weights" not in names
    names = {entry.name: entry.shape for entry in entries({"attn_score_type": "dot"})}
    assert "mha/agg_v" not in names
    assert names["mha/agg_pairwise"] == (1, 4, 1, 128)
    for kind in ("fre", "inv_cov"):
        names = {entry.name: entry.shape for entry in entries({"pairwise_type": kind})}
        assert names["pairwise_encoding/kernel"] == (441, 512)


@pytest.mark.parametrize("kind", ["cov_all", "none"])
def test_types_without_a_whole_model_are_refused(kind):
    with pytest.raises(ConfigError, match="is not available in a whole model"):
        entries({"pairwise_type": kind})
