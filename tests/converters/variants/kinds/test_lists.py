from converters.variants.kinds.lists import HgvsLists, ListColumns

HEADER = ["aaref", "aaalt", "aapos", "Ensembl_transcriptid"]


def test_lists_that_belong_together():
    parsed = ListColumns(HEADER, 3).parse(
        [["T1;T2;.", "T3"], ["5;6;7", "."], ["A", "A"], ["C", "C"]]
    )
    assert parsed.row.tolist() == [0, 0]
    assert (parsed.ids, parsed.position.tolist()) == ([["T1", "T2"]], [5, 6])
    assert [(fault.row, fault.kind, fault.failed) for fault in parsed.faults] == [
        (0, "no transcript", True), (1, "no change of a protein", False),
    ]  # fmt: skip


def test_lists_of_changes():
    cells = [["T1;T2", "T1", "T1;T2"], ["p.Arg5Gln;ENSP1:p.Arg6Gln", ".", "p.Arg5Gln"]]
    parsed = HgvsLists(0, 1).parse(cells)
    assert (parsed.ids, parsed.position.tolist()) == ([["T1", "T2"]], [5, 6])
    assert [(fault.row, fault.kind, fault.failed) for fault in parsed.faults] == [
        (1, "no change of a protein", False), (2, "malformed cell", True),
    ]  # fmt: skip
