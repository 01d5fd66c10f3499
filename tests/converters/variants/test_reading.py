"""Tables of every kind and dressing, and what is listed of them."""

import codecs
import gzip

import pytest

from converters.errors import InputError
from converters.variants import cells
from converters.variants.reading import Options, read_tables
from tests.converters.variants.tables import GIVEN, HEADERS, KIND_NAMES, NAMELESS, row, table

CFTR = "ENST00000003084"
VARIANTS = [(CFTR, 508, "F", "V"), (CFTR, 551, "G", "D"), (CFTR, 1303, "N", "K")]
OWN = HEADERS["gmvp"] + "\n"


@pytest.fixture
def read(tmp_path):
    def reading(text, name="t.tsv", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        options = {key: _file(tmp_path, key, value) for key, value in options.items()}
        return read_tables([path], Options(**options))

    return reading


def _file(folder, key, value):
    if key not in ("map", "genes"):
        return value
    (folder / key).write_text(value)
    return folder / key


def _of(kind):
    return {"transcript": GIVEN} if kind in NAMELESS else {}


def _names(found):
    return [found.rows.name(number) for number in range(len(found.rows))]


def _wanted(kind):
    who = {"clinvar": f"{CFTR}.4"}.get(kind, GIVEN if kind in NAMELESS else CFTR)
    names = [f"{who}_{position}_{ref}_{alt}" for _, position, ref, alt in VARIANTS]
    if kind != "dbnsfp":
        return names
    others = [f"ENST00000000002_{p + 1}_{ref}_{alt}" for _, p, ref, alt in VARIANTS]
    return [name for pair in zip(names, others, strict=True) for name in pair]


@pytest.mark.parametrize("kind", HEADERS)
def test_each_kind_is_recognised_and_read(read, kind):
    found = read(table(kind, VARIANTS), **_of(kind))
    assert _names(found) == _wanted(kind)
    assert [name for _, name in found.kinds] == [KIND_NAMES[kind]]
    assert found.lines == 3
    assert not len(found.listed)
    first = HEADERS[kind].count("\n") + 2
    assert sorted(set(found.rows.line.tolist())) == [first, first + 1, first + 2]


DRESSINGS = {
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "CR": lambda text: text.replace("\n", "\r").encode(),
    "BOM": lambda text: codecs.BOM_UTF8 + text.encode(),
    "gz": lambda text: gzip.compress(text.encode()),
    "bgzip": lambda text: b"".join(gzip.compress(line.encode()) for line in text.splitlines(True)),
    "no last line end": lambda text: text.rstrip("\n").encode(),
    "comments and empty lines": lambda text: (
        text.replace("\n7", "\n# note\n\n7").replace("\nENST", "\n# note, ENST\n\nENST").encode()
    ),
}


@pytest.mark.parametrize("dressing", DRESSINGS)
@pytest.mark.parametrize("kind", HEADERS)
def test_each_dressing_of_each_kind(read, kind, dressing):
    found = read(DRESSINGS[dressing](table(kind, VARIANTS)), **_of(kind))
    assert _names(found) == _wanted(kind)


@pytest.mark.parametrize("kind", HEADERS)
def test_strings_are_read_as_bytes_are(read, kind, monkeypatch):
    bad = [(CFTR, 508, "F", "*"), ("=cmd", 7, "F", "V"), (CFTR, 508, "f", "v"), (CFTR, 0, "F", "V")]
    text = table(kind, [*VARIANTS, *bad, ("ENST5", 10**8, "Foo", "U"), (CFTR, 3, "U", "A")])
    found = read(text, **_of(kind))
    monkeypatch.setattr(cells, "regular_columns", lambda *arguments: None)
    other = read(text, **_of(kind))
    assert _names(found) == _names(other)
    assert [one[1:] for one in found.listed] == [one[1:] for one in other.listed]
    assert found.variants == other.variants >= 9


def test_zstd(read):
    zstandard = pytest.importorskip("zstandard")
    found = read(zstandard.compress(table("gmvp", VARIANTS).encode()))
    assert _names(found) == _wanted("gmvp")


def test_vep_without_a_header_or_without_its_hash(read):
    header, first = table("vep", VARIANTS[:1]).splitlines()[1:]
    for text in (first, f"{header[1:]}\n{first}"):
        assert _names(read(text)) == _wanted("vep")[:1]


def test_vep_s_rows_that_are_no_substitution(read):
    start = table("vep", VARIANTS[:1])
    several = row("vep", CFTR, 508, "F", "V").replace("\t508\tF/V", "\t508-509\tFG/VD")
    unknown = row("vep", CFTR, 508, "F", "V").replace("\t508\tF/V", "\t?-509\t-")
    intron = row("vep", CFTR, 508, "F", "V").replace("missense_variant", "intron_variant")
    both = row("vep", CFTR, 9, "F", "V").replace(
        "missense_variant", "missense_variant,splice_region_variant"
    )
    found = read("\n".join([start.rstrip("\n"), several, unknown, intron, both]))
    assert _names(found) == [f"{CFTR}_508_F_V", f"{CFTR}_9_F_V"]
    assert [(one.line, one.kind, one.failed) for one in found.listed.in_order()] == [
        (4, "several mutations", True),
        (5, "malformed cell", True),
        (6, "consequence is not missense_variant", False),
    ]


def test_several_transcripts_and_alleles_in_a_vcf(read):
    line = row("vcf", CFTR, 508, "F", "V")
    more = f"{line},T|intron_variant|ENST2||,A|missense_variant|ENST3|F/*|7"
    found = read(f"{HEADERS['vcf']}\n{more}\n7\t9\t.\tC\tT\t.\tPASS\tAC=1\n")
    assert _names(found) == [f"{CFTR}_508_F_V"]
    assert [(one.line, one.kind, one.failed) for one in found.listed] == [
        (4, "consequence is not missense_variant", False),
        (4, "gains or loses a stop", True),
        (5, "no annotation", False),
    ]
    assert (found.lines, found.variants) == (2, 4)


def test_dbnsfp_s_lists_that_do_not_belong_together(read):
    cut = row("dbnsfp", CFTR, 508, "F", "V").replace("508;509", "508")
    missing = row("dbnsfp", CFTR, 508, "F", "V").replace("508;509", "508;.")
    stop = row("dbnsfp", CFTR, 508, "F", "X")
    found = read("\n".join([HEADERS["dbnsfp"], cut, missing, stop]))
    assert _names(found) == [f"{CFTR}_508_F_V"]
    assert [(one.line, one.kind, one.failed) for one in found.listed] == [
        (2, "malformed cell", True),
        (3, "no change of a protein", False),
        (4, "gains or loses a stop", False),
        (4, "gains or loses a stop", False),
    ]


def test_multiple_mutants_fail_by_name(read):
    text = table("proteingym", VARIANTS).replace("G551D", "G551D:N1303K")
    found = read(text, transcript=GIVEN)
    assert len(found.rows) == 2
    (one,) = found.listed
    assert (one.line, one.variant, one.kind, one.failed) == (
        3, "G551D:N1303K", "several mutations", True,
    )  # fmt: skip


@pytest.mark.parametrize("change", ["p.Phe508Ter", "p.Phe508del", "p.Phe508=", "p.?", "NA", "_wt"])
def test_other_changes_of_a_table_of_all_variants_are_left_out(read, change):
    text = table("mavedb", VARIANTS[:2]).replace("p.Phe508Val", change)
    found = read(text, transcript=GIVEN)
    assert [(one.line, one.failed) for one in found.listed] == [(2, False)]
    assert len(found.rows) == 1


@pytest.mark.parametrize("letter", ["*", "-", "?", "X", "U", "B", "Sec", "Ter", ""])
def test_a_substitute_that_is_none_of_the_twenty_fails(read, letter):
    found = read(OWN + f"{CFTR}\t508\tF\t{letter}\t1\n")
    (one,) = found.listed
    assert one.failed
    assert repr(letter) in one.detail
    assert not len(found.rows)


@pytest.mark.parametrize(("ref", "alt"), [("f", "v"), ("Phe", "VAL"), ("F", "val")])
def test_lower_case_and_three_letters(read, ref, alt):
    assert _names(read(OWN + f"{CFTR}\t508\t{ref}\t{alt}\t1\n")) == [f"{CFTR}_508_F_V"]


@pytest.mark.parametrize("note", ['"hotspot" in tumours', 'a 5" gap', '"quoted"', '""'])
def test_quotes_in_a_field(read, note):
    text = f"transcript_id\taa_pos\tref_aa\talt_aa\tnote\n{CFTR}\t508\tF\tV\t{note}\n"
    assert _names(read(text)) == [f"{CFTR}_508_F_V"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "contains no variant; expected a table with a header"),
        (OWN, "contains no variant, only a header"),
        (HEADERS["vcf"], "contains no variant, only a header"),
        (OWN + f"{CFTR}\t508\tF\tV\n", "line 2: 4 fields; expected 5"),
        (OWN + f'{CFTR}\t508\tF\tV\t"1\n', "line 2: the quote of field 5 is not closed"),
        (OWN + f"{CFTR}\t508\tF\tV\t\0\n", "line 2: contains a NUL byte"),
        (OWN.encode() + b"\xe9\t508\tF\tV\t1\n", "line 2: byte 0xe9 is not UTF-8"),
        ((OWN + "x").encode("utf-16"), "is UTF-16 text; save it as UTF-8"),
        (gzip.compress(OWN.encode(), mtime=0)[:-5], "not a complete gzip file"),
        ("transcript_id\taa_pos\n", "line 1: no column ref_aa, alt_aa; expected transcript_id"),
        ("#Uploaded_variation\tFeature\nx\ty\n", "no column Consequence, Protein_position"),
        ("a\tb\tc\n1\t2\t3\n", "line 1: the header is 'a\\tb\\tc', of no known kind"),
        ("T1 3 A C\nT1 3 A\n", "line 2: 3 fields; expected transcript, position"),
        (OWN.replace("target", "aa_pos") + "x\n", "two columns have the same name, 'aa_pos'"),
        (
            OWN + f"{CFTR}\t508\tF\tV\t1\naa_pos\ttranscript_id\tref_aa\talt_aa\ttarget\n",
            "line 3: another header",
        ),
        (HEADERS["vcf"].replace("CSQ", "XYZ").replace("VEP", "") + "\n7\t1\t.\tC\tT\t.\t.\t.\n",
         "a VCF without VEP's annotations"),
        (b"\n" * 1_000_002, "more than 1,000,000 empty lines"),
        (gzip.compress(b"\n" * 30_000_000, mtime=0), "more than 1,000,000 empty lines"),
        (gzip.compress(b"#x\n" * 10_000_000, mtime=0), "more than 1,000,000 empty lines and comm"),
    ],
)  # fmt: skip
def test_what_is_refused_as_a_whole(read, text, said):
    with pytest.raises(InputError) as caught:
        read(text)
    assert said in str(caught.value)
    assert "t.tsv" in str(caught.value)
    assert str(caught.value).isprintable()


