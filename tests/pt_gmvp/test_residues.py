import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.residues import ResidueCodeError, check_residues, one_hot


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.sampled_from([20, 21]))
def test_one_hot_truncates_and_leaves_out_what_is_out_of_range(
    codes: list[float], depth: int
) -> None:
    rows = one_hot(torch.tensor(codes, dtype=torch.float64), depth, torch.float32)
    assert rows.dtype == torch.float32
    for code, row in zip(codes, rows.tolist(), strict=True):
        assert row == [float(state == int(code)) for state in range(depth)]


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64, torch.float32, torch.float64])
def test_one_hot_takes_whole_and_floating_numbers(dtype: torch.dtype) -> None:
    rows = one_hot(torch.tensor([[0, 19], [20, -1]], dtype=dtype), 20, torch.float64)
    assert rows.shape == (2, 2, 20)
    assert rows.nonzero().tolist() == [[0, 0, 0], [0, 1, 19]]


@pytest.mark.parametrize("code", [float("nan"), float("inf"), -1.0, -1.7, -300.0])
def test_nan_infinite_and_negative_codes_are_refused(code: float) -> None:
    codes = torch.zeros(2, 3, 4)
    codes[1, 2, 3] = code
    with pytest.raises(ResidueCodeError) as refused:
        check_residues("feature", codes, first_column=21)
    assert str(refused.value) == (
        f"feature[1, 2, 24]: residue code {code:g} at batch row 1, window position 2, column 24; "
        "expected 0 to 20 (0 to 19 amino acids, 20 gap or unknown); validate=False skips this "
        "check"
    )


def test_the_first_of_a_plain_vector_is_named() -> None:
    with pytest.raises(ResidueCodeError, match=r"ref_aa\[2\]: residue code -4 at batch row 2; "):
        check_residues("ref_aa", torch.tensor([3, 21, -4, -5]))


@pytest.mark.parametrize("code", [-0.99, 0.0, 20.5, 21.0, 1e30])
def test_other_codes_pass(code: float) -> None:
    check_residues("x", torch.full((1, 1, 1), code))
