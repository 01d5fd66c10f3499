import json

import pytest
import torch

from converters.errors import InputError
from pt_gmvp.pretraining.folder import CURVES, HEADS, METRICS, RESULTS, Folder, load_network


def names(path):
    return sorted(each.name for each in path.iterdir())


@pytest.mark.parametrize("gap", [False, True])
def test_a_network_is_read_back_as_it_was(network, tmp_path, gap):
    made = network(3, gap)
    Folder(tmp_path / "run").write_weights(made)
    found = load_network(tmp_path / "run")
    assert not found.training
    assert found.gmvp.config == made.gmvp.config
    expected = made.state_dict()
    assert found.state_dict().keys() == expected.keys()
    assert all(torch.equal(value, expected[name]) for name, value in found.state_dict().items())


@pytest.mark.parametrize("damage", ["missing", "not safetensors", "of a wider model"])
def test_other_heads_are_refused(network, tmp_path, damage):
    Folder(tmp_path / "run").write_weights(network())
    heads = tmp_path / "run" / HEADS
    if damage == "missing":
        heads.unlink()
    elif damage == "not safetensors":
        heads.write_bytes(b"no heads")
    else:
        Folder(tmp_path / "other").write_weights(network(d_model=10))
        heads.write_bytes((tmp_path / "other" / HEADS).read_bytes())
    with pytest.raises(InputError, match=rf"{HEADS}: not the heads of this model \(") as refused:
        load_network(tmp_path / "run")
    assert "\n" not in str(refused.value)


def test_metrics_and_results_are_json(tmp_path):
    folder = Folder(tmp_path / "run")
    folder.write_metrics([{"epoch": 1}])
    folder.write_metrics([{"epoch": 1}, {"epoch": 2, "loss": None}])
    folder.write_results({"best_epoch": 2})
    lines = (tmp_path / "run" / METRICS).read_text().splitlines()
    assert [json.loads(line) for line in lines] == [{"epoch": 1}, {"epoch": 2, "loss": None}]
    assert json.loads((tmp_path / "run" / RESULTS).read_text()) == {"best_epoch": 2}
    assert names(tmp_path / "run") == [METRICS, RESULTS]


def test_curves_are_drawn_of_what_was_evaluated(tmp_path):
    # Without counts and allele frequencies, only the residues have a curve.
    kinds = ("divergence", "deviance", "error")
    values = {"divergence": 0.5, "deviance": None, "error": None}
    training = {f"training_{name}": values[name] for name in kinds}
    folder = Folder(tmp_path / "run")
    folder.draw_curves([{"epoch": 1, **values, **training}], 1, {"background": values})
    assert (tmp_path / "run" / CURVES).read_bytes().startswith(b"\x89PNG")


def test_only_an_earlier_run_is_replaced_and_only_by_force(tmp_path):
    run = tmp_path / "run"
    Folder(run).write_results({})
    with pytest.raises(InputError, match="is not empty; give --force to replace the pre-training"):
        Folder(run)
    assert names(run) == [RESULTS]
    Folder(run, force=True)
    assert names(run) == []
    (run / "mine.txt").touch()
    with pytest.raises(InputError, match=r"contains mine\.txt, which is not part of"):
        Folder(run, force=True)
    assert names(run) == ["mine.txt"]


def test_a_folder_in_none_is_refused(tmp_path):
    with pytest.raises(InputError, match="the parent folder does not exist; create it first"):
        Folder(tmp_path / "none" / "run")
