import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from converters.variants.order import grouped, shuffled, slices
from converters.variants.rows import Rows


def _rows(transcripts):
    names = list(dict.fromkeys(transcripts))
    number = len(transcripts)
    zeros = np.zeros(number, np.int32)
    which = np.array([names.index(name) for name in transcripts], np.int32)
    return Rows(names, which, *[zeros] * 6)  # type: ignore[arg-type]


TRANSCRIPTS = st.lists(st.sampled_from(["T1", "T10", "T2", "a", "T1.2"]), max_size=80)


@given(transcripts=TRANSCRIPTS)
def test_shuffled_and_grouped_as_pandas_does(transcripts):
    frame = pd.DataFrame({"transcript": transcripts, "number": range(len(transcripts))})
    if len(frame):
        frame = frame.sample(frac=1, random_state=2020)
    found = shuffled(len(transcripts))
    assert found.tolist() == frame["number"].tolist()
    groups = [number for _, rows in frame.groupby("transcript") for number in rows["number"]]
    assert grouped(_rows(transcripts), found).tolist() == groups


@given(number=st.integers(0, 80), parts=st.integers(1, 9))
def test_slices_lose_nothing_and_are_alike_in_size(number, parts):
    found = slices(np.arange(number), parts)
    assert np.concatenate(found).tolist() == list(range(number))
    sizes = [len(part) for part in found]
    assert len(sizes) == parts
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes) - min(sizes) <= 1
