import pytest
import torch

from converters.errors import InputError
from pt_gmvp.scoring.models import check_precision, in_scoring_dtype, load_ensemble

CPU = torch.device("cpu")


def test_a_digest_depends_on_weights_and_configuration(small, tmp_path):
    small(1).float().save_pretrained(tmp_path / "a")
    small(2).float().save_pretrained(tmp_path / "b")
    small(1, pairwise_norm="paper").float().save_pretrained(tmp_path / "c")
    folders = [tmp_path / name for name in "abc"]
    ensemble = load_ensemble(folders, CPU, "float32")
    assert len(set(ensemble.digests)) == 3
    assert load_ensemble(folders[:1], CPU, "float32").digests == ensemble.digests[:1]
    assert not any(model.training for model in ensemble.models)


def test_a_model_given_twice_is_refused(small, tmp_path):
    for name in "ab":
        small(1).float().save_pretrained(tmp_path / name)
    with pytest.raises(
        InputError, match=r"b: is the same model as .*a, which would be counted twice"
    ):
        load_ensemble([tmp_path / "a", tmp_path / "b"], CPU, "float32")


def test_only_bf16_changes_the_models(small, tmp_path):
    small(1).float().save_pretrained(tmp_path / "a")
    ensemble = load_ensemble([tmp_path / "a"], CPU, "float32")
    assert in_scoring_dtype(ensemble) is ensemble.models
    lower = in_scoring_dtype(ensemble._replace(precision="bf16"))
    assert lower[0].logit.weight.dtype == torch.bfloat16
    assert ensemble.models[0].logit.weight.dtype == torch.float32


def test_an_inverse_is_refused_in_bf16(small, tmp_path):
    small(1, pairwise_type="inv_cov").float().save_pretrained(tmp_path / "a")
    check_precision(load_ensemble([tmp_path / "a"], CPU, "float32"))
    with pytest.raises(InputError, match="--precision bf16: a model of pairwise_type inv_cov"):
        check_precision(load_ensemble([tmp_path / "a"], CPU, "bf16"))
