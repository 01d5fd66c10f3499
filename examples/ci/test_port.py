"""The same check in a test suite, a test for each case. Run: pytest test_port.py"""

from parity.pytest_plugin import parity_port

test_port = parity_port("port.py")
