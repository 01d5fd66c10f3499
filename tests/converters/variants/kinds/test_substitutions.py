from converters.variants.kinds.substitutions import Places, SubstitutionColumns


def test_columns_with_names_and_consequences():
    layout = SubstitutionColumns("gMVP", Places((4,), 3, 2, 1, name=0, consequence=5))
    assert layout.needed == [4, 3, 2, 1, 0, 5]
    missense = "missense_variant"
    parsed = layout.parse([
        ["T1", "T1", "T2", "T3"], ["3", "4", "x", "6"], ["A", "A", "A", "Ala"],
        ["C", "C", "C", "cys"], ["v1", "v2", "v3", "v4"],
        [missense, "stop_gained", missense, missense],
    ])  # fmt: skip
    assert parsed.row.tolist() == [0, 3]
    assert parsed.position.tolist() == [3, 6]
    assert bytes(parsed.ref) + bytes(parsed.alt) == b"AACC"
    assert (parsed.ids, parsed.names) == ([["T1", "T3"]], ["v1", "v4"])
    assert parsed.left_out.row.tolist() == [1]
    assert [(fault.row, fault.variant) for fault in parsed.faults] == [(2, "T2 x A C")]
