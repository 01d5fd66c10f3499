import json
from pathlib import Path

import pytest
import torch

from pt_gmvp.runs.distributed import World
from pt_gmvp.runs.environment import add_session, describe_session


def test_a_session_names_versions_and_the_step():
    session = describe_session(World(0, 2, torch.device("cpu")), Path("data"), 7)
    assert (session["from_step"], session["processes"]) == (7, 2)
    assert session["packages"]["torch"] == torch.__version__
    assert json.loads(json.dumps(session)) == session


@pytest.mark.parametrize("before", [None, b"{", b"[]", b'{"sessions": 3}'])
def test_sessions_are_appended_and_damaged_files_are_replaced(before, tmp_path):
    path = tmp_path / "environment.json"
    if before is not None:
        path.write_bytes(before)
    if before == b'{"sessions": 3}':
        with pytest.raises(TypeError):
            add_session(path, {"from_step": 0})
        return
    add_session(path, {"from_step": 0})
    add_session(path, {"from_step": 5})
    sessions = json.loads(path.read_bytes())["sessions"]
    assert [session["from_step"] for session in sessions] == [0, 5]
