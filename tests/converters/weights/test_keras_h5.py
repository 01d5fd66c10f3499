import h5py
import numpy as np
import pytest

from converters.errors import WeightsError
from converters.weights.hdf5 import names_attribute
from converters.weights.keras_h5 import read_keras_h5, write_keras_h5
from converters.weights.matching import match
from converters.weights.sources import Source
from converters.weights.weight_map import entries

CASES = [
    "model_add_cov_spe",
    "model_nn_cov_spe",
    "model_dot_cov_spe",
    "model_add_cov_none",
    "model_add_fre_spe",
    "ensemble_21",
    "ensemble_22",
]
SQUARE = {"d_fc": 32, "d_model": 32, "num_heads": 4}


def arrays(source, config):
    return {item.entry.name: item.tensor.array for item in match(source, entries(config), {})}


@pytest.mark.parametrize("case", CASES)
def test_golden_files_hold_what_the_recipe_draws(case, golden_weights, assert_same):
    path, config, expected = golden_weights[case]
    assert_same(arrays(read_keras_h5(path), config), expected)


def test_every_golden_file_is_tested(golden):
    assert sorted(path.stem for path in golden.glob("*.h5")) == sorted(CASES)


def test_shifted_names_are_real(golden):
    names = [tensor.name for tensor in read_keras_h5(golden / "ensemble_22.h5").tensors]
    assert names[:4] == [
        "dense_9/kernel:0",
        "dense_9/bias:0",
        "dense_10/kernel:0",
        "dense_10/bias:0",
    ]


def test_a_reader_that_sorts_by_name_is_caught_by_values(tmp_path, drawn, assert_same):
    """Where dense_10 is sorted before dense_8, every shape fits and the values are others."""
    canonical = drawn(SQUARE, 1)
    path = tmp_path / "shifted.h5"
    write_keras_h5(path, canonical, SQUARE)
    shift(path, "multi_head_attention", 4)
    source = read_keras_h5(path)
    mha = [tensor.name for tensor in source.tensors if "/dense" in tensor.name]
    assert mha[0].endswith("dense_8/kernel:0")
    assert mha[-2].endswith("dense_12/kernel:0")
    assert_same(arrays(source, SQUARE), canonical)

    kept = [tensor for tensor in source.tensors if tensor.name not in mha]
    at = next(i for i, tensor in enumerate(source.tensors) if tensor.name in mha)
    pairs = [tensor for tensor in source.tensors if tensor.name in mha]
    naive = sorted(pairs, key=lambda tensor: tensor.name.partition("/dense")[2].partition("/")[0])
    planted = Source(path, "planted", (*kept[:at], *naive, *kept[at:]), True, False)
    found = arrays(planted, SQUARE)
    with pytest.raises(AssertionError, match="mha/wq/kernel"):
        assert_same(found, canonical)


def shift(path, group, by):
    """Let the dense layers of a group count from a later number, as in a long process."""
    with h5py.File(path, "r+") as file:
        names = names_attribute(file[group], "weight_names")
        renamed = []
        for name in names:
            parts = name.split("/")
            if parts[1].startswith("dense_"):
                parts[1] = f"dense_{int(parts[1][6:]) + by}"
            renamed.append("/".join(parts))
        for old, new in reversed(list(zip(names, renamed, strict=True))):
            if old != new:
                file[group].move(old, new)
        file[group].attrs["weight_names"] = [name.encode() for name in renamed]


def test_the_written_file_has_the_originals_structure(golden, golden_weights, tmp_path):
    path, config, canonical = golden_weights["ensemble_21"]
    write_keras_h5(tmp_path / "w.h5", canonical, config)

    def structure(file):
        layers = file.attrs["layer_names"]
        return [
            (file[layer].attrs["weight_names"].shape, [file[layer][n].shape for n in names])
            for layer in layers
            for names in [file[layer].attrs["weight_names"]]
        ]

    with h5py.File(path) as original, h5py.File(tmp_path / "w.h5") as written:
        assert sorted(original.attrs) == sorted(written.attrs)
        assert written.attrs["backend"] in ("tensorflow", b"tensorflow")
        assert structure(original) == structure(written)
    names = [tensor.name for tensor in read_keras_h5(tmp_path / "w.h5").tensors]
    assert names == [tensor.name for tensor in read_keras_h5(path).tensors] or (
        len(set(names)) == len(names)
    )


@pytest.mark.slow
def test_tf_keras_loads_the_written_file(frameworks, drawn, tmp_path, load_in_keras, assert_same):
    canonical = drawn({"d_fc": 24, "d_model": 16, "num_heads": 2}, 9)
    write_keras_h5(tmp_path / "w.h5", canonical, {"d_fc": 24, "d_model": 16, "num_heads": 2})
    load_in_keras(tmp_path / "w.h5", tmp_path / "held.npz")
    held = dict(np.load(tmp_path / "held.npz"))
    assert_same({name: held[name] for name in canonical}, canonical)
    assert held.keys() == canonical.keys()


def test_a_whole_model_and_split_attributes_are_read(golden_weights, tmp_path, assert_same):
    path, config, expected = golden_weights["ensemble_21"]
    with h5py.File(path) as original, h5py.File(tmp_path / "model.h5", "w") as whole:
        inner = whole.create_group("model_weights")
        layers = original.attrs["layer_names"]
        inner.attrs["layer_names0"], inner.attrs["layer_names1"] = layers[:3], layers[3:]
        for layer in layers:
            original.copy(layer, inner)
        names = inner["multi_head_attention"].attrs["weight_names"]
        del inner["multi_head_attention"].attrs["weight_names"]
        for number, part in enumerate(np.array_split(names, 3)):
            inner["multi_head_attention"].attrs[f"weight_names{number}"] = part
        whole.create_group("optimizer_weights")
    source = read_keras_h5(tmp_path / "model.h5")
    assert source.format == "Keras 2 HDF5 model"
    assert [item.name for item in source.set_aside] == ["optimizer_weights"]
    assert_same(arrays(source, config), expected)


def test_damaged_files_give_weights_or_an_error(golden, tmp_path):
    whole = (golden / "ensemble_22.h5").read_bytes()
    generator = np.random.default_rng(0)
    path = tmp_path / "damaged.h5"
    refused = 0
    for round_ in range(150):
        content = bytearray(whole)
        if round_ % 5 == 0:
            del content[generator.integers(len(whole)) :]
        else:
            # Most of the file is values; what describes them lies at these places more densely.
            start = generator.choice([0, 2048, len(whole) // 2, len(whole) - 8192])
            content[start + generator.integers(2048)] ^= 1 << generator.integers(8)
        path.write_bytes(content)
        try:
            read_keras_h5(path)
        except WeightsError:
            refused += 1
    assert refused >= 30
