"""Statements and branches of functions, without what never runs or runs on import."""

from parity.coverage.statements import Branch, Statement, read_code

SOURCE = '''
"""Module."""
LIMIT = 3


def encode(values, name: str = "x"):
    """Return values."""
    total: float
    if (values
            and name):
        values = [
            value
            for value in values
        ]
    elif name: return None
    for value in values:
        print(value)
    while False:  # pragma: no cover
        break

    class Held:
        size = LIMIT

        def get(self):
            ...

    return values


class Layer:
    width = 2

    @property
    def wide(self):
        return self.width > LIMIT
'''


def test_only_what_functions_execute_counts():
    code = read_code(SOURCE)
    assert code.statements == (
        Statement(9, 10, "encode"),
        Statement(11, 14, "encode"),
        Statement(15, 15, "encode"),
        Statement(15, 15, "encode"),
        Statement(16, 16, "encode"),
        Statement(17, 17, "encode"),
        Statement(21, 21, "encode"),
        Statement(22, 22, "encode"),
        Statement(24, 24, "encode"),
        Statement(27, 27, "encode"),
        Statement(35, 35, "Layer"),
    )


def test_a_block_in_the_line_of_its_condition_is_no_branch():
    assert read_code(SOURCE).branches == (
        Branch(9, 10, range(11, 15), "encode"),
        Branch(16, 16, range(17, 18), "encode"),
    )
