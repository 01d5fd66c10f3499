"""Findings and the faults that they name."""

import pytest

from pt_gmvp.analysis.diagnosis.findings import Answer, Fault, Finding


@pytest.mark.parametrize(
    ("finding", "named"),
    [
        (Finding("all is well"), ""),
        (Finding("it leaks", Fault.LEAK), "data leaks between the folds"),
        (
            Finding("it may leak", Fault.LEAK, certain=False),
            "suspected: data leaks between the folds",
        ),
        (Finding("all may be well", certain=False), ""),
    ],
)
def test_a_fault_that_noise_may_explain_is_suspected(finding, named):
    assert finding.named == named


def test_faults_have_words_and_names_of_their_own():
    assert len({fault.value for fault in Fault}) == len(Fault)
    assert all(fault.name.isalpha() for fault in Fault)


def test_answers_do_not_share_their_numbers():
    one, other = Answer("a"), Answer("b")
    assert one.numbers == {}
    assert one.numbers is not other.numbers
