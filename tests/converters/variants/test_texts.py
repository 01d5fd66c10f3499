import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from converters.variants.texts import Texts

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9))


@given(TEXTS, TEXTS)
def test_texts_are_a_list(some, more):
    texts = Texts(some)
    for text in more:
        texts.append(text)
    assert list(texts) == some + more
    assert texts[1:] == (some + more)[1:]


@given(TEXTS)
def test_texts_out_of_a_block_of_bytes(some):
    encoded = [text.encode() for text in some]
    ends = np.cumsum([len(text) + 1 for text in encoded], dtype=np.int64) - 1
    starts = ends - np.array([len(text) for text in encoded], np.int64)
    texts = Texts(["first"])
    texts.extend_bytes(b"|".join(encoded) + b"|", starts, ends)
    assert list(texts) == ["first", *some]
