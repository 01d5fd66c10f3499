"""`parity convert`, and `parity check` on weights and inputs of the user's, as users run them."""

import json

import h5py
import numpy as np
import pytest
import torch

from parity.weight_files.contents import same_bits
from parity.weight_files.named_arrays import read_npz, read_safetensors
from tests.parity.printed import without_progress

REFERENCE = """
from tf_keras import Input, Model, layers

def net():
    x = Input((3, 4), name="x")
    y = layers.Dense(4, "tanh", name="first")(x)
    y = layers.BatchNormalization(name="norm")(y)
    return Model(x, layers.Dense(4, name="last")(y))

def wide():
    x = Input((3, 4), name="x")
    return Model(x, layers.Dense(4, name="last")(layers.Dense(5, name="first")(x)))
"""
CANDIDATE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.first, self.last = nn.Linear(4, 4), nn.Linear(4, 4)
        self.norm = nn.BatchNorm1d(4, eps=1e-3)

    def forward(self, x):
        y = torch.tanh(self.first(x))
        y = self.norm(y.transpose(1, 2)).transpose(1, 2)
        return self.last(y)
"""
PORT = """
from parity import layouts, models

port = models.port(
    "mine", "reference.py:net", "candidate.py:Net", beside=__file__,
    inputs={"x": models.Input((3, 4))},
    weights=(*layouts.dense("first", "FIRST", 4, 4), *layouts.batch_norm("norm", "norm", 4),
             *layouts.dense("last", "LAST", 4, 4)),
)
"""
MAKE = """
import sys
import numpy as np
import tf_keras
sys.path.insert(0, ".")
import reference

def filled(model, seed):
    random = np.random.default_rng(seed)
    for variable in model.weights:
        variable.assign(random.uniform(0.5, 1.5, variable.shape))
    return model

