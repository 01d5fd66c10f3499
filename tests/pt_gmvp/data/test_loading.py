from itertools import islice

import pytest
import torch

from converters.errors import InputError
from converters.records.tfrecord import RecordError
from pt_gmvp.data import RecordDataset, RecordStream, loader
from tests.pt_gmvp.data.record_batches import NAMES, flat, names, same


@pytest.mark.slow
@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_workers_make_the_same_batches(files, context):
    dataset = RecordDataset(files)
    dataset[3]  # Opens a file, which must do no harm in another process.
    alone = loader(dataset, 4, shuffle=True, seed=3)
    shared = loader(dataset, 4, True, 3, num_workers=2, multiprocessing_context=context)
    for _ in range(2):
        for one, other in zip(alone, shared, strict=True):
            assert same(one, other)
    assert alone.epoch == shared.epoch == 2


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("kind", ["numbered", "stream", "shuffled stream"])
def test_resuming_at_every_batch_gives_the_rest(files, kind, workers):
    def make():
        if kind == "numbered":
            return loader(RecordDataset(files), 4, shuffle=True, seed=2, num_workers=workers)
        held = 8 if kind == "shuffled stream" else 0
        return loader(RecordStream(files, 4, held, seed=2), num_workers=workers)

    whole = make()
    first_epoch, second_epoch = names(whole), names(whole)
    # With workers each stop starts processes anew: the ends and the middle are enough.
    for stop in range(7) if workers == 0 else (1, 3, 6):
        interrupted = make()
        before = names(islice(interrupted, stop)) if stop else []
        state = interrupted.state_dict()
        resumed = make()
        resumed.load_state_dict(state)
        assert resumed.state_dict() == state
        assert before + names(resumed) == first_epoch
        assert names(resumed) == second_epoch


def test_a_state_counts_what_was_handed_out(files):
    batches = loader(RecordDataset(files), 4, num_workers=2)
    for number, _ in enumerate(batches, 1):
        assert batches.state_dict()["batches"] == number
        assert batches.state_dict()["epoch"] == 0
    assert (batches.state_dict()["epoch"], batches.state_dict()["batches"]) == (1, 0)


def test_a_shuffled_stream_does_not_go_on_with_other_workers(files):
    state = loader(RecordStream(files, 4, 8), num_workers=2).state_dict()
    with pytest.raises(InputError, match="saved with workers 2, now it is 1"):
        loader(RecordStream(files, 4, 8)).load_state_dict(state)
    state = loader(RecordStream(files, 4), num_workers=2).state_dict()
    loader(RecordStream(files, 4)).load_state_dict(state)


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("kind", ["numbered", "stream"])
def test_a_damaged_record_is_named_in_the_main_process(damaged, kind, workers):
    source = RecordDataset(damaged) if kind == "numbered" else RecordStream(damaged, 4)
    batches = loader(source, 4 if kind == "numbered" else None, num_workers=workers)
    seen = []
    with pytest.raises(RecordError) as refused:
        seen += batches
    place = r"damaged\.tfrec, record 2 at byte \d+: "
    assert refused.match(place)
    assert "\n" not in str(refused.value)
    assert flat(seen) == NAMES[:12]


def test_damage_in_a_worker_leaves_the_batches_before_it(damaged):
    batches = iter(loader(RecordStream(damaged, 4), num_workers=2))
    assert names(islice(batches, 3)) == [NAMES[:4], NAMES[4:8], NAMES[8:12]]
    with pytest.raises(RecordError, match="record 2 at byte"):
        next(batches)


def test_settings_that_contradict_are_refused(files):
    with pytest.raises(ValueError, match="pass batch size, order and rank to the RecordStream"):
        loader(RecordStream(files, 4), 4)
    with pytest.raises(ValueError, match="no batch_size"):
        loader(RecordDataset(files))
    with pytest.raises(ValueError, match="'no' or 'drop'"):
        RecordStream(files, 4, even="pad")
    with pytest.raises(TypeError, match="has no length"):
        len(loader(RecordStream(files, 4)))
    assert len(loader(RecordDataset(files), 4)) == 6


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device to pin memory for")
@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_pinned(files, workers):
    for batch in loader(RecordDataset(files), 4, num_workers=workers):
        assert all(part.is_pinned() for part in (batch.label, *batch.inputs[:4]))
        moved = batch.to("cuda", non_blocking=True)
        assert torch.equal(moved.feature.cpu(), batch.feature)
