import json

import pytest

from pt_gmvp.config import ConfigError
from pt_gmvp.pretraining.settings import PretrainSettings, load_settings


def test_a_section_or_none(tmp_path):
    path = tmp_path / "c.json"
    path.write_text('{"model": {}}')
    assert load_settings(path) == PretrainSettings()
    path.write_text('{"pretrain": {"gap": true, "max_epochs": 3, "count_weight": 0}}')
    assert load_settings(path) == PretrainSettings(gap=True, max_epochs=3, count_weight=0)
    path.write_text(json.dumps({"pretrain": PretrainSettings(patience=2).to_dict()}))
    assert load_settings(path) == PretrainSettings(patience=2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"pretrain": {"learning_rat": 1}}', "unknown pretrain key 'learning_rat'; did you mean"),
        ('{"pretrain": {"gap": 1}}', "gap is 1; allowed: true or false"),
        ('{"pretrain": {"batch_size": 0}}', "batch_size is 0; allowed: a whole number, 1 or more"),
        ('{"pretrain": {"max_epochs": true}}', "max_epochs is True; allowed: a whole number"),
        ('{"pretrain": {"learning_rate": 0}}', "learning_rate is 0; allowed: a number above 0"),
        ('{"pretrain": {"count_weight": -1}}', "count_weight is -1; allowed: a number, 0 or more"),
        ('{"pretrain": {"validation_share": 1}}', "validation_share is 1; allowed: a number betw"),
        ('{"pretrain": {"learning_rate": NaN}}', "learning_rate is nan; allowed"),
        ('{"pretrain": []}', "pretrain is []; expected keys with values"),
        ("{", "not JSON"),
    ],
)
def test_what_is_refused(tmp_path, text, said):
    path = tmp_path / "c.json"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)


def test_no_such_file(tmp_path):
    with pytest.raises(ConfigError, match="expected a JSON file"):
        load_settings(tmp_path / "none.json")
