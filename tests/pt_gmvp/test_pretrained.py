import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from pt_gmvp.config import ConfigError
from pt_gmvp.data import Batch
from pt_gmvp.model import GMVP
from pt_gmvp.pretrained import PretrainedError


@pytest.fixture
def folder(small: Callable[..., GMVP], tmp_path: Path) -> Path:
    small(pairwise_norm="paper").save_pretrained(tmp_path / "made" / "model")
    return tmp_path / "made" / "model"


def test_a_model_comes_back_bit_for_bit(
    small: Callable[..., GMVP], folder: Path, batch: Batch
) -> None:
    model, loaded = small(pairwise_norm="paper"), GMVP.from_pretrained(folder)
    assert loaded.config == model.config
    assert not loaded.training
    assert torch.equal(loaded(*batch.inputs), model(*batch.inputs))
    assert all(weight.requires_grad for weight in loaded.parameters())
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]


def test_the_configuration_is_the_originals_and_one_key(folder: Path) -> None:
    assert json.loads((folder / "config.json").read_text()) == {
        "model": {
            "dropout_rate": 0.4,
            "attn_score_type": "add",
            "pairwise_type": "cov",
            "weighting_schema": "spe",
            "d_fc": 6,
            "d_model": 8,
            "num_heads": 2,
            "pairwise_norm": "paper",
        }
    }


def test_loading_draws_no_random_numbers(folder: Path) -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    GMVP.from_pretrained(folder)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.slow
def test_loading_does_without_torchs_compiler(folder: Path) -> None:
    """It is a second of importing, which operations on tensors without values bring about."""
    code = (
        "import sys; from pt_gmvp.model import GMVP; GMVP.from_pretrained(sys.argv[1]); "
        "print('torch._dynamo' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(folder)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_a_failed_write_leaves_the_old_model(
    small: Callable[..., GMVP], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (folder / "model.safetensors").read_bytes()

    def disk_full(*args: object, **kwargs: object) -> bytes:
        raise OSError("no space left")

    monkeypatch.setattr("pt_gmvp.pretrained.save", disk_full)
    with pytest.raises(OSError, match="no space left"):
        small(seed=1).save_pretrained(folder)
    assert (folder / "model.safetensors").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]


def change(folder: Path, edit: Callable[[dict[str, torch.Tensor]], object]) -> None:
    state = load_file(folder / "model.safetensors")
    edit(state)
    save_file(state, folder / "model.safetensors")


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda s: s.pop("mha.bias_k"), "mha.bias_k is missing, expected shape (1, 1, 8)"),
        (
            lambda s: s.update(extra=torch.zeros(2, 3)),
            "extra has shape (2, 3), which is not expected",
        ),
        (
            lambda s: s.update({"logit.weight": s["logit.weight"].T.contiguous()}),
            "logit.weight has shape (8, 1), expected (1, 8)",
        ),
        (
            lambda s: s.update({"gru.bias_ih": torch.zeros(24, dtype=torch.int64)}),
            "gru.bias_ih is torch.int64, expected a floating-point dtype",
        ),
        (
            lambda s: s.update({"gru.bias_ih": torch.zeros(24)}),
            "gru.bias_ih is torch.float32, expected torch.float64 like the rest",
        ),
        (
            lambda s: (s.pop("mha.bias_k"), s.pop("mha.bias_v"), s.update(extra=torch.zeros(1))),
            "mha.bias_k is missing, expected shape (1, 1, 8); 2 more tensors do not fit",
        ),
    ],
)
def test_tensors_that_do_not_fit_are_named(folder: Path, edit, message: str) -> None:
    change(folder, edit)
    with pytest.raises(PretrainedError) as refused:
        GMVP.from_pretrained(folder)
    assert str(refused.value) == (
        f"{folder / 'model.safetensors'}: does not fit {folder / 'config.json'}: {message}"
    )


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(PretrainedError) as refused:
        GMVP.from_pretrained(folder)
    assert str(refused.value) == (
        f"{folder / name}: no such file; expected config.json and model.safetensors"
    )


def test_a_file_in_place_of_the_folder_is_told_from_one_that_is_missing(folder: Path) -> None:
    weights = folder / "model.safetensors"
    with pytest.raises(PretrainedError, match="is a file; expected a model folder"):
        GMVP.from_pretrained(weights)


@pytest.mark.parametrize("size", [0, 5, 200, -1])
def test_a_truncated_file_is_refused(folder: Path, size: int) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(PretrainedError) as refused:
        GMVP.from_pretrained(folder)
    assert str(refused.value).startswith(f"{path}: not a complete safetensors file (")
    assert str(refused.value).endswith("; write or convert it again")


def test_a_bad_configuration_names_its_file(folder: Path) -> None:
    (folder / "config.json").write_text('{"model": {"d_modle": 8}}')
    with pytest.raises(ConfigError) as refused:
        GMVP.from_pretrained(folder)
    assert str(refused.value) == (
        f"{folder / 'config.json'}: unknown model key 'd_modle'; did you mean 'd_model'?"
    )
