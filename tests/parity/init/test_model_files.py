"""`parity init` and `check` on models in files, as a user runs them."""

import re
import subprocess
import sys

import pytest

MAKE = """
import numpy as np
import tf_keras
from tf_keras import Input, Model, layers

x = Input((6, 5, 3), name="image")
y = layers.Conv2D(4, 3, activation="relu", name="conv")(x)
y = layers.Dense(5, name="last")(layers.GlobalAveragePooling2D()(y))
model = Model(x, y)
for number, variable in enumerate(model.weights):
    variable.assign(np.random.default_rng(number).uniform(-1, 1, variable.shape))
model.save("models/net.h5")
model.save("models/saved", save_format="tf")
tf_keras.Sequential([Input((3,)), layers.Lambda(lambda x: x * 2)]).save("models/code.h5")
"""
CANDIDATE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.last = nn.Conv2d(3, 4, 3), nn.Linear(4, 5)

    def forward(self, image):
        return self.last(torch.relu(self.conv(image)).mean((2, 3)))

class Wrong(Net):
    def forward(self, image):
        return self.last(torch.relu(self.conv(image)).amax((2, 3)))
"""
STEPS = {
    "file": "init models/net.h5 net.py:Net -o file_port.py",
    "file check": "check file_port.py --weights pretrained --no-coverage",
    "convert": "convert file_port.py --weights pretrained -o net.safetensors --no-check",
    "saved": "init models/saved net.py:Net -o saved_port.py",
    "wrong": "init models/saved net.py:Wrong -o wrong_port.py",
    "code": "init models/code.h5 net.py:Net -o code_port.py",
    "missing": "init models/none.keras net.py:Net -o none_port.py",
}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def done(tmp_path_factory, in_turn):
    folder = tmp_path_factory.mktemp("files")
    (folder / "models").mkdir()
    (folder / "net.py").write_text(CANDIDATE)
    subprocess.run([sys.executable, "-W", "ignore", "-c", MAKE], cwd=folder, check=True)
    outcomes = in_turn(folder, [({}, words.split()) for words in STEPS.values()])
    return dict(zip(STEPS, outcomes, strict=True))


def test_a_keras_file_is_paired_checked_and_converted(done):
    assert done["file"].code == 0, done["file"]
    assert "✓ conv/kernel  conv.weight  transpose (3, 2, 0, 1)" in done["file"].stdout
    assert "every pairing is certain" in done["file"].stdout
    assert done["file check"].code == 0, done["file check"]
    assert "those that the reference's factory built (4 tensors" in done["file check"].stdout
    assert done["convert"].code == 0, done["convert"]


def test_a_saved_model_is_paired_with_its_layers_and_a_wrong_port_refused(done):
    assert done["saved"].code == 0, done["saved"]
    assert "every pairing is certain" in done["saved"].stdout
    assert re.search(r": (2 identical, 3|5) equivalent\n", done["saved"].stdout)
    assert done["wrong"].code == 1
    wrong = done["wrong"].stdout
    assert re.search(r": (2 identical, 1|3) equivalent, 2 different", wrong)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            "code",
            "the Lambda layer 'lambda' holds Python code, which is not executed; give --trust",
        ),
        ("missing", "error: no file or folder models/none.keras; expected FILE.py:attribute"),
    ],
)
def test_what_is_refused_is_one_line(done, step, message):
    assert done[step].code == 2
    assert message in done[step].stderr
    assert len(done[step].stderr.splitlines()) == 1
