import json
import shutil

import pytest
import typer

from converters.errors import InputError
from pt_gmvp.commands.models import choose_models
from pt_gmvp.ensemble import WeightFile


@pytest.fixture
def lab(golden, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("ensemble_21.h5", "ensemble_22.h5", "ensemble_config.json"):
        shutil.copy(golden / name, tmp_path)
    (tmp_path / "folder").mkdir()
    return tmp_path


def test_a_list_of_the_original_is_an_ensemble(lab, capsys):
    listed, config = lab / "models.txt", lab / "ensemble_config.json"
    listed.write_bytes(b"\xef\xbb\xbfensemble_21.h5\r\n\r\n  epoch-7.h5 \nensemble_22.h5\nfolder\n")
    chosen = choose_models(None, listed, config)
    names = [s.path.name if isinstance(s, WeightFile) else s.name for s in chosen.sources]
    assert names == ["ensemble_21.h5", "ensemble_22.h5", "folder"]
    assert chosen.missing == ["epoch-7.h5"]
    assert capsys.readouterr().err == (
        f"note: {listed}: epoch-7.h5: no such model; it is left out\n"
    )
    with pytest.raises(typer.Exit) as end:
        chosen.fail_if_missing()
    assert end.value.exit_code == 1
    assert "1 of 4 models of the list do not exist; the scores are those of the other 3" in (
        capsys.readouterr().err
    )


def test_what_nothing_reads_in_the_configuration_is_noted(lab, capsys):
    model = json.loads((lab / "ensemble_config.json").read_text())["model"]
    (lab / "c.json").write_text(json.dumps({"model": model | {"rate": 0.1}}))
    chosen = choose_models([lab / "ensemble_21.h5"], None, lab / "c.json")
    chosen.fail_if_missing()
    assert "without effect, as nothing reads it: model.rate" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("models", "listed", "config", "message"),
    [
        (None, None, None, "give --model MODEL, once or more, or --model_list LIST"),
        (["folder"], "list", None, "give --model MODEL, once or more, or --model_list LIST"),
        (["ensemble_21.h5"], None, None, "ensemble_21.h5: is a file; expected a model folder, or"),
        (["folder"], None, "ensemble_config.json", "--config has no effect: a model folder has"),
        (None, "list", None, "list: none of its models exists, such as epoch-1.h5"),
        (None, "empty", None, "empty: names no model; expected one path per line"),
    ],
)
def test_what_is_refused(lab, models, listed, config, message):
    (lab / "list").write_text("epoch-1.h5\n")
    (lab / "empty").write_text("\n")
    place = type(lab)
    with pytest.raises(InputError) as refused:
        choose_models(
            [place(name) for name in models] if models else None,
            place(listed) if listed else None,
            place(config) if config else None,
        )
    assert str(refused.value).startswith(message)
