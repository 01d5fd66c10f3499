"""The port's model folder: written whole, read back, and replaced only by force."""

import numpy as np
import pytest

from converters.errors import InputError, WeightsError
from converters.model_config import complete
from converters.weights.conversion import read_weights
from converters.weights.model_dir import read_model_dir, write_model_dir
from converters.weights.state_dict import to_state_dict

SMALL = {"d_fc": 24, "d_model": 16, "num_heads": 2}


def test_a_models_folder_is_replaced_only_when_asked(drawn, tmp_path):
    state = to_state_dict(drawn(SMALL, 1), SMALL)
    folder = tmp_path / "model"
    write_model_dir(folder, state, SMALL, {})
    with pytest.raises(InputError, match="is not empty; give --force"):
        write_model_dir(folder, state, SMALL, {})
    write_model_dir(folder, state, SMALL, {"second": True}, force=True)
    assert "second" in (folder / "conversion.json").read_text()
    (folder / "thesis.txt").touch()
    with pytest.raises(InputError, match=r"contains thesis\.txt, which is not part of a model"):
        write_model_dir(folder, state, SMALL, {}, force=True)
    assert [item.name for item in tmp_path.iterdir()] == ["model"]


def test_a_folder_that_fails_leaves_nothing(drawn, tmp_path):
    state = to_state_dict(drawn(SMALL, 1), SMALL)
    with pytest.raises(TypeError):
        write_model_dir(tmp_path / "model", state, SMALL, {"bad": object()})
    assert list(tmp_path.iterdir()) == []


def test_damaged_safetensors_are_an_error(drawn, tmp_path):
    folder = tmp_path / "model"
    write_model_dir(folder, to_state_dict(drawn(SMALL, 1), SMALL), SMALL, {})
    whole = (folder / "model.safetensors").read_bytes()
    generator = np.random.default_rng(6)
    for round_ in range(120):
        content = bytearray(whole)
        if round_ % 3 == 0:
            del content[generator.integers(len(whole)) :]
        else:
            content[generator.integers(3000)] ^= 1 << generator.integers(8)
        (folder / "model.safetensors").write_bytes(content)
        try:
            read_weights(folder)
        except WeightsError:
            continue


def test_a_model_comes_back(drawn, tmp_path, assert_same):
    state = to_state_dict(drawn(SMALL, 1), SMALL)
    write_model_dir(tmp_path / "model", state, SMALL, {"source": "w.h5"})
    found, config = read_model_dir(tmp_path / "model")
    assert_same(dict(sorted(found.items())), dict(sorted(state.items())))
    assert config == complete(SMALL)
    with pytest.raises(FileNotFoundError):
        read_model_dir(tmp_path)
