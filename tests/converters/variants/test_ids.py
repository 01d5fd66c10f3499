import pytest

from converters.variants.ids import (
    Ids,
    Unknown,
    Versions,
    advice,
    is_foreign,
    kind_of,
    refuse_all,
    refuse_names,
)


@pytest.mark.parametrize(
    ("identifier", "kind"),
    [
        ("ENST00000371953.9", "Ensembl transcript"), ("ENSMUST00000013807", "Ensembl transcript"),
        ("ENSP00000361021", "Ensembl protein"), ("ENSG00000171862", "Ensembl gene"),
        ("NM_000314.8", "RefSeq transcript"), ("NP_000305.3", "RefSeq protein"),
        ("P60484", "UniProt"), ("A0A024R161", "UniProt"), ("P60484-2", "UniProt"),
        ("PTEN_HUMAN", "UniProt"), ("HGNC:9588", "HGNC"), ("PTEN", "gene or other name"),
    ],
)  # fmt: skip
def test_what_an_id_looks_like(identifier, kind):
    assert kind_of(identifier) == kind


def _versions(*pairs):
    found = Versions()
    for one, transcript in pairs:
        found.add(one, transcript)
    return found


def test_versions_fit_both_ways():
    known = _versions(("NM_1.2", "T1"), ("NM_2", "T2"), ("NM_3.1", "T3"), ("NM_3.2", "T4"))
    assert known.find("NM_1.2") == known.find("NM_1") == ["T1"]
    assert known.find("NM_2.7") == ["T2"]
    assert known.find("NM_1.3") is None
    assert known.find("NM_3.2") == ["T4"]
    ambiguous = known.find("NM_3")
    assert isinstance(ambiguous, Unknown)
    assert "NM_3.1 and NM_3.2" in ambiguous.detail


def test_the_rules_in_their_order(tmp_path):
    (tmp_path / "MINE.npy").touch()
    ids = Ids(_versions(("P60484", "T1")), _versions(("PTEN", "T2")), True, tmp_path)
    assert ids.find("P60484", own=False) == ["T1"]
    assert ids.find("pten", own=False) == ["T2"]
    assert ids.find("MINE", own=False) == ["MINE"]
    assert ids.find("ENST7.1", own=False) == ["ENST7.1"]
    assert ids.find("OTHER", own=True) == ["OTHER"]
    for name, said in (("P04637", "is not in the map"), ("TP53", "is not in the map")):
        found = ids.find(name, own=False)
        assert isinstance(found, Unknown)
        assert found.detail.endswith(said)
    bare = Ids(Versions(), None, False, None)
    assert bare.find("P60484", own=True) == ["P60484"]
    assert isinstance(bare.find("P60484", own=False), Unknown)


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "=1", "+1", "-1", "@x", "a b", "a\n", "a*"])
def test_names_that_are_no_ids(name):
    found = Ids(Versions(), None, False, None).find(name, own=True)
    assert isinstance(found, Unknown)
    assert found.kind == "malformed cell"


def test_the_error_names_a_few_ids_and_what_to_give():
    ids = Ids(Versions(), None, False, None)
    found = {name: ids.find(name, own=False) for name in ("P60484", "PTEN", "TP53", "BRCA1")}
    unknown = {name: one for name, one in found.items() if isinstance(one, Unknown)}
    said = str(refuse_all("t.tsv", unknown))
    assert said.startswith(
        "t.tsv: names its proteins by UniProt and gene or other name: 'P60484', "
    )
    assert "and 1 more" in said
    assert said.endswith(advice(["gene or other name"]))
    assert "--genes" not in advice(["UniProt"])


def test_only_a_map_helps_with_foreign_ids():
    foreign = ("P60484", "NM_000314", "NP_000305.3", "ENSP00000361021", "LRG_311")
    assert all(map(is_foreign, foreign))
    assert not any(map(is_foreign, ("ENST00000371953", "ENSG00000171862", "PTEN", "HGNC:9588")))


def test_names_that_a_file_does_not_have_are_refused_in_one_line():
    said = str(refuse_names("q.txt", ["P60484", "A", "B", "C"], "t.tsv"))
    assert said.startswith("q.txt: names its proteins by UniProt and gene or other name: 'P60484'")
    assert "'B' and 1 more; t.tsv has none of them; give --map FILE" in said
