"""A PReLU is recognised by its operations, in either order, and nothing else is one."""

import pytest

from parity.declaring.operation_watch import SeenOperation
from parity.diagnosing.lining_up.composites import PRelu, find_prelu

X, SLOPE, OTHER = 100, 101, 102


def last_of(*operations):
    """Return the last of some operations, numbered from 0, and what makes each tensor."""
    seen = [
        SeenOperation(kind, tuple(given), (number,), {}, "", "")
        for number, (kind, *given) in enumerate(operations)
    ]
    return seen[-1], {n: (one, 0) for n, one in enumerate(seen)}


def as_keras_has_it(positive=X, below=X, sum_of=(0, 4), product_of=(1, 3), last="AddV2"):
    return last_of(
        ("Relu", positive),
        ("Neg", SLOPE),
        ("Neg", below),
        ("Relu", 2),
        ("Mul", *product_of),
        (last, *sum_of),
    )


@pytest.mark.parametrize("sum_of", [(0, 4), (4, 0)])
@pytest.mark.parametrize("product_of", [(1, 3), (3, 1)])
def test_a_prelu_is_found_in_either_order(sum_of, product_of):
    assert find_prelu(*as_keras_has_it(sum_of=sum_of, product_of=product_of)) == PRelu(X, SLOPE)


@pytest.mark.parametrize(
    "other",
    [{"below": OTHER}, {"last": "Sub"}, {"sum_of": (0, OTHER)}, {"product_of": (OTHER, 3)}],
)
def test_what_differs_in_one_operation_is_none(other):
    assert find_prelu(*as_keras_has_it(**other)) is None
