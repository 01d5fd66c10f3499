import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.data.order import EpochSampler, Rank
from pt_gmvp.training.sharing import SharedBatches, pieces
from pt_gmvp.training.step import backward


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 3), st.integers(1, 5))
def test_any_number_of_processes_shares_the_same_batches(length, batch_size, epoch, world):
    whole = list(EpochSampler(length, batch_size, True, 3, rank=0, world_size=1).batches(epoch))
    shared = [SharedBatches(length, batch_size, 3, Rank(rank, world)) for rank in range(world)]
    parts = [list(batches.batches(epoch)) for batches in shared]
    assert {len(part) for part in parts} == {len(whole)}
    for number, batch in enumerate(whole):
        found = {}
        for batches, part in zip(shared, parts, strict=True):
            rows = batches.rows(number)
            assert batches.size(number) == len(batch)
            assert batches.whole(epoch, number) == batch
            if rows:
                found |= zip(rows, part[number], strict=True)
            else:
                assert part[number] == batch[:1]
        assert found == dict(enumerate(batch))


def test_a_state_fits_any_number_of_processes():
    one, two = SharedBatches(40, 7, 3, Rank(0, 1)), SharedBatches(40, 7, 3, Rank(1, 2))
    first = iter(one)
    next(first), next(first)
    two.load_state_dict(one.state_dict())
    assert list(two) == list(two.batches(0, 2))


def gradients(model, parts):
    model.zero_grad()
    for batch, share in parts:
        backward(model, batch, share=share)
    return [parameter.grad.clone() for parameter in model.parameters()]


@pytest.mark.parametrize("number", [1, 2, 3, 10, 99])
def test_pieces_weighted_by_their_rows_make_the_whole(number, small, batch):
    model = small()
    whole = gradients(model, [(batch, 1.0)])
    cut = pieces(batch, range(10), 10, number)
    assert len(cut) == min(number, 10)
    assert [row for piece in cut for row in piece.rows] == list(range(10))
    found = gradients(model, [(piece.batch, piece.share) for piece in cut])
    for one, other in zip(whole, found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-14)


def test_pieces_weighted_alike_do_not(small, batch):
    """The comparison can fail: 3, 3 and 4 rows do not count as thirds."""
    model = small()
    whole = gradients(model, [(batch, 1.0)])
    cut = pieces(batch, range(10), 10, 3)
    found = gradients(model, [(piece.batch, 1 / 3) for piece in cut])
    with pytest.raises(AssertionError):
        torch.testing.assert_close(whole, found, rtol=1e-3, atol=1e-3)


def test_a_stand_in_counts_for_nothing(small, batch):
    (piece,) = pieces(batch, range(0), 10, 4)
    assert (piece.batch, piece.rows, piece.share) == (batch, [0], 0.0)
    assert not any(gradient.any() for gradient in gradients(small(), [(piece.batch, piece.share)]))


def test_shared_windows_are_shared_out_with_their_variants(small, batch):
    window = torch.tensor([3, 3, 1, 0, 0, 2, 3, 1, 4, 2])
    shared = batch._replace(feature=batch.feature[:5], mask=batch.mask[:5], window=window)
    model = small()
    expected = model(*shared.inputs)
    found = torch.cat([model(*piece.batch.inputs) for piece in pieces(shared, range(10), 10, 4)])
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-14)
