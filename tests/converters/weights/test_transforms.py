import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.weights.transforms import GRU_BIAS, GRU_KERNEL, IDENTITY, TRANSFORMS, TRANSPOSE

SHAPES = {
    "identity": lambda f, m: (1, f, 1, m),
    "transpose": lambda f, m: (f, m),
    "gru_kernel": lambda f, m: (f, 3 * m),
    "gru_bias": lambda f, m: (2, 3 * m),
}


@given(
    name=st.sampled_from(sorted(TRANSFORMS)),
    f=st.integers(1, 6),
    m=st.integers(1, 6),
    seed=st.integers(0, 9),
    order=st.sampled_from("CF"),
)
def test_each_is_undone_by_its_inverse_to_the_bit(name, f, m, seed, order):
    transform, shape = TRANSFORMS[name], SHAPES[name](f, m)
    # Random bit patterns: NaN payloads and signed zeros must survive as well.
    bits = np.random.default_rng(seed).integers(0, 1 << 32, shape, dtype=np.uint32)
    array = np.array(bits.view(np.float32), order=order)
    made = transform.forward(array)
    assert tuple(item.shape for item in made) == transform.shapes(shape)
    back = transform.inverse(made)
    assert back.tobytes() == np.ascontiguousarray(array).tobytes()
    for item in (*made, back):
        assert item.flags.c_contiguous
        assert not np.shares_memory(item, array)
    joined = np.concatenate([item.ravel() for item in made])
    assert sorted(joined.view(np.uint32)) == sorted(bits.ravel())


def test_gru_gates_change_from_zrh_to_rzn():
    kernel = np.array([[10, 11, 20, 21, 30, 31], [12, 13, 22, 23, 32, 33]], np.float32)
    (made,) = GRU_KERNEL.forward(kernel)
    expected = [[20, 22], [21, 23], [10, 12], [11, 13], [30, 32], [31, 33]]
    np.testing.assert_array_equal(made, expected)


def test_gru_bias_becomes_two_biases():
    inputs, recurrent = GRU_BIAS.forward(np.array([[1, 2, 3], [4, 5, 6]], np.float32))
    np.testing.assert_array_equal(inputs, [2, 1, 3])
    np.testing.assert_array_equal(recurrent, [5, 4, 6])


def sigmoid(value):
    return 1 / (1 + np.exp(-value))


def test_a_gru_cell_computes_the_same_in_both_layouts():
    f, m = 3, 4
    generator = np.random.default_rng(3)
    kernel, recurrent = generator.standard_normal((f, 3 * m)), generator.standard_normal((m, 3 * m))
    bias = generator.standard_normal((2, 3 * m))
    x, state = generator.standard_normal((2, f)), generator.standard_normal((2, m))

    x_z, x_r, x_h = np.split(x @ kernel + bias[0], 3, axis=-1)
    s_z, s_r, s_h = np.split(state @ recurrent + bias[1], 3, axis=-1)
    z, r = sigmoid(x_z + s_z), sigmoid(x_r + s_r)
    keras = z * state + (1 - z) * np.tanh(x_h + r * s_h)

    (weight_ih,), (weight_hh,) = GRU_KERNEL.forward(kernel), GRU_KERNEL.forward(recurrent)
    bias_ih, bias_hh = GRU_BIAS.forward(bias)
    i_r, i_z, i_n = np.split(x @ weight_ih.T + bias_ih, 3, axis=-1)
    h_r, h_z, h_n = np.split(state @ weight_hh.T + bias_hh, 3, axis=-1)
    r, z = sigmoid(i_r + h_r), sigmoid(i_z + h_z)
    torch = (1 - z) * np.tanh(i_n + r * h_n) + z * state
    np.testing.assert_allclose(torch, keras, rtol=1e-13)


@pytest.mark.parametrize("transform", [IDENTITY, TRANSPOSE, GRU_KERNEL])
def test_what_safetensors_stores_is_what_was_made(transform, tmp_path):
    from safetensors.numpy import load_file, save_file

    (made,) = transform.forward(np.arange(24, dtype=np.float32).reshape(4, 6))
    save_file({"w": made}, tmp_path / "w.safetensors")
    np.testing.assert_array_equal(load_file(tmp_path / "w.safetensors")["w"], made)


def test_a_transposed_view_would_be_scrambled(tmp_path):
    """TRAPS 38 is real: why results are made contiguous."""
    from safetensors.numpy import load_file, save_file

    array = np.arange(24, dtype=np.float32).reshape(4, 6)
    save_file({"w": array.T}, tmp_path / "w.safetensors")
    assert not np.array_equal(load_file(tmp_path / "w.safetensors")["w"], array.T)
