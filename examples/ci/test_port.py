"""The same check in a test suite: a test for each case. Run: pytest examples/ci/test_port.py"""

from parity.pytest_plugin import parity_port

test_conv_net = parity_port("../ports/conv_net.py", grad=True)