def test_the_header_again_is_left_out(read):
    found = read(table("gmvp", VARIANTS[:1]) + table("gmvp", VARIANTS[1:]))
    assert len(found.rows) == 3
    assert [(one.line, one.kind, one.failed) for one in found.listed] == [
        (3, "the header again", False)
    ]


@pytest.mark.parametrize("name", ["=1+1", "+a", "-a", "@a", "../x", "a b", "a\x1b[31m", "x" * 300])
def test_ids_that_a_spreadsheet_or_a_shell_would_run(read, name):
    found = read(table("gmvp", [*VARIANTS, (name, 5, "A", "C")]))
    (one,) = found.listed
    assert (one.line, one.kind, one.failed) == (5, "malformed cell", True)
    assert one.detail.isprintable()


PTEN_MAP = "P60484\tENST00000371953\nQ9Y6K9 ENST1\n".replace(" ", "\t")
AM = "uniprot_id\tprotein_variant\tam_pathogenicity\tam_class\n"


@pytest.mark.parametrize(
    "mapping",
    [
        "P60484\tENST00000371953\n",
        "uniprot,transcript\nP60484,ENST00000371953\n",
        "ENST00000371953 P60484\n",
        "P60484\tEnsembl_TRS\tENST00000371953\nP60484\tGeneID\t5728\n",
        '"P60484";"ENST00000371953"\r\n',
    ],
)
def test_other_ids_by_a_map(read, mapping):
    assert _names(read(AM + "P60484\tR130Q\t0.5\tx\n", map=mapping)) == ["ENST00000371953_130_R_Q"]


