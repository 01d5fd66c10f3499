"""Cases that can see a mutant, the quickest first."""

import pytest

from parity.mutate.source.campaign import Control
from parity.mutate.source.mutants import find_mutants
from parity.mutate.source.seen_by import Sight

SOURCE = """BASE = 2
LIMIT = BASE * 3
ALONE = 4
ALIASED = 8


def used(x, factor=5):
    return x + LIMIT


def other(x):
    return x


class Layer:
    width = 7

    def call(self):
        return self.width
"""
OTHER_FILE = """from layer import BASE, ALIASED as RENAMED


def far(x):
    return x * BASE


def by_default(x, by=BASE):
    return x


class Held:
    size = BASE

    def held(self):
        return self.size


def renamed(x):
    return x + RENAMED
"""


@pytest.fixture
def seen(tmp_path):
    near, far = tmp_path.resolve() / "layer.py", tmp_path.resolve() / "far.py"
    near.write_text(SOURCE)
    far.write_text(OTHER_FILE)
    lines = {
        "used": (near, 8),
        "other": (near, 12),
        "call": (near, 19),
        "far": (far, 5),
        "by default": (far, 9),
        "held": (far, 16),
        "renamed": (far, 20),
    }
    controls = [
        Control((name, "default"), 9.0 - number, {str(path): {(-1, line), (line, -1)}})
        for number, (name, (path, line)) in enumerate(lines.items())
    ]
    sight = Sight(controls, [near, far])
    mutants = [m for path in (near, far) for m in find_mutants(path)]
    return lambda after: [
        control.case[0] for control in sight.of(next(m for m in mutants if m.after == after))
    ]


def test_a_statement_is_seen_by_the_cases_that_execute_it(seen):
    assert seen("return x - LIMIT") == ["used"]
    assert seen("return x / BASE") == ["far"]


def test_what_runs_on_import_is_seen_where_its_names_are_used(seen):
    assert seen("BASE = 3") == ["held", "by default", "far", "used"]
    assert seen("LIMIT = BASE / 3") == ["used"]
    assert seen("width = 8") == ["call"]
    assert seen("def used(x, factor=6):") == ["used"]


def test_an_import_under_another_name_is_seen_where_that_is_used(seen):
    assert seen("ALIASED = 9") == ["renamed"]


def test_a_name_that_nothing_uses_is_seen_by_all_cases_of_the_file(seen):
    assert seen("ALONE = 5") == ["call", "other", "used"]
