import pytest

from converters.variants import labels


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("1", 1), ("0", 0), ("1.0", 1), ("0.0", 0), ("True", 1), ("false", 0), (" Pathogenic ", 1),
        ("Likely pathogenic", 1), ("Likely_benign", 0), ("Benign/Likely benign", 0),
        ("Pathogenic/Likely pathogenic", 1), ("Pathogenic, low penetrance", 1),
        ("Benign; risk factor", 0), ("Pathogenic|drug response", 1),
    ],
)  # fmt: skip
def test_words(text, label):
    assert labels.label_of(text) == label


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", labels.MISSING), ("NA", labels.MISSING), ("nan", labels.MISSING),
        ("not provided", labels.MISSING), ("VUS", labels.UNDECIDED),
        ("Uncertain significance", labels.UNDECIDED),
        ("Conflicting classifications of pathogenicity", labels.UNDECIDED),
        ("Pathogenic/Benign", labels.UNDECIDED), ("risk factor", labels.UNDECIDED),
        ("Benign/Uncertain significance", labels.UNDECIDED), ("ambiguous", labels.UNDECIDED),
        ("2", labels.UNKNOWN), ("-0.3", labels.UNKNOWN), ("maybe", labels.UNKNOWN),
        ("inf", labels.UNKNOWN), ("Pathogenic!", labels.UNKNOWN),
    ],
)  # fmt: skip
def test_what_is_no_label(text, kind):
    assert labels.label_of(text) == -1
    found, detail = labels.why_unlabelled(text, "target")
    assert found == kind
    assert detail.startswith("target is ")