def test_an_id_of_several_transcripts_and_one_of_none(read):
    mapping = "P60484\tENST1\nP60484\tENST2\n"
    found = read(
        AM + "P60484\tR130Q\t0.5\tx\nP04637\tR175H\t1\tx\nP60484\tR130G\t0.5\tx\n", map=mapping
    )
    assert _names(found) == ["ENST1_130_R_Q", "ENST2_130_R_Q", "ENST1_130_R_G", "ENST2_130_R_G"]
    assert found.rows.line.tolist() == [2, 2, 4, 4]
    (one,) = found.listed
    assert (one.line, one.variant, one.failed) == (3, "P04637 R175H", True)
    assert found.notes == [
        "each transcript is scored of ids that stand for several: P60484 (ENST1, ENST2)"
    ]


def test_ids_without_a_map_are_named(read):
    with pytest.raises(InputError, match=r"UniProt: 'P60484'; .*give --map FILE with two columns"):
        read(AM + "P60484\tR130Q\t0.5\tx\n")
    with pytest.raises(InputError, match=r"names no protein \(F508V, G551D\); give --transcript"):
        read(table("mavedb", VARIANTS[:2]))
    with pytest.raises(InputError, match=r"--transcript ENST7: the tables name their proteins"):
        read(table("gmvp", VARIANTS), transcript="ENST7")


