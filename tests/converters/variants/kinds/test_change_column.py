import pytest

from converters.variants.kinds.change_column import ChangeColumn, is_missense


@pytest.mark.parametrize(
    "text",
    ["missense_variant", "Missense_Mutation", "missense", "missense_variant&splice_region_variant",
     "nonsynonymous SNV", "splice_region_variant,missense_variant"],
)  # fmt: skip
def test_missense_in_the_words_of_every_annotator(text):
    assert is_missense(text)


@pytest.mark.parametrize("text", ["", "stop_gained", "synonymous SNV", "not_missense_variant"])
def test_other_consequences(text):
    assert not is_missense(text)


def test_names_before_changes_and_without():
    parsed = ChangeColumn("list", [], 0).parse([["ENST1:R1Q", "R2Q", "ENST2_3_R_Q", "A1C:R2Q"]])
    assert parsed.ids == [["ENST1", "", "ENST2"]]
    assert parsed.position.tolist() == [1, 2, 3]
    assert [(fault.row, fault.kind) for fault in parsed.faults] == [(3, "several mutations")]


def test_a_column_of_ids_beside_it():
    parsed = ChangeColumn("changes", [1], 0).parse([["NM_1", "NM_2"], ["p.Arg1Gln", "p.Arg1Ter"]])
    assert parsed.ids == [["NM_1"]]
    (fault,) = parsed.faults
    assert (fault.variant, fault.failed) == ("NM_2 p.Arg1Ter", True)
