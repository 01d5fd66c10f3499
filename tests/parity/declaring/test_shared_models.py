"""Models shared between runs: made once, and anew if a layer keeps something from its calls."""

import pytest

from parity.declaring.shared_models import (
    SharedModels,
    same_state,
    shared_models,
    sharing,
    sharing_wholes,
    state_of,
)
from parity.errors import SideFailedError


class Model:
    made = 0

    def __init__(self):
        Model.made += 1
        self.held = {"size": 3, "list": [1], "table": object()}

    def state(self):
        return state_of([self.held], lambda value: value)


@pytest.fixture
def get():
    Model.made = 0
    models = SharedModels()
    return lambda layer, key=("model", "float32"): models.get(key, layer, Model, Model.state)


def test_a_model_is_made_once_for_all_layers(get):
    assert get("a") is get("b") is get("a")
    assert get("a", ("model", "float64")) is not get("a")
    assert Model.made == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda held: held.update(size=4),
        lambda held: held["list"].append(2),
        lambda held: held.update(table=object()),
        lambda held: held.update(cache=1),
        lambda held: held.update(size=True),
    ],
)
def test_a_layer_that_its_calls_change_has_a_model_of_its_own_each_time(get, change):
    first = get("a")
    change(first.held)
    second = get("a")
    assert second is not first
    assert get("a") is not second
    # Other layers share one that the layer has not changed.
    other = get("b")
    assert other.held["size"] == 3
    assert get("b") is other


def test_a_number_that_is_set_again_to_the_same_is_no_change(get):
    first = get("a")
    first.held["size"] = 3.0 - 0
    assert not same_state(first.state(), state_of([{"size": 3}], lambda value: value))
    first.held["size"] = 3
    assert get("a") is first


def test_nothing_is_shared_outside_of_a_block():
    models = SharedModels()
    assert shared_models(whole=False) is None
    with sharing(models):
        assert shared_models(whole=False) is models
        assert shared_models(whole=True) is None
        with sharing_wholes():
            assert shared_models(whole=False) is models
            assert shared_models(whole=True) is not None
            with sharing(None):
                assert shared_models(whole=False) is shared_models(whole=True) is None
    with sharing_wholes():
        assert shared_models(whole=False) is shared_models(whole=True) is not None
    assert shared_models(whole=True) is None


def test_forgotten_models_are_made_anew():
    models = SharedModels()
    first = models.get(("m",), "a", Model, Model.state)
    models.clear()
    assert models.get(("m",), "a", Model, Model.state) is not first


def test_a_model_that_cannot_be_made_is_not_tried_again():
    tried = []

    def fail():
        tried.append(1)
        raise SideFailedError("it knows no float64")

    models = SharedModels()
    for layer in ("a", "b"):
        with pytest.raises(SideFailedError, match="no float64"):
            models.get(("m", "float64"), layer, fail, Model.state)
    assert len(tried) == 1
    assert models.get(("m", "float32"), "a", Model, Model.state).held["size"] == 3
