"""Operations in float64 where the code asks for float32, and weights held in float32."""

import pytest
import torch

from parity.runners.torch.without_casts import in_float64, narrow_again, narrow_weights, widen

DOUBLE, SINGLE = torch.ones(2, dtype=torch.float64), torch.ones(2)
CODES = torch.ones(2, dtype=torch.int64)


def dtypes(values):
    return [value.dtype for value in values]


@pytest.mark.parametrize(
    ("tensor", "asked", "given"),
    [
        (DOUBLE, torch.float32, torch.float64),
        (SINGLE, torch.float32, torch.float64),
        (DOUBLE, torch.float16, torch.float16),
        # Codes are whole numbers: float32 holds them.
        (CODES, torch.float32, torch.float32),
    ],
)
def test_a_cast_to_float32_is_none(tensor, asked, given):
    _, kwargs = in_float64((tensor,), {"dtype": asked}, (), lambda tensor: True)
    assert kwargs == {"dtype": given}


def test_data_is_taken_in_float64_and_constants_as_they_are():
    args, _ = in_float64((SINGLE, [SINGLE]), {}, (), lambda tensor: tensor is SINGLE)
    assert args[0].dtype == args[1][0].dtype == torch.float64
    args, _ = in_float64((SINGLE, DOUBLE), {}, (), lambda tensor: False)
    assert dtypes(args) == [torch.float32, torch.float64]


def test_what_is_written_in_place_stays_as_it_is():
    args, kwargs = in_float64((SINGLE,), {"dtype": torch.float32}, (SINGLE,), lambda tensor: True)
    assert dtypes(args) == [torch.float32]
    assert kwargs == {"dtype": torch.float32}


def test_weights_are_widened_and_narrowed_again():
    weights = [torch.nn.Parameter(torch.tensor([0.1])), torch.nn.Parameter(DOUBLE.clone()), 3]
    narrow = narrow_weights(weights)
    assert narrow == weights[:1]
    widen(narrow)
    assert dtypes(weights[:2]) == [torch.float64] * 2
    narrow_again(narrow)
    assert dtypes(weights[:1]) == [torch.float32]
    assert weights[0] == torch.tensor(0.1)
