"""Modules that make models, here or in another interpreter."""

from parity.declaring.interpreters import sides_in
from parity.init.model_modules import candidates, references
from parity.runners.remote.models import Candidates, References


def test_models_are_made_in_the_interpreter_that_is_named() -> None:
    with sides_in("a/python", "b/python"):
        assert isinstance(references(), References)
        assert isinstance(candidates(), Candidates)
    assert getattr(candidates(), "__name__", "") == "parity.runners.torch.models"