GENES = "transcript_stable_id\tdisplay_label\tgene_stable_id\nENST00000371953\tPTEN\tENSG1\n"
LIST = "ENST00000371953:p.Arg130Gln\nENST00000371953.9:p.(Thr131Ile)\nPTEN:p.R130G\n"


def test_a_list_with_gene_names(read):
    found = read(LIST, genes=GENES)
    assert _names(found) == [
        "ENST00000371953_130_R_Q", "ENST00000371953.9_131_T_I", "ENST00000371953_130_R_G",
    ]  # fmt: skip
    found = read(LIST)
    assert [(one.line, one.failed) for one in found.listed] == [(3, True)]
    assert "'PTEN' is not an Ensembl transcript" in found.listed[0].detail


def test_an_id_with_a_matrix_needs_no_map(read, tmp_path):
    (tmp_path / "P60484.npy").write_bytes(b"")
    found = read(AM + "P60484\tR130Q\t0.5\tx\n", features=tmp_path)
    assert _names(found) == ["P60484_130_R_Q"]


WORDS = ("Pathogenic", "", "VUS", "0.0")
LABELLED = OWN + "".join(f"{CFTR}\t{n}\tA\tC\t{word}\n" for n, word in enumerate(WORDS, 1))


def test_labels_are_read_where_they_are_needed(read):
    assert read(LABELLED).rows.label.tolist() == [-1] * 4
    found = read(LABELLED, labels=True)
    assert found.rows.label.tolist() == [1, 0]
    assert [(one.line, one.kind, one.failed) for one in found.listed] == [
        (3, "no label", True),
        (4, "label is undecided", True),
    ]
    text = table("clinvar", VARIANTS)
    assert read(text, labels=True).rows.label.tolist() == [-1] * 3
    found = read(text, labels=True, label="ClinicalSignificance")
    assert found.rows.label.tolist() == [0] * 3
    with pytest.raises(InputError, match=r"no column nothing of labels \(--label\); it has 'All"):
        read(text, labels=True, label="nothing")


def test_the_table_s_own_names_are_kept(read):
    text = f"transcript_id\taa_pos\tref_aa\talt_aa\tvar\n{CFTR}\t508\tF\tV\tmine\n"
    assert _names(read(text)) == ["mine"]


def test_a_million_rows_are_the_columns_alone(tmp_path):
    path = tmp_path / "t.tsv"
    lines = [row("gmvp", CFTR, n + 1, "F", "V") for n in range(3000)]
    path.write_text(OWN + "\n".join(lines * 20) + "\n")
    found = read_tables([path, path]).rows
    assert len(found) == 120_000
    assert found.names is None
    columns = (
        found.transcript,
        found.position,
        found.ref,
        found.alt,
        found.label,
        found.table,
        found.line,
    )
    assert sum(column.nbytes for column in columns) == 21 * 120_000
    assert found.line[-1] == 60_001
    assert found.table[-1] == 1


@pytest.mark.parametrize("name", ["=cmd()", "@x", "-1", "a\x07"])
def test_names_that_a_spreadsheet_or_a_terminal_would_obey_fail(read, name):
    text = f"transcript_id\taa_pos\tref_aa\talt_aa\tvar\n{CFTR}\t508\tF\tV\t{name}\n"
    (one,) = read(text).listed
    assert one.failed
    assert one.detail.isprintable()


def test_a_comment_first(read):
    assert _names(read("# by hand\n" + table("gmvp", VARIANTS[:1]))) == _wanted("gmvp")[:1]


def test_a_transcript_for_rows_that_all_fail_is_not_blamed(read):
    found = read(table("mavedb", [(CFTR, 508, "F", "?")]), transcript=GIVEN)
    assert len(found.listed) == found.variants == 1
