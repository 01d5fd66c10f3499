"""A cause becomes a patch of the files that its calls are written in."""

import pytest

from parity.declaring.frameworks import Recorded, Way
from parity.declaring.known_bug import ChangedOutputs, KnownBug, OtherOperation
from parity.declaring.source_edits import Edit, Place, Written
from parity.diagnosing.diagnosis import RootCause
from parity.diagnosing.patches import combined, make_patch, with_places
from parity.diagnosing.source_rewriting import CannotWriteError

SOURCE = """from torch import nn

c = nn.Conv1d(3, 4, 3)
for _ in range(2):
    x = c(x.softmax(1))
"""
AXIS = Edit((("dim", "-1"),))
PADDED = Edit((("bias", "False"),), before="torch.nn.functional.pad({input}, (0, 1))")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.py"
    path.write_text(SOURCE)
    return str(path)


def cause(kind, index, way):
    return RootCause((KnownBug(None, way, "", OtherOperation(kind, index, way)),), 0.0)


def softmax(file, number=0, edit=AXIS):
    written = Written(Place(file, 5, 5, 10, 22), parameters=("input", "dim"), method=True)
    return Recorded("softmax", number, "", (Way("over axis 2", 23, False, edit),), written)


def conv(file, called=True):
    written = Written(
        Place(file, 5, 5, 8, 23) if called else None,
        Place(file, 3, 3, 4, 22),
        "Conv1d",
        ("in_channels", "bias"),
        ("input",),
    )
    return Recorded("conv1d", 0, "", (Way("padded", 16, True, PADDED),), written)


def test_a_line_that_runs_several_times_is_changed_once(file):
    calls = [softmax(file), softmax(file, 1)]
    for index in (0, 1, None):
        patch = make_patch(cause("softmax", index, "over axis 2"), calls)
        assert patch.after[file] == SOURCE.replace("softmax(1)", "softmax(-1)")
    assert patch.before == {file: SOURCE}
    assert patch.diff.splitlines()[:2] == [f"--- {file}", f"+++ {file}"]
    assert "-    x = c(x.softmax(1))\n+    x = c(x.softmax(-1))\n" in patch.diff
    assert with_places(cause("softmax", None, ""), calls).written == (calls[0].written,)


def test_a_layer_that_ran_alone_is_changed_where_the_whole_model_calls_it(file):
    alone, whole = conv(file, called=False), [softmax(file), conv(file)]
    found = cause("conv1d", 0, "padded")
    with pytest.raises(CannotWriteError, match="not in the candidate's own source"):
        make_patch(found, [alone])
    patch = make_patch(found, [alone], whole)
    assert "nn.Conv1d(3, False, 3)" in patch.after[file]
    assert "x = c(nn.functional.pad(x.softmax(1), (0, 1)))" in patch.after[file]


def test_torch_is_imported_where_a_patch_needs_it(file):
    relu = Edit(after="torch.relu({call})")
    patch = make_patch(cause("softmax", 0, "over axis 2"), [softmax(file, edit=relu)])
    assert patch.after[file].startswith("import torch\nfrom torch import nn\n")


def test_patches_of_several_causes_are_combined(file):
    one = make_patch(cause("softmax", 0, "over axis 2"), [softmax(file)])
    two = make_patch(cause("conv1d", 0, "padded"), [conv(file)])
    both = combined([one, two, one]).after[file]
    assert "x = c(nn.functional.pad(x.softmax(-1), (0, 1)))" in both
    other = make_patch(
        cause("softmax", 0, "over axis 2"), [softmax(file, edit=Edit((("dim", "0"),)))]
    )
    with pytest.raises(CannotWriteError, match="two changes of the same code"):
        combined([one, other])


def test_a_cause_that_is_in_no_call_has_no_patch(file):
    flipped = KnownBug(None, "sign flipped", "y", ChangedOutputs(lambda outputs, task: outputs))
    with pytest.raises(CannotWriteError, match="not in a call"):
        make_patch(RootCause((flipped,), 0.0), [softmax(file)])
    with pytest.raises(CannotWriteError, match="no certain way"):
        make_patch(cause("softmax", 0, "over axis 2"), [softmax(file, edit=None)])
    assert with_places(RootCause((flipped,), 0.0), [softmax(file)]).written == ()


def test_paths_in_the_declaration_follow_a_module_that_is_inserted(file, tmp_path):
    port = tmp_path / "port.py"
    port.write_text("W = (('0', 'net.0'), ('1', 'net.1.weight'), 'net.10', 'net.2')\n")
    edit = Edit(after="torch.relu({call})", following="torch.nn.ReLU()")
    place = Place(file, 3, 3, 4, 22)
    written = Written(None, place, "Conv1d", listed=True, path="net.0", behind=2)
    call = Recorded("conv1d", 0, "", (Way("followed", None, True, edit),), written)
    patch = make_patch(cause("conv1d", 0, "followed"), [call], (), port)
    assert "nn.Conv1d(3, 4, 3), nn.ReLU()" in patch.after[file]
    changed = "W = (('0', 'net.0'), ('1', 'net.2.weight'), 'net.10', 'net.3')\n"
    assert patch.after[str(port)] == changed
    with pytest.raises(CannotWriteError, match="other names"):
        make_patch(cause("conv1d", 0, "followed"), [call])
