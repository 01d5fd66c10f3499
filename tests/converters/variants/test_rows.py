import numpy as np

from converters.variants.rows import Rows, Variant


def _rows(names=None):
    return Rows(
        ["T1", "T2.3"],
        np.array([0, 1, 1], np.int32),
        np.array([3, 4, 5], np.int32),
        np.frombuffer(b"AC*", np.uint8),
        np.frombuffer(b"CDE", np.uint8),
        np.array([1, -1, 0], np.int8),
        np.zeros(3, np.int16),
        np.array([2, 3, 7]),
        names,
    )


def test_a_variant_is_named_by_the_table_or_by_its_change():
    assert [_rows().name(number) for number in range(3)] == ["T1_3_A_C", "T2.3_4_C_D", "T2.3_5_*_E"]
    assert [_rows(["a", "", "c"]).name(number) for number in range(3)] == ["a", "T2.3_4_C_D", "c"]


def test_one_variant_and_some():
    rows = _rows(["a", "", "c"])
    assert rows.variant(1) == Variant("T2.3_4_C_D", "T2.3", 4, "C", "D", None, 3)
    some = rows.take([2, 0])
    assert len(some) == 2
    assert [some.variant(number) for number in range(2)] == [rows.variant(2), rows.variant(0)]
