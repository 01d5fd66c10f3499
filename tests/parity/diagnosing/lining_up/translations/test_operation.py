"""Results element by element keep an order of axes that the operands share."""

import numpy as np
import pytest

from parity.diagnosing.lining_up.operands import Operand, UntranslatedError, fresh
from parity.diagnosing.lining_up.translations import TRANSLATIONS
from parity.diagnosing.lining_up.translations.arrangement import ARRANGEMENT
from parity.diagnosing.lining_up.translations.elementwise import ELEMENTWISE
from parity.diagnosing.lining_up.translations.images import IMAGES
from parity.diagnosing.lining_up.translations.operation import (
    Operation,
    as_tensor,
    is_number,
    joined,
    tuple_text,
)
from parity.diagnosing.lining_up.translations.places import PLACES
from parity.diagnosing.lining_up.translations.reductions import REDUCTIONS

IMAGE = Operand("{t0}", (0, 2, 3, 1), (2, 5, 6, 3))
OTHER = Operand("{t1}", (0, 2, 3, 1), (2, 5, 6, 3))
TURNED = Operand("{t2}", (3, 2, 1, 0), (2, 5, 6, 3))
SHAPE = (2, 5, 6, 3)


def constant(value):
    array = np.asarray(value)
    return Operand(f"c{array.tolist()}", tuple(range(array.ndim)), array.shape, array)


def test_a_shared_order_is_kept():
    made = joined("({} + {})", (IMAGE, OTHER), SHAPE)
    assert (made.text, made.axes, made.shape) == ("({t0} + {t1})", (0, 2, 3, 1), SHAPE)


def test_a_number_has_no_order():
    made = joined("({} + {})", (IMAGE, constant([[0.1]])), SHAPE)
    assert (made.text, made.axes) == ("({t0} + 0.1)", (0, 2, 3, 1))


def test_other_orders_are_those_of_the_reference():
    made = joined("({} + {})", (IMAGE, TURNED), SHAPE)
    assert made.text == "({t0}.permute(0, 2, 3, 1) + {t2}.permute(3, 2, 1, 0))"
    assert made.axes == (0, 1, 2, 3)


def test_a_number_of_more_axes_gives_them_to_the_result():
    made = joined("({} + {})", (fresh("{t0}", (3,)), constant([[[2]]])), (1, 1, 3))
    assert made.text == "({t0} + 2)[None, None]"


def test_numbers_are_constants_of_one_element():
    assert is_number(constant(1.0))
    assert is_number(constant([1]))
    assert not is_number(constant([1, 2]))
    assert not is_number(fresh("{t0}", ()))


def test_a_number_as_a_tensor():
    assert as_tensor(constant(0.1)).text == "torch.tensor(0.1, dtype={float})"
    assert as_tensor(constant(3)).text == "torch.tensor(3)"
    assert as_tensor(IMAGE) is IMAGE


@pytest.mark.parametrize(("values", "text"), [((), "()"), ((1,), "(1,)"), ([1, 2], "(1, 2)")])
def test_tuples(values, text):
    assert tuple_text(values) == text
    assert eval(text) == tuple(values)


def test_integers_are_those_of_constants():
    operation = Operation([IMAGE, constant([1, 2]), constant(0.5)], {}, SHAPE)
    assert operation.first is IMAGE
    assert operation.integers(1) == (1, 2)
    for place in (0, 2):
        with pytest.raises(UntranslatedError):
            operation.integers(place)


def test_no_kind_is_in_two_tables():
    tables = (ARRANGEMENT, ELEMENTWISE, IMAGES, PLACES, REDUCTIONS)
    assert len(TRANSLATIONS) == sum(len(table) for table in tables)
