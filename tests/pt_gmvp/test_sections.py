from types import SimpleNamespace

import pytest

from pt_gmvp.config import ConfigError
from pt_gmvp.sections import (
    NOT_NEGATIVE,
    POSITIVE,
    SHARE,
    SWITCH,
    check_values,
    one_of,
    read_sections,
    whole,
)


@pytest.mark.parametrize(
    ("rule", "right", "wrong"),
    [
        (whole(1), [1, 99], [0, 1.0, True, "1", None]),
        (one_of("a", "b"), ["a"], ["c", 1, None]),
        (SWITCH, [True, False], [0, 1, "true"]),
        (POSITIVE, [1, 0.5], [0, -1, float("inf"), float("nan"), True]),
        (NOT_NEGATIVE, [0, 0.5], [-0.1, float("inf"), False]),
        (SHARE, [0.5], [0, 1, True]),
    ],
)
def test_rules(rule, right, wrong):
    _, fits = rule
    assert all(map(fits, right))
    assert not any(map(fits, wrong))


def test_the_first_broken_rule_is_named():
    rules = {"a": whole(0), "b": whole(1)}
    check_values(SimpleNamespace(a=0, b=1), rules)
    with pytest.raises(ConfigError, match=r"^b is 0; allowed: a whole number, 1 or more$"):
        check_values(SimpleNamespace(a=0, b=0), rules)


def test_sections_of_a_file(tmp_path):
    path = tmp_path / "c.json"
    path.write_text('{"model": {}, "training": {"batch_size": 3}}')
    assert read_sections(path)["training"] == {"batch_size": 3}
    path.write_text("[]")
    assert read_sections(path) == {}
    with pytest.raises(ConfigError, match="expected a JSON file"):
        read_sections(tmp_path / "none.json")
