import torch

from pt_gmvp.pretraining.network import Prediction, predict


def test_the_heads_start_at_a_given_prediction(network):
    made = network()
    start = Prediction(torch.arange(20.0)[None], torch.tensor([0.5]), torch.arange(20.0)[None] / 7)
    made.start_at(start)
    for layer in (made.residues, made.rate, made.frequency):
        torch.nn.init.zeros_(layer.weight)
    seen = made.gmvp.neighbor_encoding.weight.new_zeros(3, 129, 73)
    found = made(type("Seen", (), {"context": seen, "mask": seen[..., 0]})())
    for one, other in zip(found, start, strict=True):
        torch.testing.assert_close(one, other.expand_as(one))


def test_predictions_do_not_depend_on_the_batch(network, lawful_proteins):
    made, places = network(), lawful_proteins.places([0, 1])
    done = []
    whole = predict(made, lawful_proteins, places, False, done.append)
    assert sum(done) == len(places)
    some = predict(made, lawful_proteins, places[5:8], False)
    for one, other in zip(whole, some, strict=True):
        torch.testing.assert_close(one[5:8], other)
    assert not made.training
