import pytest
import torch

from converters.errors import InputError
from pt_gmvp.config import ModelConfig, TrainingConfig
from pt_gmvp.optim import AddonsAdamW, KerasAdam, learning_rate, loss
from pt_gmvp.runs.distributed import World
from pt_gmvp.training.building import Settings, draw
from pt_gmvp.training.learner import Learner

TRAINING = TrainingConfig(
    learning_rate=0.01, end_learning_rate=1e-3, warmup_steps=2, decay_steps=5, batch_size=4
)
ALONE = World(0, 1, torch.device("cpu"))


def make(seed=1, dropout_rate=0.0, config=TRAINING, **settings):
    model = draw(ModelConfig(d_fc=4, d_model=4, num_heads=1, dropout_rate=dropout_rate), seed)
    model.form = "fast"
    return Learner(model, config, Settings(**settings), ALONE)


def gradients(learner):
    return [weight.grad.clone() for weight in learner.model.parameters()]


@pytest.fixture
def four(batch):
    """Four variants."""
    short = batch._replace(var_id=batch.var_id[:4], window=None)
    return short._replace(
        **{
            name: getattr(batch, name)[:4]
            for name in ("label", "ref_aa", "alt_aa", "feature", "mask")
        }
    )


def test_loss_and_norm_are_those_of_the_whole_batch(four):
    learner = make()
    found = learner.differentiate(four, range(4), 4, 0)
    expected = loss(learner.model(*four.inputs), four.label)
    assert found.loss == pytest.approx(expected.item(), rel=1e-6)
    squares = sum(gradient.double().square().sum() for gradient in gradients(learner))
    assert found.gradient_norm == pytest.approx(squares.sqrt().item(), rel=1e-5)
    assert found.asked == 0
    assert learner.differentiate(four, range(4), 4, 0, asked=True).asked == 1


@pytest.mark.parametrize("rate", [0.0, 0.4])
def test_pieces_give_the_gradients_of_all_at_once(four, rate):
    whole, cut = make(dropout_rate=rate), make(dropout_rate=rate, accumulate=3)
    one, other = (learner.differentiate(four, range(4), 4, 7) for learner in (whole, cut))
    assert other.loss == pytest.approx(one.loss, rel=1e-6)
    for mine, theirs in zip(gradients(whole), gradients(cut), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-6)


def test_a_stand_in_counts_for_nothing(four):
    learner = make()
    found = learner.differentiate(four, [], 4, 0)
    assert (found.loss, found.gradient_norm) == (0, 0)


def test_dropout_depends_on_the_step_alone(four):
    learner = make(dropout_rate=0.4)
    losses = [learner.differentiate(four, range(4), 4, step).loss for step in (3, 3, 4)]
    assert losses[0] == losses[1] != losses[2]


def test_an_update_takes_the_schedules_rate(four):
    learner = make()
    for number in range(6):
        assert learner.rate == pytest.approx(learning_rate(number, 0.01, 1e-3, 2, 5))
        learner.differentiate(four, range(4), 4, number)
        learner.update()


def test_warming_up_changes_nothing(four):
    learner = make()
    before = {name: tensor.clone() for name, tensor in learner.state()[0].items()}
    learner.warm_up(four)
    tensors, _ = learner.state()
    assert tensors.keys() == before.keys()
    assert all(torch.equal(before[name], tensor) for name, tensor in tensors.items())


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_a_learner_continues_from_a_state_to_the_same_bits(four, optimizer):
    config = TrainingConfig(optimizer=optimizer, warmup_steps=2, decay_steps=5)
    first, second = make(1, 0.4, config), make(2, 0.4, config)
    assert type(first.optimizer) is {"adam": KerasAdam, "adamw": AddonsAdamW}[optimizer]

    def step(learner, number):
        found = learner.differentiate(four, range(4), 4, number)
        learner.update()
        return found

    step(first, 0), step(first, 1)
    tensors, state = first.state()
    second.load_state({name: tensor.clone() for name, tensor in tensors.items()}, state)
    assert second.rate == first.rate
    for number in (2, 3):
        assert step(first, number) == step(second, number)
    (mine, numbers), (theirs, others) = first.state(), second.state()
    assert numbers == others
    assert all(torch.equal(theirs[name], tensor) for name, tensor in mine.items())


def test_a_variant_that_the_model_refuses_is_named(four):
    feature = four.feature.clone()
    feature[2, 5, 30] = -1
    with pytest.raises(
        InputError, match=rf"^variant {four.var_id[2]}: feature\[2, 5, 30\]: residue code"
    ):
        make().predict(four._replace(feature=feature))
