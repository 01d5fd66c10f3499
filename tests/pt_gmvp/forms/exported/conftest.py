"""Exported files of one small model, made once: an export takes seconds."""

from collections.abc import Callable

import onnx
import pytest

from pt_gmvp.forms.exported import Form
from pt_gmvp.forms.exported.exporting import export
from pt_gmvp.model import GMVP


@pytest.fixture(scope="session")
def uneven() -> dict[str, int]:
    """Widths of which every one is another number, so that no two axes are exchanged unseen."""
    return {"d_fc": 10, "d_model": 12, "num_heads": 3}


@pytest.fixture(scope="session")
def model(small: Callable[..., GMVP], uneven: dict[str, int]) -> GMVP:
    """A small model in float32."""
    return small(3, **uneven).float()


@pytest.fixture(scope="session")
def plain(model: GMVP) -> onnx.ModelProto:
    """Its plain form."""
    return export(model, Form.PLAIN)


@pytest.fixture(scope="session")
def per_residue(model: GMVP) -> onnx.ModelProto:
    """Its per-residue form."""
    return export(model, Form.PER_RESIDUE)


@pytest.fixture(params=list(Form))
def form(request: pytest.FixtureRequest) -> Form:
    """Either form."""
    return request.param


@pytest.fixture
def exported(form: Form, request: pytest.FixtureRequest) -> onnx.ModelProto:
    """The file of that form, of its own to change."""
    found = onnx.ModelProto()
    found.CopyFrom(request.getfixturevalue(form.name.lower()))
    return found
