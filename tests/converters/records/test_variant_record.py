"""What a record may hold: nothing is cast in silence."""

from typing import Any

import numpy as np
import pytest

from converters.records.tfrecord import RecordError
from converters.records.variant_record import VariantRecord, encode_record

GOOD = VariantRecord("v", 1, 3, 7, np.zeros((3, 435), np.float32), np.zeros(3, np.float32))


@pytest.mark.parametrize("value", [1.5, "1", 1 << 63, -(1 << 63) - 1, np.float32(1)])
@pytest.mark.parametrize("name", ["label", "ref_aa", "alt_aa"])
def test_what_is_no_int64_is_refused(name, value):
    with pytest.raises(RecordError, match=f"v: {name} is .*expected an int64"):
        encode_record(GOOD._replace(**{name: value}))


def test_numpy_integers_are_integers():
    labels: dict[str, Any] = {"label": np.int32(1)}
    assert encode_record(GOOD._replace(**labels)) == encode_record(GOOD)
