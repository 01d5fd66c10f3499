"""Layers of other kinds that compute the same: right twins are certain, wrong ones refused."""

import shutil
from pathlib import Path

import pytest

from parity.init.projections import projection_layouts
from parity.runners.whole_models import LayerWeight, WeightedLayer

MODELS = Path(__file__).parent / "models"
STEPS, IMAGE = ["--input", "2x6x5"], ["--input", "2x4x4x3"]
# The input, what the file of the right candidate must say, and the wrong candidates.
CASES = {
    "Pointwise": (STEPS, '*layouts.dense("one", "one", 5, 5, size=(1,))', "PointwiseNotTransposed"),
    "Gate": (
        ["--input", "2x4x3x8"],
        '*layouts.dense("squeeze", "squeeze", 8, 3, size=(1, 1))',
        "GateReshaped",
    ),
    "Steps": (STEPS, '*layouts.conv("one", "one", (1, 5, 5), size=())', "StepsNotTransposed"),
    "Separable": (["--input", "2x4x3x4"], "linear=True", "SeparableNotTransposed"),
    "Covering": (IMAGE, '("last", "last", (4, 4, 4, 5), size=())', "CoveringTurned"),
    "Flat": (IMAGE, '("last", "last", 64, 5, channels=4, size=(4, 4))', "FlatTurned"),
    "Patches": (IMAGE, "(2, 2, 3, 6), size=(), channels_last=True)", "PatchesTurned"),
    "Decoder": (
        ["--input", "2x6"],
        '*layouts.dense("grow", "grow", 6, 48, image=3)',
        "DecoderTurned",
    ),
    "Generator": (
        ["--input", "2x6"],
        'image_vector("norm/moving_variance", 48, "norm.running_var", 3, positive=True)',
        "GeneratorActivatedFirst",
    ),
    "NormalizedFlat": (
        IMAGE,
        'layouts.image_vector("norm/gamma", 64, "norm.weight", 4)',
        "NormalizedFlatTurned",
    ),
    "Own": (["--input", "2x6x4"], '"w.weight", (4, 4, 1), (1, 0)', None),
}
RUNS = [
    (name, attribute, options)
    for name, (options, _, wrong) in CASES.items()
    for attribute in (name, wrong)
    if attribute
]


def layer(kind, path, separator, settings=None, **shapes):
    own = (LayerWeight(f"{path}{separator}{name}", shape) for name, shape in shapes.items())
    return WeightedLayer(path, kind, tuple(own), settings or {})


def calls(reference, candidate):
    found = projection_layouts(reference, candidate)
    assert all(layout.known for layout in found)
    return [(one.function, dict(one.keywords)) for layout in found for one in layout.calls]


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_dense_and_a_convolution_over_one_element(rank):
    dense = layer("Dense", "d", "/", kernel=(4, 4), bias=(4,))
    conv = layer(f"Conv{rank}d", "c", ".", weight=(4, 4, *(1,) * rank), bias=(4,))
    assert calls(dense, conv) == [("dense", {"size": (1,) * rank})]
    keras = layer(f"Conv{rank}D", "c", "/", kernel=(*(1,) * rank, 4, 4))
    linear = layer("Linear", "d", ".", weight=(4, 4), bias=(4,))
    assert calls(keras, linear) == [("conv", {"bias": False, "size": ()})]


def test_what_was_flattened_may_have_had_its_channels_first_or_last():
    dense = layer("Dense", "d", "/", kernel=(24, 5))
    conv = layer("Conv2d", "c", ".", weight=(5, 4, 2, 3))
    both = [keywords for _, keywords in calls(dense, conv)]
    assert both == [
        {"bias": False, "channels": 4, "size": (2, 3)},
        {"bias": False, "size": (2, 3)},
    ]
    keras = layer("Conv2D", "c", "/", kernel=(2, 3, 4, 5))
    linear = layer("Linear", "d", ".", weight=(5, 24))
    assert [keywords.get("channels_last") for _, keywords in calls(keras, linear)] == [None, True]


def test_convolutions_over_other_axes():
    keras = layer("Conv1D", "c", "/", kernel=(3, 4, 5))
    assert calls(keras, layer("Conv2d", "c", ".", weight=(5, 4, 1, 3))) == [
        ("conv", {"bias": False, "size": (1, 3)})
    ]
    turned = layer("Conv1DTranspose", "c", "/", kernel=(3, 5, 4))
    theirs = layer("ConvTranspose2d", "c", ".", weight=(4, 5, 3, 1))
    assert calls(turned, theirs) == [("conv", {"bias": False, "turned": True, "size": (3, 1)})]


@pytest.mark.parametrize(
    "candidate",
    [
        layer("Conv1d", "c", ".", {"groups": 2}, weight=(6, 4, 1)),
        layer("Conv1d", "c", ".", weight=(4, 6, 1)),
        layer("Conv2d", "c", ".", weight=(4, 2, 1, 3)),
        layer("ConvTranspose1d", "c", ".", weight=(4, 6, 1)),
        layer("LayerNorm", "c", ".", weight=(6,)),
    ],
)
def test_another_shape_or_kind_has_no_layout(candidate):
    assert projection_layouts(layer("Dense", "d", "/", kernel=(4, 6)), candidate) == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("projections")
    for path in MODELS.glob("projections*.py"):
        shutil.copy(path, found)
    return found


@pytest.fixture(scope="module")
def done(folder, in_turn):
    steps = [
        (
            {},
            [
                *("init", f"projections.py:{name}", f"projections_torch.py:{attribute}"),
                *(*options, "-o", f"{attribute}.py"),
            ],
        )
        for name, attribute, options in RUNS
    ]
    return dict(zip((attribute for _, attribute, _ in RUNS), in_turn(folder, steps), strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_right_twin_is_certain_and_a_wrong_one_is_refused(folder, done, name):
    _, said, wrong = CASES[name]
    assert done[name].code == 0, done[name].stdout + done[name].stderr
    assert "every pairing is certain" in done[name].stdout
    assert said in (folder / f"{name}.py").read_text()
    if wrong:
        assert done[wrong].code == 1, done[wrong].stdout + done[wrong].stderr
        assert "every pairing is certain" not in done[wrong].stdout
        assert "different" in done[wrong].stdout
