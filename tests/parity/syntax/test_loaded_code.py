"""Files are loaded as other code, in the block alone."""

import importlib
import sys

from parity.declaring.scripts import execute
from parity.syntax.loaded_code import loading_instead


def test_imports_and_executions_take_the_other_code(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    path, other = tmp_path / "loaded_otherwise.py", tmp_path / "left_alone.py"
    path.write_text("VALUE = 1\n")
    other.write_text("VALUE = 3\n")
    with loading_instead({path.resolve(): compile("VALUE = 2\n", str(path), "exec")}):
        assert importlib.import_module("loaded_otherwise").VALUE == 2
        assert execute(path, "model").VALUE == 2
        assert execute(other, "model").VALUE == 3
    assert execute(path, "model").VALUE == 1
    for name in ("loaded_otherwise", "left_alone"):
        sys.modules.pop(name, None)
