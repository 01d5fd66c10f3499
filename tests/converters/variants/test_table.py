"""Tables of variants in every format, and what is said of wrong ones."""

import gzip

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.errors import InputError
from converters.variants.rows import Variant
from converters.variants.table import read_table

HEADER = "transcript_id\taa_pos\tref_aa\talt_aa\ttarget\tvar\tconsequence\n"
VEP = """## ENSEMBL VARIANT EFFECT PREDICTOR
## Column descriptions:
#Uploaded_variation\tLocation\tAllele\tGene\tFeature\tConsequence\tProtein_position\tAmino_acids\tExtra
rs1\t17:1\tT\tG\tENST1.7\tmissense_variant,splice_region_variant\t175/393\tR/H\tIMPACT=MODERATE
rs2\t17:2\tT\tG\tENST1.7\tstop_gained\t176\tR/*\t-
rs3\t17:3\tT\tG\tENST1.7\tmissense_variant\t176-177\tRA/HC\t-
rs4\t17:4\tT\tG\tENST2\tmissense_variant\t5\tA/C\t-
"""


@pytest.fixture
def table(tmp_path):
    def read(text, name="table.tsv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_table(path)

    return read


def test_the_original_s_table(table):
    found = table(
        HEADER
        + "T1\t3\tA\tC\t1\tfirst\tmissense_variant\n"
        + "T1\t4\tA\tC\t1\tx\tsynonymous_variant\n"
        + "T1\t5\tA\tC\t2\tx\tmissense_variant\n"
        + "\n"
        + "T1\t6\tN\tD\t0.0\tlast\tmissense_variant\n"
    )
    assert found.variants == [
        Variant("first", "T1", 3, "A", "C", 1, 2),
        Variant("last", "T1", 6, "N", "D", 0, 6),
    ]
    assert found.dropped == {
        "consequence is not missense_variant": 1,
        "target is not 0 or 1": 1,
    }
    assert found.format == "gMVP"


def test_a_table_without_targets_has_no_labels(table):
    found = table("alt_aa\tref_aa\taa_pos\ttranscript_id\nC\tA\t7.0\tT1\n")
    assert found.variants == [Variant("T1_7_A_C", "T1", 7, "A", "C", None, 2)]


def test_what_vep_writes(table):
    found = table(VEP)
    assert found.variants == [
        Variant("ENST1.7_175_R_H", "ENST1.7", 175, "R", "H", None, 4),
        Variant("ENST2_5_A_C", "ENST2", 5, "A", "C", None, 7),
    ]
    assert found.dropped == {
        "consequence is not missense_variant": 1,
        "not a substitution of one residue": 1,
    }


@pytest.mark.parametrize("header", ["", "transcript pos ref alt\n", "# a comment\n"])
@pytest.mark.parametrize("between", [" ", "\t"])
def test_a_plain_list(table, header, between):
    found = table(header.replace(" ", between) + between.join(["T1", "3", "A", "C"]) + "\n")
    assert [variant[:6] for variant in found.variants] == [("T1_3_A_C", "T1", 3, "A", "C", None)]
    assert found.format == "plain"


@pytest.mark.parametrize("change", [
    lambda text: text.replace("\n", "\r\n").encode(),
    lambda text: b"\xef\xbb\xbf" + text.encode(),
    lambda text: gzip.compress(text.encode()),
    lambda text: (text + "\n\n").encode(),
])  # fmt: skip
def test_however_the_text_is_stored(table, golden, change):
    text = (golden / "raw" / "PTEN.variants.tsv").read_text()
    plain, changed = table(text), table(change(text))
    assert plain.variants == changed.variants
    assert len(plain.variants) == 271


ROW = "T1\t3\tA\tC\t1\tx\tmissense_variant\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "table.tsv: contains no variant; expected a table with a header"),
        (HEADER, "table.tsv: contains no variant, only a header"),
        ("transcript_id\taa_pos\n", "line 1: no column ref_aa, alt_aa; expected transcript_id, aa"),
        ("#Uploaded_variation\tFeature\n", "line 1: no column Consequence, Protein_position"),
        (HEADER + ROW.replace("\t3", ""), "line 2: 6 fields, the header has 7"),
        (HEADER + ROW.replace("3", "0"), "line 2: aa_pos is '0'; expected a whole number from 1"),
        (HEADER + ROW.replace("3", "x") * 3, "expected a whole number from 1; 2 more rows are"),
        (HEADER + ROW.replace("A", "Ala"), "line 2: ref_aa is 'Ala'; expected one letter"),
        (HEADER + ROW.replace("C", ""), "line 2: alt_aa is ''; expected one letter"),
        (HEADER + ROW.replace("T1", "../T1"), "line 2: transcript_id is '../T1'; expected a tran"),
        (HEADER + ROW.replace("x", ""), "line 2: var is empty; expected the variant's name"),
        ("T1 3 A\n", "line 1: 3 fields; expected transcript, position, reference and substitute"),
        (b"\xff\xfe", "table.tsv: byte 0 is not UTF-8 text"),
        (gzip.compress(ROW.encode(), mtime=0)[:-3], "table.tsv: not a complete gzip file"),
        (
            "transcript_id\taa_pos\tref_aa\talt_aa\taa_pos\n",
            "line 1: two columns have the same name",
        ),
    ],
)
def test_what_is_refused(table, text, message):
    with pytest.raises(InputError) as caught:
        table(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@given(targets=st.lists(st.sampled_from(["0", "1", "0.0", "1.0", "2", "", "-1"]), min_size=1))
def test_rows_are_dropped_as_pandas_would(tmp_path_factory, targets):
    path = tmp_path_factory.mktemp("table") / "table.tsv"
    rows = [f"T1\t{n}\tA\tC\t{t}\tv{n}\tmissense_variant\n" for n, t in enumerate(targets, 1)]
    path.write_text(HEADER + "".join(rows))
    frame = pd.read_csv(path, sep="\t")
    frame = frame[frame.target.isin([0, 1])]
    found = read_table(path).variants
    assert [variant.var_id for variant in found] == frame["var"].tolist()
    assert [variant.label for variant in found] == frame.target.tolist()


def _mutated(golden, folder, data):
    content = (golden / "raw" / "TP53.variants.tsv").read_bytes()[:2000]
    content = data.draw(st.sampled_from([content, VEP.encode(), b"T1 3 A C\n" * 5]))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content)))
        odd = st.sampled_from([b"", b"\t", b"\n", b'"', b"\x00", b"\xff", b"NaN", b"-1", b"9" * 30])
        gone = data.draw(st.sampled_from([0, 1, 5, 10_000]))
        content = content[:at] + data.draw(odd) + content[at + gone :]
    path = folder / "table.tsv"
    path.write_bytes(content)
    refused = ""
    try:
        found = read_table(path)
    except InputError as error:
        refused = str(error)
    if refused:
        assert refused.startswith(str(path))
        assert "\n" not in refused
    else:
        for variant in found.variants:
            assert variant.position >= 1
            assert len(variant.ref) == len(variant.alt) == 1
            assert variant.label in (0, 1, None)


@settings(max_examples=300)
@given(data=st.data())
def test_a_mutated_table_is_refused_or_read(golden, tmp_path_factory, data):
    _mutated(golden, tmp_path_factory.getbasetemp(), data)


@pytest.mark.slow
@settings(max_examples=2500)
@given(data=st.data())
def test_mutated_tables_at_length(golden, tmp_path_factory, data):
    _mutated(golden, tmp_path_factory.getbasetemp(), data)


@pytest.mark.parametrize("close", ["", '"'])
def test_a_quote_left_open_swallows_nothing(tmp_path, close):
    head = "transcript_id\taa_pos\tref_aa\talt_aa\tvar\n"
    rows = [f"ENST1\t{n}\tA\tC\tv{n}\n" for n in (1, 2, 3)]
    rows[0] = rows[0].replace("v1", '"v1')
    rows[2] = rows[2].replace("v3", "v3" + close)
    path = tmp_path / "t.tsv"
    path.write_text(head + "".join(rows))
    with pytest.raises(InputError, match="line 4"):
        read_table(path)
