import pytest
import torch

from converters.errors import InputError
from pt_gmvp.pretraining.baselines import Places, baselines
from pt_gmvp.pretraining.loop import pretrain
from pt_gmvp.pretraining.losses import evaluate
from pt_gmvp.pretraining.network import predict
from pt_gmvp.pretraining.settings import PretrainSettings

SETTINGS = PretrainSettings(
    learning_rate=1e-2, warmup_steps=10, batch_size=32, max_epochs=12, epoch_size=480
)


@pytest.fixture(scope="module")
def rows(lawful_proteins):
    return lawful_proteins.places(range(16)), lawful_proteins.places(range(16, 24))


def train(network, proteins, rows, settings=SETTINGS, seed=0):
    training, validation = rows
    return list(pretrain(network, proteins, training, validation, settings, seed))


@pytest.mark.slow
def test_a_law_is_learned_that_no_constant_tells(network, lawful_proteins, rows):
    made = network()
    epochs = train(made, lawful_proteins, rows)
    losses = [epoch.line["divergence"] for epoch in epochs]
    assert losses[-1] < 0.3 * losses[0]
    training, judged = (Places(some, lawful_proteins.targets(some)) for some in rows)
    told = baselines(lawful_proteins, training, judged, 0)
    found = {name: evaluate(one, judged.truth).divergence for name, one in told.items()}
    # Three kinds alike cost ln 3; both neighbours and the linear model see which kind it is.
    assert found["background"] > 0.8
    assert found["neighbours"] < 0.1
    assert found["linear"] < 0.1
    assert losses[-1] < 0.1


def test_the_same_seed_gives_the_same_bits(network, lawful_proteins, rows):
    settings = PretrainSettings(max_epochs=2, epoch_size=64)
    states = []
    for seed in (0, 0, 1):
        made = network()
        lines = [e.line for e in train(made, lawful_proteins, rows, settings, seed)]
        assert [line["epoch"] for line in lines] == [1, 2]
        states.append(made.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert not all(torch.equal(states[0][name], states[2][name]) for name in states[0])


def test_it_stops_when_nothing_gets_better(network, lawful_proteins, rows):
    # With nothing learned, the first epoch stays the best.
    settings = PretrainSettings(
        learning_rate=1e-30, end_learning_rate=0, patience=3, max_epochs=20, epoch_size=32
    )
    epochs = train(network(), lawful_proteins, rows, settings)
    assert [epoch.best for epoch in epochs] == [True, False, False, False]


def test_a_loss_that_is_not_finite_ends_it_by_name(network, lawful_proteins, rows):
    made = network()
    with torch.no_grad():
        made.rate.weight.fill_(torch.inf)
    before = made.residues.weight.clone()
    with pytest.raises(InputError, match=r"step 1: the loss is .*counts (inf|nan)"):
        train(made, lawful_proteins, rows)
    assert torch.equal(made.residues.weight, before)


@pytest.mark.slow
def test_allele_frequencies_are_learned_where_they_are_given(network, lawful_proteins, rows):
    found = lawful_proteins.frequency.clone()
    try:
        # A substitute is as rare as its column lacks it; every other position has none given.
        shares = lawful_proteins.context[:, 20:40]
        lawful_proteins.frequency[::2] = -5 + 2 * shares[::2]
        made = network()
        epochs = train(made, lawful_proteins, rows)
        told = predict(made, lawful_proteins, rows[1], False)
        truth = lawful_proteins.targets(rows[1])
        assert truth.frequency.isnan().any()
        training = Places(rows[0], lawful_proteins.targets(rows[0]))
        flat = baselines(lawful_proteins, training, Places(rows[1], truth), 0)["background"]
    finally:
        lawful_proteins.frequency[:] = found
    assert epochs[-1].line["error"] == pytest.approx(evaluate(told, truth).error)
    assert evaluate(told, truth).error < evaluate(flat, truth).error


def test_what_the_query_and_pairs_would_need_learns_nothing(network, lawful_proteins, rows):
    made = network()
    before = {name: tensor.clone() for name, tensor in made.gmvp.state_dict().items()}
    train(made, lawful_proteins, rows, PretrainSettings(max_epochs=1, epoch_size=256))
    moved = {n for n, tensor in made.gmvp.state_dict().items() if not tensor.equal(before[n])}
    assert {name.partition(".")[0] for name in moved} == {"neighbor_encoding", "mha"}
    assert {"mha.wk.weight", "mha.wv.weight", "mha.out_proj.weight", "mha.wq.bias"} <= moved
    assert not {"mha.wq.weight", "mha.w_pairwise.weight"} & moved
