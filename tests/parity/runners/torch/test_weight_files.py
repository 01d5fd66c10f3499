"""State dicts: whole as `load_state_dict` takes them, from files that run nothing."""

import pickle

import numpy as np
import pytest
import torch
from torch import nn

from parity.errors import InputError
from parity.runners.torch.models import Model
from parity.runners.torch.weight_files import map_weights, read_state, whole_state, write_state
from parity.weight_files.contents import same_bits
from parity.weight_files.matching import UnfitError
from parity.weight_files.named_arrays import write_safetensors

SOURCE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.last = nn.Linear(4, 4)
        self.tied = nn.Linear(4, 4, bias=False)
        self.tied.weight = self.last.weight
        self.register_buffer("table", torch.arange(3.0))

    def forward(self, x):
        return self.tied(self.last(self.norm(x)))
"""


@pytest.fixture
def make(tmp_path):
    (tmp_path / "net.py").write_text(SOURCE)
    split = {"attention.in_proj_weight": 3, "attention.in_proj_bias": 3}

    def made():
        return Model(
            "net.py:Net", tmp_path, "float32", {"x": "same"}, ("attention.out_proj.bias",), split
        )

    return made


def drawn(model):
    random = np.random.default_rng(5)
    return {k: random.normal(size=v.shape).astype(np.float32) for k, v in model.weights.items()}


def test_a_whole_state_loads_strictly_and_comes_back(make, tmp_path):
    model = make()
    weights = drawn(model)
    state = whole_state(model, weights)
    namespace = {}
    exec(SOURCE, namespace)
    plain = namespace["Net"]()
    plain.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()}, strict=True)
    assert same_bits(state["tied.weight"], weights["last.weight"])
    assert same_bits(state["attention.in_proj_weight"][4:8], weights["attention.in_proj_weight[1]"])
    assert not state["attention.out_proj.bias"].any()
    assert state["norm.num_batches_tracked"].dtype == np.int64
    found = map_weights(make(), state, "w.pt")
    assert found.keys() == weights.keys()
    assert all(same_bits(found[key], array) for key, array in weights.items())


@pytest.mark.parametrize("key", ["tied.weight", "attention.out_proj.bias"])
def test_values_that_the_port_cannot_hold_are_refused(make, key):
    state = whole_state(make(), {})
    state[key] = state[key] + 1
    with pytest.raises(InputError, match=r"w.pt: '(tied|attention.out_proj|last)\S+' has values"):
        map_weights(make(), state, "w.pt")


def test_other_tensors_are_refused_and_counters_are_not_weights(make):
    state = whole_state(make(), {})
    del state["norm.num_batches_tracked"]
    state["position_ids"] = np.arange(4)
    map_weights(make(), state, "w.pt")
    with pytest.raises(UnfitError, match="1 surplus; the first is 'more'"):
        map_weights(make(), {**state, "more": np.ones(2, np.float32)}, "w.pt")
    del state["last.bias"]
    with pytest.raises(UnfitError, match=r"1 missing; the first is 'last.bias'"):
        map_weights(make(), state, "w.pt")


@pytest.mark.parametrize("nested", ["", "state_dict", "model"])
def test_files_of_torch_save_are_read(nested, tmp_path):
    state = nn.Linear(2, 3).state_dict()
    saved = {nested: state, "epoch": 3} if nested else {f"module.{k}": v for k, v in state.items()}
    torch.save(saved, tmp_path / "w.pt")
    found = read_state(tmp_path / "w.pt")
    assert found.keys() == state.keys()
    assert np.array_equal(found["weight"], state["weight"].numpy())


def test_what_is_written_is_read(tmp_path):
    state = {"a": np.arange(6, dtype=np.float32).reshape(2, 3).T, "n": np.array(3)}
    write_state(tmp_path / "w.pt", state)
    write_safetensors(tmp_path / "w.safetensors", state)
    for name in ("w.pt", "w.safetensors"):
        found = read_state(tmp_path / name)
        assert all(same_bits(found[k], np.asarray(v, order="C")) for k, v in state.items())
    assert torch.load(tmp_path / "w.pt", weights_only=True)["a"].shape == (3, 2)


class Harm:
    def __reduce__(self):
        return (open, ("harm", "w"))


def test_a_pickle_that_runs_code_is_refused_and_does_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"a": Harm()}, "new.pt")
    torch.save({"a": Harm()}, "old.pt", _use_new_zipfile_serialization=False)
    (tmp_path / "plain.pkl").write_bytes(pickle.dumps(Harm()))
    torch.save(nn.Linear(2, 2), "module.pt")
    for name in ("new.pt", "old.pt", "plain.pkl", "module.pt"):
        with pytest.raises(InputError, match=r"so it is not read|cannot be read"):
            read_state(tmp_path / name)
    assert not (tmp_path / "harm").exists()


def test_what_is_no_state_dict_is_refused(tmp_path):
    torch.save([torch.ones(2)], tmp_path / "list.pt")
    torch.save({"a": torch.ones(2), "b": 3}, tmp_path / "mixed.pt")
    for name in ("list.pt", "mixed.pt"):
        with pytest.raises(InputError, match="not a state dict of tensors alone"):
            read_state(tmp_path / name)
    torch.save({"a": torch.ones(99)}, tmp_path / "w.pt")
    (tmp_path / "cut.pt").write_bytes((tmp_path / "w.pt").read_bytes()[:-99])
    with pytest.raises(InputError, match="damaged or truncated"):
        read_state(tmp_path / "cut.pt")
