import numpy as np

from converters.variants.kinds import layout


def test_what_can_be_scored():
    position = np.array([1, 0, 5, 5, 5, 5], np.int32)
    ref, alt = np.frombuffer(b"AAUX-:", np.uint8), np.frombuffer(b"CCCUCC", np.uint8)
    assert layout.usable(position, ref, alt).tolist() == [True, False, True, False, False, False]


def test_why_not():
    assert layout.why_unusable("x", "A", "C", 67)[1].startswith("the position is 'x'")
    assert layout.why_unusable("1", "Foo", "C", 67)[1].startswith("the reference residue is 'Foo'")
    assert layout.why_unusable("1", "A", "Foo", 0)[1].startswith("the substitute is 'Foo'")
    assert layout.why_unusable("1", "A", "*", 42)[0] == "gains or loses a stop"


def test_left_out_by_consequence():
    found = layout.not_missense(["x", "y", "x", "z"], np.array([0, 2, 3]))
    assert [found.reasons[at][1] for at in found.which] == [
        "the consequence is 'x'", "the consequence is 'x'", "the consequence is 'z'",
    ]  # fmt: skip
    assert layout.not_missense(["x"], np.array([], np.int64)) is None


def test_the_order_of_faults_and_the_length_of_texts():
    faults = [layout.Fault(row, "", "", "", True) for row in (3, 1, 2)]
    assert [fault.row for fault in layout.in_order(faults)] == [1, 2, 3]
    assert len(layout.shown("x" * 90, "y" * 90)) == 100
