"""Worker processes: what they do on Ctrl-C, and when their parent is gone."""

import signal
import subprocess
import sys
import threading
import time

from converters.processes import interrupts_left_to_this_process


def handled():
    return signal.getsignal(signal.SIGINT)


def test_interrupts_are_ignored_only_within_the_block():
    before = handled()
    try:
        with interrupts_left_to_this_process():
            assert handled() is signal.SIG_IGN
            raise KeyError
    except KeyError:
        pass
    assert handled() is before


def test_a_process_started_within_the_block_ignores_interrupts():
    code = "import signal; print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)"
    command = [sys.executable, "-S", "-c", code]
    with interrupts_left_to_this_process():
        within = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    after = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert (within.strip(), after.strip()) == ("True", "False")


def test_in_another_thread_nothing_is_changed():
    seen = []

    def run():
        with interrupts_left_to_this_process():
            seen.append(handled())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [handled()]


PARENT = """
import multiprocessing, os, signal, sys, time
from converters.processes import end_with_parent

def work():
    end_with_parent()
    print(os.getpid(), flush=True)
    time.sleep(60)

if __name__ == "__main__":
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    time.sleep(60)
"""


def test_a_worker_ends_when_its_parent_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    # The worker has the other end of the pipe, which is closed when it ends.
    started = time.monotonic()
    assert parent.stdout.read() == ""
    assert time.monotonic() - started < 30  # it would sleep for a minute
    parent.stdout.close()
