"""Layers of the candidate that hold several of the reference's side by side."""

import shutil
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from parity.init.fused_layers import PartedCandidate, fused_weights, is_part, part_layouts
from parity.runners.whole_models import LayerWeight, ModelDescription, PassingModel, WeightedLayer

MODELS = Path(__file__).parent / "models"
INPUT = ["--input", "2x5x8"]
# Both attributes, the input, what the file must say, and wrong candidates.
CASES = {
    "fused": (
        ("Separate", "Fused"),
        INPUT,
        'split={"qkv.weight": 3, "qkv.bias": 3}',
        ("FusedTwice", "FusedInterleaved"),
    ),
    "key and value": (
        ("Separate", "KeyValue"),
        INPUT,
        'transposed("key/kernel", (8, 8), "kv.weight[0]", (1, 0))',
        ("KeyValueUnscaled",),
    ),
    "torch": (
        ("Separate", "Torch"),
        INPUT,
        '*layouts.dense("out", "attention.out_proj", 8, 8)',
        ("TorchOneHead",),
    ),
    "keras fused": (
        ("Keras", "Fused"),
        INPUT,
        'folded("attention/value/kernel", (8, 2, 4), "qkv.weight[2]", (8, 8))',
        ("FusedTwice",),
    ),
    "keras linears": (
        ("Keras", "Linears"),
        INPUT,
        'folded("attention/output/kernel", (2, 4, 8), "to_out.weight", (8, 8))',
        ("LinearsWithoutOutput",),
    ),
    "keras torch": (("Keras", "Torch"), INPUT, "layouts.multi_head_attention(", ()),
    "gated": (
        ("Gated", "Gated"),
        ["--input", "2x5x4"],
        'split={"both.weight": 2, "both.bias": 2}',
        ("GatedByTanh",),
    ),
}
RUNS = [
    (name, reference, candidate)
    for name, ((reference, right), _, _, wrong) in CASES.items()
    for candidate in (right, *wrong)
]


def layer(kind, path, separator, settings=None, **shapes):
    own = (LayerWeight(f"{path}{separator}{name}", shape) for name, shape in shapes.items())
    return WeightedLayer(path, kind, tuple(own), settings or {}, ((2, 8),))


def model(*layers):
    return ModelDescription(tuple(layers), {})


SMALL = [layer("Dense", name, "/", kernel=(8, 4), bias=(4,)) for name in "qkv"]


def test_a_weight_is_taken_apart_only_if_the_reference_has_what_fills_its_parts():
    fused = layer("Linear", "f", ".", weight=(12, 8), bias=(12,))
    assert fused_weights(model(*SMALL), model(fused)) == {"f.weight": 3, "f.bias": 3}
    assert fused_weights(model(*SMALL[:2]), model(fused)) == {}
    whole = layer("Dense", "w", "/", kernel=(8, 12))
    assert fused_weights(model(*SMALL, whole), model(fused)) == {}
    square = [layer("Dense", name, "/", kernel=(4, 8)) for name in "ab"]
    assert fused_weights(model(*square), model(layer("Linear", "f", ".", weight=(8, 8)))) == {}
    grouped = layer("Conv1d", "f", ".", {"groups": 2}, weight=(12, 8, 1))
    assert fused_weights(model(*SMALL), model(grouped)) == {}


def test_an_attention_of_both_sides_stays_whole():
    theirs = layer("MultiheadAttention", "a", ".", in_proj_weight=(24, 8), in_proj_bias=(24,))
    ours = [layer("Dense", name, "/", kernel=(8, 8)) for name in "qkvo"]
    keras = layer("MultiHeadAttention", "m", "/", kernel=(8, 2, 4))
    split = {"a.in_proj_weight": 3, "a.in_proj_bias": 3}
    assert fused_weights(model(*ours), model(theirs)) == split
    assert fused_weights(model(*ours, keras), model(theirs)) == {}


class Recorded:
    """A candidate that remembers its weights."""

    def describe(self, inputs):
        fused = layer("Linear", "f", ".", weight=(6, 2), bias=(6,))
        return ModelDescription((fused,), {}, (layer("Module", "f", ".", weight=(6, 2)),))

    def run(self, weights, inputs, layers):
        self.given = weights
        return {}

    def run_layer(self, layer, weights, tensor):
        return self.run(weights, {}, ())


def test_parts_are_described_and_joined_in_their_order():
    whole = Recorded()
    candidate = PartedCandidate(cast(PassingModel, whole), {"f.weight": 3, "f.bias": 3})
    found = candidate.describe({})
    assert [[w.name for w in part.weights] for part in found.layers] == [
        [f"f.weight[{number}]", f"f.bias[{number}]"] for number in range(3)
    ]
    assert all(map(is_part, found.layers))
    assert found.layers[2].weights[0].shape == (2, 2)
    assert [w.name for w in found.composites[0].weights] == [f"f.weight[{n}]" for n in range(3)]
    rows = np.arange(12.0).reshape(6, 2)
    parts = {f"f.weight[{number}]": rows[2 * number : 2 * number + 2] for number in (2, 0, 1)}
    candidate.run(parts | {"g": rows}, {}, ())
    np.testing.assert_array_equal(whole.given["f.weight"], rows)
    assert whole.given.keys() == {"f.weight", "g"}
    candidate.run_layer(None, parts, rows)
    np.testing.assert_array_equal(whole.given["f.weight"], rows)


def test_a_part_holds_a_kernel_transposed():
    candidate = PartedCandidate(cast(PassingModel, Recorded()), {"f.weight": 3, "f.bias": 3})
    part = candidate.describe({}).layers[1]
    (layout,) = part_layouts(layer("Dense", "d", "/", kernel=(2, 2), bias=(2,)), part)
    assert layout.keys == {"f.weight[1]", "f.bias[1]"}
    assert layout.weights[0].transform == "transpose (1, 0)"
    assert layout.known
    (layout,) = part_layouts(layer("Conv1D", "d", "/", kernel=(1, 2, 2)), part)
    assert layout.weights[0].transform == "transpose (2, 1, 0), reshape"
    assert part_layouts(layer("Dense", "d", "/", kernel=(3, 2)), part) == []
    assert part_layouts(layer("Own", "d", "/", kernel=(2, 2)), part) == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("fused")
    for path in MODELS.glob("fused*.py"):
        shutil.copy(path, found)
    return found


@pytest.fixture(scope="module")
def done(folder, in_turn):
    steps = [
        (
            {},
            [
                *("init", f"fused.py:{reference}", f"fused_torch.py:{candidate}"),
                *(*CASES[name][1], "-o", f"{reference}{candidate}.py"),
            ],
        )
        for name, reference, candidate in RUNS
    ]
    return dict(zip(RUNS, in_turn(folder, steps), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_right_twin_is_certain_and_a_wrong_one_is_refused(folder, done, name):
    (reference, right), _, said, wrong = CASES[name]
    found = done[name, reference, right]
    assert found.code == 0, found.stdout + found.stderr
    assert "every pairing is certain" in found.stdout
    assert said in (folder / f"{reference}{right}.py").read_text()
    for candidate in wrong:
        found = done[name, reference, candidate]
        assert found.code == 1, found.stdout + found.stderr
        assert "every pairing is certain" not in found.stdout
        assert "different" in found.stdout
