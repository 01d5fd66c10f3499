import numpy as np

from converters.variants.gathering import Gathered
from converters.variants.kinds.layout import Parsed


def _parsed(positions, names=None):
    number = len(positions)
    letters = np.full(number, ord("A"), np.uint8)
    position = np.array(positions, np.int32)
    return Parsed(np.arange(number), [], position, letters, letters, names=names)


def _add(gathered, parsed, chosen):
    number = len(chosen)
    zeros = np.zeros(number, np.int32)
    lines = np.arange(10, 20)
    gathered.add(parsed, np.array(chosen), zeros, zeros.astype(np.int8), 3, lines)


def test_blocks_one_after_the_other():
    gathered = Gathered()
    _add(gathered, _parsed([5, 6]), [0, 1, 1])
    _add(gathered, _parsed([7, 8], ["a", "b"]), [1])
    rows = gathered.rows(["T"])
    assert rows.position.tolist() == [5, 6, 6, 8]
    assert rows.line.tolist() == [10, 11, 11, 11]
    assert rows.table.tolist() == [3] * 4
    assert [rows.name(number) for number in range(4)] == ["T_5_A_A", "T_6_A_A", "T_6_A_A", "b"]


def test_nothing():
    assert len(Gathered().rows([])) == 0