filled(reference.net(), 1).save_weights("model.h5")
filled(reference.wide(), 2).save_weights("wide.h5")
filled(reference.net(), 1).save("whole.keras")
"""
FILES = {
    "reference.py": REFERENCE,
    "candidate.py": CANDIDATE,
    "my_port.py": PORT.replace("FIRST", "first").replace("LAST", "last"),
    "swapped.py": PORT.replace("FIRST", "last").replace("LAST", "first"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Make a folder with a port, files of weights, and files of inputs."""
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("port")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    subprocess.run([sys.executable, "-W", "ignore", "-c", MAKE], cwd=folder, check=True)
    content = (folder / "model.h5").read_bytes()
    (folder / "cut.h5").write_bytes(content[: len(content) // 2])
    (folder / "less.h5").write_bytes(content)
    with h5py.File(folder / "less.h5", "a") as file:
        file["last"].attrs["weight_names"] = [b"last/kernel:0"]
    random = np.random.default_rng(4)
    records = random.normal(size=(6, 3, 4)).astype(np.float32)
    np.savez(folder / "x.npz", x=records)
    np.savez(folder / "other.npz", x=records[:, :2])
    (folder / "inputs").mkdir()
    np.save(folder / "inputs" / "x.npy", records)
    return folder


STEPS = {
    "convert": "convert my_port.py --weights model.h5 -o model.safetensors",
    "shards": "convert my_port.py --weights model.h5 -o s.safetensors --shard-bytes 99 --no-check",
    "pt": "convert my_port.py --weights whole.keras -o model.pt --no-check",
    "back": "convert my_port.py --weights model.safetensors -o back.h5 --no-check",
    "index": "convert my_port.py --weights s.safetensors.index.json -o back.npz --no-check",
    "again": "convert my_port.py --weights back.h5 -o again.safetensors --no-check",
    "exists": "convert my_port.py --weights model.h5 -o model.safetensors",
    "swapped": "convert swapped.py --weights model.h5 -o swapped.safetensors",
    "cut": "convert my_port.py --weights cut.h5 -o none.safetensors",
    "wide": "convert my_port.py --weights wide.h5 -o none.safetensors",
    "less": "convert my_port.py --weights less.h5 -o none.safetensors",
    "code": "convert my_port.py --weights my_port.py -o none.safetensors",
    "missing": "convert my_port.py --weights none.h5 -o none.safetensors",
    "check": "check my_port.py --weights model.h5 --inputs x.npz --json check.json --no-coverage",
    "folder": "check my_port.py --inputs inputs --json folder.json --no-coverage",
    "own": "check my_port.py --weights pretrained --candidate-weights own --no-coverage",
    "bad inputs": "check my_port.py --inputs other.npz",
    "no inputs": "check my_port.py --inputs none.tfrec",
    "alone": "check my_port.py --candidate-weights own",
    "bad weights": "check my_port.py --weights wide.h5",
}


@pytest.fixture(scope="module")
def done(folder, in_turn):
    steps = [({}, words.split()) for words in STEPS.values()]
    return dict(zip(STEPS, in_turn(folder, steps), strict=True))


pytestmark = pytest.mark.slow


def test_a_checkpoint_becomes_a_state_dict_and_is_checked(done, folder):
    assert done["convert"].code == 0, done["convert"]
    assert "8 weights of the reference, each used once: wrote model.saf" in done["convert"].stdout
    assert "1 case: 1 equivalent" in done["convert"].stdout.replace("identical", "equivalent")
    state = read_safetensors(folder / "model.safetensors")
    with h5py.File(folder / "model.h5") as file:
        by_hand = {
            "first.weight": file["first/first/kernel:0"][()].T,
            "first.bias": file["first/first/bias:0"][()],
            "norm.weight": file["norm/norm/gamma:0"][()],
            "norm.bias": file["norm/norm/beta:0"][()],
            "norm.running_mean": file["norm/norm/moving_mean:0"][()],
            "norm.running_var": file["norm/norm/moving_variance:0"][()],
            "norm.num_batches_tracked": np.array(0),
            "last.weight": file["last/last/kernel:0"][()].T,
            "last.bias": file["last/last/bias:0"][()],
        }
    assert state.keys() == by_hand.keys()
    assert all(same_bits(state[k], np.asarray(a, order="C")) for k, a in by_hand.items())
    namespace = {}
    exec(CANDIDATE, namespace)
    module = namespace["Net"]()
    module.load_state_dict({k: torch.from_numpy(a) for k, a in state.items()}, strict=True)


def test_every_way_there_and_back_keeps_the_bits(done, folder):
    for name in ("shards", "pt", "back", "index", "again"):
        assert done[name].code == 0, done[name]
        assert without_progress(done[name].stderr) == ""
    state = read_safetensors(folder / "model.safetensors")
    others = [
        read_safetensors(folder / "s.safetensors.index.json"),
        read_safetensors(folder / "again.safetensors"),
        {k: v.numpy() for k, v in torch.load(folder / "model.pt", weights_only=True).items()},
    ]
    for other in others:
        assert all(same_bits(other[key], array) for key, array in state.items())
    assert same_bits(read_npz(folder / "back.npz")["first/kernel"], state["first.weight"].T.copy())
    with h5py.File(folder / "model.h5") as one, h5py.File(folder / "back.h5") as other:
        for name in ("first/first/kernel:0", "norm/norm/moving_variance:0", "last/last/bias:0"):
            assert same_bits(one[name][()], other[name][()])


def test_a_map_with_a_swapped_pair_is_refused_by_the_check(done, folder):
    assert done["swapped"].code == 1
    assert "different" in done["swapped"].stdout
    assert "swapped.safetensors was written, but its check does not pass" in done["swapped"].stdout


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("exists", "error: model.safetensors already exists; name another file, or give --force"),
        ("cut", "error: cut.h5 cannot be read as HDF5; damaged or truncated?"),
        ("wide", "error: wide.h5 does not hold the weights of reference.py:net: "),
        ("less", "1 missing; the first is 'last/bias', expected (4,)"),
        ("code", "error: my_port.py starts with b'\\nfrom pa', which is no weight file"),
        ("missing", "error: no file none.h5"),
        ("bad inputs", "the input 'x' is an array (6, 2, 4); expected records of (3, 4)"),
        ("no inputs", "error: no file or folder none.tfrec; expected a .npz file"),
        ("alone", "error: --candidate-weights compares with the reference's weights"),
        ("bad weights", "error: wide.h5 does not hold the weights of reference.py:net"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(done, folder, step, message):
    assert done[step].code == 2, done[step]
    last = done[step].stderr.splitlines()[-1]
    assert last.startswith("error: ")
    assert message in last
    assert "Traceback" not in done[step].stderr
    assert not list(folder.glob("none*"))
    assert not list(folder.glob(".*"))


def test_what_does_not_fit_is_in_a_table(done):
    assert [line.split() for line in done["less"].stderr.splitlines()[:-1]] == [
        ["tensor", "in", "the", "file", "expected"],
        ["missing", "last/bias", "-", "4"],
    ]
    assert "of another shape  first/kernel" in done["wide"].stderr


def test_weights_and_inputs_are_recorded(done, folder):
    assert done["check"].code == done["folder"].code == 0
    assert "input: x.npz (6 records)" in done["check"].stdout
    assert "weights: model.h5 (8 tensors, SHA-256 " in done["check"].stdout
    written = json.loads((folder / "check.json").read_text())
    assert written["inputs"]["name"] == "x.npz"
    assert written["weights"]["source"] == "model.h5"
    assert written["weights"]["tensors"] == 8
    drawn = json.loads((folder / "folder.json").read_text())
    assert drawn["inputs"]["name"] == "inputs"
    assert drawn["weights"]["source"] == "drawn"


def test_a_candidate_with_other_weights_of_its_own_fails(done):
    assert done["own"].code == 1
    assert "the candidate's own weights: 4 of 8 tensors are the reference's" in done["own"].stdout
    assert "first.weight is not first/kernel: up to" in done["own"].stdout
