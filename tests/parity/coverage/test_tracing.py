"""The tracer records the steps of wanted files, in every thread, and disturbs no other tracer."""

import sys
import threading

import pytest

from parity.coverage.tracing import Tracer

SOURCE = """def choose(flag):
    if flag:
        return 1
    return 2
def fail():
    try:
        raise ValueError
    except ValueError:
        return 3
"""


@pytest.fixture
def module():
    names = {}
    exec(compile(SOURCE, "/made/choose.py", "exec"), names)
    return names


@pytest.fixture(autouse=True)
def own_tracer():
    """Put aside a tracer of the test run itself."""
    before = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(before)


def test_steps_show_which_way_a_condition_went(module):
    tracer = Tracer(lambda file: file == "/made/choose.py")
    with tracer.tracing():
        module["choose"](True)
    assert tracer.steps == {"/made/choose.py": {(-1, 2), (2, 3), (3, -1)}}
    module["choose"](False)
    assert (2, 4) not in tracer.steps["/made/choose.py"]


def test_other_threads_are_seen_too(module):
    tracer = Tracer(lambda file: file == "/made/choose.py")
    with tracer.tracing():
        thread = threading.Thread(target=module["choose"], args=(False,))
        thread.start()
        thread.join()
    assert tracer.steps == {"/made/choose.py": {(-1, 2), (2, 4), (4, -1)}}
    assert threading.gettrace() is None


def test_where_an_error_leads_to_is_not_a_way_out_of_the_line(module):
    tracer = Tracer(lambda file: file == "/made/choose.py")
    with tracer.tracing():
        module["fail"]()
    assert (7, 8) not in tracer.steps["/made/choose.py"]


def test_unwanted_files_are_left_out(module):
    tracer = Tracer(lambda file: False)
    with tracer.tracing():
        module["choose"](True)
    assert tracer.steps == {}


def test_a_debugger_keeps_its_tracer(module):
    def debug(frame, event, arg):
        return None

    tracer = Tracer(lambda file: True)
    sys.settrace(debug)
    with tracer.tracing():
        assert sys.gettrace() is debug
    assert sys.gettrace() is debug
