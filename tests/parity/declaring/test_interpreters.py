"""Names of other interpreters, for the ports declared in a block."""

from parity.declaring import interpreters
from parity.declaring.interpreters import framework_here, interpreter_of, role_of, sides_in


def test_interpreters_are_named_for_a_block() -> None:
    assert interpreter_of("reference") is None
    with sides_in("a/python"):
        assert interpreter_of("reference") == "a/python"
        assert interpreter_of("candidate") is None
        with sides_in(candidate="b/python"):
            assert interpreters.options() == ["--candidate-python", "b/python"]
        assert interpreters.options() == ["--reference-python", "a/python"]
    assert interpreters.options() == []


def test_runners_elsewhere_have_the_names_of_their_options() -> None:
    assert role_of("reference-python") == "reference"
    assert role_of("tensorflow") is None
    assert framework_here("reference-python") == "tensorflow"
    assert framework_here("candidate-python") == "torch"
    assert framework_here("numpy") == "numpy"
