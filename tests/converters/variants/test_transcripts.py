from pathlib import Path

import numpy as np
import pytest

from converters.errors import InputError
from converters.variants.ids import Ids, Versions
from converters.variants.kinds.layout import Parsed
from converters.variants.transcripts import Transcripts


def _parsed(*ids):
    number = len(ids[0])
    letters = np.full(number, ord("A"), np.uint8)
    return Parsed(
        np.arange(number), list(ids), np.arange(1, number + 1, dtype=np.int32), letters, letters
    )


def _ids():
    mapped = Versions()
    for one, transcript in (("P1", "T1"), ("P2", "T1"), ("P2", "T2"), ("NM_2", "T3")):
        mapped.add(one, transcript)
    return Ids(mapped, None, True, None)


def test_ids_of_one_of_several_and_of_no_transcript():
    transcripts = Transcripts(_ids(), None)
    table = transcripts.of_table(Path("t.tsv"), "VEP")
    index, chosen, faults = table.find(_parsed(["P1", "P2", "X", "P2"]))
    assert [transcripts.names[at] for at in index] == ["T1", "T1", "T2", "T1", "T2"]
    assert chosen.tolist() == [0, 1, 1, 3, 3]
    assert [(fault.row, fault.variant, fault.failed) for fault in faults] == [(2, "X A3A", True)]
    assert transcripts.notes() == [
        "each transcript is scored of ids that stand for several: P2 (T1, T2)"
    ]
    table.finish()


def test_a_second_column_of_ids_helps():
    transcripts = Transcripts(_ids(), None)
    table = transcripts.of_table(Path("t.tsv"), "VEP")
    index, _, faults = table.find(_parsed(["", "NM_1", "NM_2"], ["P1", "Y", "P1"]))
    assert [transcripts.names[at] for at in index] == ["T1", "T3"]
    assert [fault.variant for fault in faults] == ["NM_1 A2A"]


def test_a_table_without_a_known_id_is_refused():
    table = Transcripts(_ids(), None).of_table(Path("t.tsv"), "VEP")
    table.find(_parsed(["X"]))
    with pytest.raises(
        InputError, match=r"t.tsv: names its proteins by .*: 'X'; none is in the file"
    ):
        table.finish()
    nameless = Transcripts(_ids(), None).of_table(Path("t.tsv"), "MaveDB")
    nameless.find(_parsed([""]))
    with pytest.raises(InputError, match=r"t.tsv: names no protein \(A1A\); give --transcript ID"):
        nameless.finish()


def test_the_transcript_given_is_for_rows_without_a_name():
    transcripts = Transcripts(_ids(), "T9")
    index, _, faults = transcripts.of_table(Path("t.tsv"), "MaveDB").find(_parsed(["", "X"]))
    assert [transcripts.names[at] for at in index] == ["T9"]
    assert transcripts.given_used
    assert len(faults) == 1
