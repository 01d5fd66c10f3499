"""Files that users wrote before a field was renamed are read as before."""

# mypy: disable-error-code="call-arg, attr-defined"

from dataclasses import dataclass, replace

import pytest

from parity.declaring.renamed import renamed_arguments, renamed_fields


@renamed_fields(old="new")
@dataclass(frozen=True)
class Declared:
    new: int = 0


def test_a_field_is_given_and_read_by_either_name():
    assert Declared(old=3) == Declared(new=3) == Declared(3)
    assert Declared(new=3).old == 3
    assert replace(Declared(1), new=2).old == 2


def test_both_names_of_one_field_are_refused():
    with pytest.raises(TypeError, match="old is the old name of new"):
        Declared(old=1, new=1)


def test_an_argument_is_given_by_either_name():
    doubled = renamed_arguments(old="new")(lambda new: 2 * new)
    assert doubled(old=2) == doubled(new=2) == doubled(2) == 4
