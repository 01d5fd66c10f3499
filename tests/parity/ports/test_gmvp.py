"""The gMVP port is complete, and its inputs are what they are said to be."""

import inspect

import numpy as np
import pytest

from parity.errors import InputError
from parity.ports.gmvp import inputs

# What is no layer by itself: the model's own encodings are pairs under their attributes' names.
LAYERS = {
    "EvolEncoder": "evol_encoder",
    "MultiHeadAttention": "multi_head_attention",
    "GRUCell": "gru_cell",
    "GMVP": "model",
}


def test_every_layer_class_of_the_port_has_a_pair(gmvp):
    import torch

    from pt_gmvp import attention, evol_encoder, gru, model

    found = {
        name
        for module in (attention, evol_encoder, gru, model)
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, torch.nn.Module) and kind.__module__ == module.__name__
    }
    assert found == set(LAYERS)
    assert set(LAYERS.values()) <= set(gmvp.layers)


def test_every_submodule_of_the_model_has_a_pair(gmvp):
    from pt_gmvp.config import ModelConfig
    from pt_gmvp.model import GMVP

    names = {"mha": "multi_head_attention", "gru": "gru_cell"}
    children = dict(GMVP(ModelConfig(d_fc=8, d_model=8, num_heads=2)).named_children())
    assert {names.get(name, name) for name in children} <= set(gmvp.layers)


def test_every_configuration_of_the_issue_is_there(gmvp):
    """Every score type, pairwise type and weighting, and both norms."""
    options = [config.options for config in gmvp.pair("model").configs]
    assert {o["attn_score_type"] for o in options} == {"add", "nn", "dot"}
    assert {o["pairwise_type"] for o in options} == {"fre", "cov", "inv_cov"}
    assert {o["weighting_schema"] for o in options} == {"spe", "none"}
    assert {o["pairwise_norm"] for o in options} == {"released", "paper"}
    encoder = {
        (o["pairwise_type"], o["weighting_schema"])
        for o in (config.options for config in gmvp.pair("evol_encoder").configs)
    }
    assert len(encoder) == 10


def test_intermediates_named_for_the_cascade_exist(gmvp, run_case):
    case = run_case(gmvp, "model")
    names = {output.name for output in case.outputs}
    for pair in gmvp.pairs:
        assert set(pair.intermediates) <= names, pair.layer


def test_shipped_records_are_said_to_have_simulated_homologs():
    shipped = inputs.load(None, 1, 10)
    assert "simulated" in shipped.note
    assert shipped.arrays["feature"].shape == (10, 129, 435)
    assert (shipped.arrays["mask"][:, 64] == 1).all()


def test_random_records_hold_what_real_ones_leave_out():
    drawn = inputs.load("random", 3, 8).arrays
    species = drawn["feature"][..., 21:221]
    assert (species > 20).any()
    assert (species != np.trunc(species)).any()
    assert (drawn["mask"] == 1).all(axis=1).any()
    again = inputs.load("random", 3, 8).arrays
    assert all(np.array_equal(drawn[name], again[name]) for name in drawn)


def test_a_folder_gives_an_equal_share_of_each_file(shipped_records, tmp_path):
    for name in ("a.tfrec", "b.tfrec"):
        (tmp_path / name).write_bytes(shipped_records.read_bytes())
    given = inputs.load(str(tmp_path), 1, 6)
    shipped = inputs.load(None, 1, 3).arrays["feature"]
    np.testing.assert_array_equal(given.arrays["feature"], np.concatenate([shipped, shipped]))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("cut.tfrec", lambda whole: whole[:100_000], r"cut\.tfrec, record 0 at byte 0"),
        ("empty.tfrec", lambda whole: b"", "contains no records"),
        ("text.tfrec", lambda whole: b"hello, this is no record", "expected a TFRecord file"),
    ],
)
def test_files_that_are_no_records_are_refused(name, content, message, shipped_records, tmp_path):
    path = tmp_path / name
    path.write_bytes(content(shipped_records.read_bytes()))
    with pytest.raises(InputError, match=message):
        inputs.load(str(path), 1, 10)


def test_a_path_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="no file or folder"):
        inputs.load(str(tmp_path / "none"), 1, 10)
    with pytest.raises(InputError, match="contains no TFRecord file"):
        inputs.load(str(tmp_path), 1, 10)


@pytest.mark.slow
def test_real_alignments_pass(gmvp, run_case, real):
    """Windows with real homologs: the whole model with every gradient, and each layer."""
    source = str(real / "golden" / "TP53_PTEN.tfrec")
    for layer in ("model", "evol_encoder", "multi_head_attention", "gru_cell"):
        case = run_case(gmvp, layer, "add-cov-spe", source, records=10, gradients=True)
        assert case.verdict.passes, case
