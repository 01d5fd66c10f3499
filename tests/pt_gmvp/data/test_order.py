import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from pt_gmvp.data import EpochSampler
from pt_gmvp.data.order import epoch_order, this_rank

lengths, worlds, sizes = st.integers(0, 60), st.integers(1, 5), st.integers(1, 9)


@given(lengths, worlds, sizes, st.integers(0, 3), st.booleans())
def test_every_variant_once_over_all_ranks(length, world, size, epoch, shuffle):
    samplers = [
        EpochSampler(length, size, shuffle, 7, rank=rank, world_size=world) for rank in range(world)
    ]
    shares = [[i for batch in s.batches(epoch) for i in batch] for s in samplers]
    assert sorted(i for share in shares for i in share) == list(range(length))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    for sampler in samplers:
        assert len(list(sampler.batches(epoch))) == len(sampler)


@given(lengths, worlds, sizes, st.sampled_from(["pad", "drop"]), st.booleans())
def test_even_shares(length, world, size, even, drop_last):
    samplers = [
        EpochSampler(length, size, True, 1, drop_last, even, rank, world) for rank in range(world)
    ]
    batches = [list(s.batches(0)) for s in samplers]
    assert [len(b) for b in batches] == [len(s) for s in samplers]
    shares = [[i for batch in part for i in batch] for part in batches]
    assert len({len(share) for share in shares}) == 1
    found = [i for share in shares for i in share]
    if not drop_last and even == "pad":
        assert set(found) == set(range(length))
        assert len(found) < length + world
    if even == "drop":
        assert len(set(found)) == len(found)
    if even == "drop" and not drop_last:
        assert len(found) > length - world


def test_the_order_hangs_on_seed_and_epoch_alone():
    def flat(**settings):
        size = settings.pop("size", 4)
        epoch = settings.pop("epoch", 0)
        sampler = EpochSampler(50, size, True, **settings)
        return [i for batch in sampler.batches(epoch) for i in batch]

    assert flat() == flat(size=7)
    assert flat() != flat(epoch=1)
    assert flat() != flat(seed=1)
    ranks = [flat(rank=rank, world_size=3) for rank in range(3)]
    assert flat() == [ranks[i % 3][i // 3] for i in range(50)]
    # Pinned: a state saved today must continue the same epoch tomorrow.
    assert epoch_order(8, True, 3, 2, this_rank(0, 1)).tolist() == [7, 6, 4, 5, 1, 0, 3, 2]


@given(st.integers(1, 30), sizes, st.data())
def test_resuming_anywhere_gives_the_rest(length, size, data):
    whole = EpochSampler(length, size, True, 5)
    epochs = [list(whole), list(whole)]
    stop = data.draw(st.integers(0, len(epochs[0])))
    first = EpochSampler(length, size, True, 5)
    iterator = iter(first)
    before = [next(iterator) for _ in range(stop)]
    second = EpochSampler(length, size, True, 5)
    second.load_state_dict(first.state_dict())
    second.set_epoch(second.state_dict()["epoch"])
    assert before + list(second) == epochs[0]
    assert list(second) == epochs[1]


def test_a_pass_that_is_given_up_begins_anew():
    sampler = EpochSampler(10, 3, True)
    first = next(iter(sampler))
    assert next(iter(sampler)) == first
    sampler.set_epoch(3)
    assert next(iter(sampler)) != first


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"length": 9}, "saved with length 9, now it is 10"),
        ({"seed": 1}, "saved with seed 1"),
        ({"rank": 1}, "saved with rank 1"),
        ({"batches": -1}, "the state's batches is -1"),
        ({"epoch": "1"}, "the state's epoch is '1'"),
    ],
)
def test_a_state_of_other_data_is_refused(change, message):
    sampler = EpochSampler(10, 3)
    with pytest.raises(InputError, match=message):
        sampler.load_state_dict(sampler.state_dict() | change)
    with pytest.raises(InputError, match="the state's epoch is None"):
        sampler.load_state_dict({})


def test_wrong_settings_are_refused():
    for wrong in ({"batch_size": 0}, {"even": "yes"}, {"rank": 2, "world_size": 2}, {"rank": 0}):
        with pytest.raises(ValueError, match="expected"):
            EpochSampler(10, **({"batch_size": 2} | wrong))


def test_the_world_is_asked_of_torch_distributed(tmp_path):
    import torch.distributed

    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path / 'meet'}", rank=0, world_size=1
    )
    try:
        assert this_rank() == (0, 1)
    finally:
        torch.distributed.destroy_process_group()
    assert np.array_equal(epoch_order(3, False, 0, 0, this_rank()), [0, 1, 2])
