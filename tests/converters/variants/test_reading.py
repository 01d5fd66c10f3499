from converters.variants.reading import Options, read_tables


def test_tables_in_their_order(tmp_path):
    (tmp_path / "a.tsv").write_text(
        "transcript_id\taa_pos\tref_aa\talt_aa\ttarget\nT2\t3\tA\tC\t1\nT1\t4\tA\tC\t0\n"
    )
    (tmp_path / "b.txt").write_text("T2 5 D E\n")
    read = read_tables([tmp_path / "a.tsv", tmp_path / "b.txt"], Options(labels=True))
    assert [read.rows.name(number) for number in range(3)] == ["T2_3_A_C", "T1_4_A_C", "T2_5_D_E"]
    assert read.rows.label.tolist() == [1, 0, -1]
    assert read.rows.table.tolist() == [0, 0, 1]
    assert read.rows.line.tolist() == [2, 3, 1]
    assert [kind for _, kind in read.kinds] == ["gMVP", "plain"]
    assert read.lines == 3
