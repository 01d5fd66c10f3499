"""What frameworks print is held back, from C too, and given back where it matters."""

import logging
import os
import sys
import warnings

import pytest

from parity.runners.quiet import quiet, silent


def test_quiet_holds_back_what_c_code_writes(capfd):
    with quiet():
        os.write(2, b"greeting")
        print("to stdout")
    assert capfd.readouterr() == ("to stdout\n", "")
    os.write(2, b"later")
    assert capfd.readouterr().err == "later"


def test_quiet_gives_it_back_if_the_block_fails(capfd):
    def failing():
        with quiet():
            os.write(2, b"the reason")
            raise ImportError

    with pytest.raises(ImportError):
        failing()
    assert capfd.readouterr().err == "the reason"


def test_silent_discards_everything(capfd):
    with silent():
        os.write(1, b"from C")
        os.write(2, b"from C")
        print("out")
        print("err", file=sys.stderr)
        logging.getLogger("exporter").error("logged")
        warnings.warn("careful", stacklevel=1)
    assert capfd.readouterr() == ("", "")


def test_silent_ends_with_an_error(capfd):
    def failing():
        with silent():
            print("chatter")
            raise ValueError("reason")

    with pytest.raises(ValueError, match="reason"):
        failing()
    print("after")
    assert capfd.readouterr() == ("after\n", "")
