import os
import signal

import pytest

from pt_gmvp.runs.stopping import StopRequest, catching_signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_is_recorded_and_handlers_are_restored(number, capfd):
    before = signal.getsignal(number)
    with catching_signals() as request:
        assert request.signal is None
        os.kill(os.getpid(), number)
        assert request.signal == number
        assert request.code == 128 + number
        # A second one has its usual effect.
        assert signal.getsignal(number) is before
    assert "signal again to stop at once" in capfd.readouterr().err


def test_handlers_are_restored_without_a_signal():
    before = signal.getsignal(signal.SIGTERM)
    with catching_signals():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_process_that_was_not_asked_itself_ends_as_by_sigterm():
    assert StopRequest().code == 143
