"""A function's statement is changed in the block alone, however the function is reached."""

import functools
import sys
from pathlib import Path

import pytest

from parity.declaring.scripts import execute
from parity.diagnosing.source_text import Replacement, SourceText
from parity.diagnosing.statements.changed import (
    ChangedFunction,
    Target,
    cached_functions,
    codes_within,
    find_function,
    functions_of,
)

TEXT = """\
import functools


def scaled(x):
    factor = 2
    return cached(x) * factor


@functools.cache
def cached(x):
    return x + 1


def outer(x):
    def inner():
        return x + 1

    return inner


class Layer:
    def forward(self, x):
        return super().__init__() or x + 1
"""


@pytest.fixture
def module(tmp_path):
    path = tmp_path / "changed_module.py"
    path.write_text(TEXT)
    yield execute(path, "model")
    sys.modules.pop("changed_module", None)


def changed(module, code, old, new):
    source = SourceText(Path(module.__file__))
    start = source.bytes.index(old.encode())
    return ChangedFunction(
        Target(source, code, (), cached_functions()), (Replacement(start, start + len(old), new),)
    )


def test_a_function_that_is_held_elsewhere_changes_too(module):
    held = functools.partial(module.scaled, 3)
    with changed(module, module.scaled.__code__, "factor = 2", "factor = 5").in_force():
        assert held() == 20
    assert held() == 8


def test_a_file_that_is_executed_anew_is_changed(module):
    path = Path(module.__file__)
    with changed(module, module.scaled.__code__, "factor = 2", "factor = 5").in_force():
        assert execute(path, "model").scaled(3) == 20
    assert execute(path, "model").scaled(3) == 8


def test_what_functions_have_cached_is_forgotten_before_and_after(module):
    assert module.scaled(3) == 8
    code = module.cached.__wrapped__.__code__
    assert module.cached in cached_functions()
    with changed(module, code, "return x + 1", "return x + 2").in_force():
        assert module.scaled(3) == 10
    assert module.scaled(3) == 8


def test_methods_and_functions_within_functions_change(module):
    layer, code = module.Layer(), module.Layer.forward.__code__
    with changed(module, code, "or x + 1", "or x - 1").in_force():
        assert layer.forward(3) == 2
    old = "return x + 1\n\n    return"
    with changed(module, module.outer.__code__, old, old.replace("+", "-")).in_force():
        assert module.outer(3)() == 2


@pytest.mark.parametrize("new", ["factor = = 2", "factor = __class__"])
def test_what_cannot_run_in_its_place_is_refused(module, new):
    other = changed(module, module.scaled.__code__, "factor = 2", new)
    if "class" in new:
        other = changed(module, module.Layer.forward.__code__, "super().__init__() or ", "")
    with pytest.raises(ValueError, match="cannot be changed so"), other.in_force():
        pass
    assert module.scaled(3) == 8


def test_definitions_are_found_by_their_first_line(module):
    source = SourceText(Path(module.__file__))
    code = module.cached.__wrapped__.__code__
    assert find_function(source, code).name == "cached"
    assert find_function(source, code.replace(co_firstlineno=1)) is None
    assert functions_of(code) == [module.cached.__wrapped__]


def test_functions_within_functions_change_made_already_or_anew(module):
    made = module.outer(3)
    old = "return x + 1\n\n    return"
    changed_ = changed(module, made.__code__, old, old.replace("+", "-"))
    target = Target(changed_.target.source, made.__code__, (module.outer.__code__,))
    both = ChangedFunction(target, changed_._replacements)
    with both.in_force():
        assert made() == module.outer(3)() == 2
    assert made() == module.outer(3)() == 4
    assert made.__code__ in codes_within(module.outer.__code__)
