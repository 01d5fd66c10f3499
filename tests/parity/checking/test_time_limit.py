"""The limit on a case's time interrupts it, whatever its code makes of the interruption."""

import signal
import threading
import time

import pytest

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.checking.time_limit import time_limit
from parity.errors import ParityError
from parity.judging.verdict import Verdict, exit_code


def forever():
    while True:
        time.sleep(0.01)


def test_work_that_is_done_in_time_is_left_alone():
    before = signal.getsignal(signal.SIGALRM)
    with time_limit(60):
        pass
    with time_limit(None):
        pass
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_what_takes_longer_is_stopped():
    with pytest.raises(ParityError, match=r"stopped after 0.05 s \(--timeout\)"), time_limit(0.05):
        forever()


def test_code_that_turns_the_interruption_into_its_own_error_ran_out_of_time_all_the_same():
    def framework():
        try:
            forever()
        except BaseException:
            raise RuntimeError("a callback failed") from None

    with pytest.raises(ParityError, match="stopped after"), time_limit(0.05):
        framework()


def test_an_error_within_the_time_is_the_codes_own():
    with pytest.raises(ValueError, match="no such axis"), time_limit(60):
        raise ValueError("no such axis")


def test_a_thread_cannot_be_interrupted_and_says_so():
    found = []

    def in_thread():
        try:
            with time_limit(1):
                pass
        except ParityError as error:
            found.append(str(error))

    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
    assert "main thread" in found[0]


def test_a_case_that_takes_too_long_is_not_compared_and_the_others_are(toy):
    def slow(x):
        if len(x) == 5:
            forever()
        return {"mean": x.mean(-1), "scaled": x / 3}

    port = toy(slow)
    checker = Checker(port, port.load_inputs(None, 1, 5), Selection())
    checker.timeout = 0.2
    found = [checker.run(pair, config, "isolated") for pair, config, _ in checker.cases()]
    assert found[0].verdict is Verdict.NOT_COMPARED
    assert "stopped after 0.2 s" in found[0].notes[0]
    assert exit_code(case.verdict for case in found) == 2
