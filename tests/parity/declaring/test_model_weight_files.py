"""Weight files of two models, with the runners' modules replaced: kept weights must agree."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from parity.declaring import model_weight_files
from parity.declaring.model_weight_files import files_of_models
from parity.errors import InputError

TABLE = np.arange(3, dtype=np.float32)
ONES = np.ones(2, np.float32)


@dataclass
class Built:
    weights: dict = field(default_factory=lambda: {"w": ONES, "table": TABLE})


@pytest.fixture
def files(monkeypatch):
    """Make files whose content is a dictionary, and which keep `table`."""

    def made(content):
        modules = {
            "tensorflow": SimpleNamespace(
                read_weights=lambda model, path, whose: dict(content),
                write_weights=lambda model, path, arrays: content.update(arrays),
            ),
            "torch": SimpleNamespace(
                whole_state=lambda model, weights: {**model.weights, **weights},
                map_weights=lambda model, state, path: dict(state),
            ),
        }
        monkeypatch.setattr(model_weight_files, "weight_files_module", modules.__getitem__)
        numbers = SimpleNamespace(numbers=np.array)
        monkeypatch.setattr(model_weight_files, "runner", lambda framework: numbers)
        return files_of_models("ref.py:net", Built, Built, ["table"])

    return made


def test_kept_weights_are_left_out_of_what_is_read(files):
    found = files({"w": ONES * 2, "table": TABLE})
    assert list(found.read(Path("w.h5"))) == ["w"]
    assert list(found.parts({"w": ONES, "table": TABLE}, "w.pt")) == ["w"]
    assert list(files({"w": ONES}).read(Path("w.h5"))) == ["w"]


def test_a_file_with_another_kept_weight_is_refused(files):
    found = files({"w": ONES, "table": TABLE + 1})
    message = "w.h5 holds other values for 'table' than the model builds, and the port keeps those"
    with pytest.raises(InputError, match=message):
        found.read(Path("w.h5"))
    with pytest.raises(InputError, match=r"w.pt holds other values for 'table'"):
        found.parts({"w": ONES, "table": TABLE + 1}, "w.pt")


def test_weights_are_written_and_laid_out_by_the_runners(files):
    content = {}
    found = files(content)
    found.write(Path("w.h5"), {"w": ONES})
    assert list(content) == ["w"]
    assert list(found.state({"w": ONES * 3})) == ["w", "table"]
