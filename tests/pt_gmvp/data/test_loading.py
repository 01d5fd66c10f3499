import threading
from itertools import islice

import numpy as np
import pytest
import torch

from converters.errors import InputError
from converters.records.tfrecord import RecordError
from converters.records.variant_record import write_records
from pt_gmvp.data import Batch, RecordDataset, RecordStream, as_batch, collate, loader, read_batches

NAMES = [f"variant_{number}" for number in range(23)]


def names(batches) -> list[list[str]]:
    return [batch.var_id for batch in batches]


def same(one: Batch, other: Batch) -> bool:
    tensors = ("label", "ref_aa", "alt_aa", "feature", "mask")
    return one.var_id == other.var_id and all(
        torch.equal(getattr(one, name), getattr(other, name)) for name in tensors
    )


def flat(batches) -> list[str]:
    return [name for batch in batches for name in batch.var_id]


def test_by_number_and_in_a_sweep_are_the_same(files):
    dataset = RecordDataset(files)
    assert len(dataset) == 23
    assert dataset.var_ids == NAMES
    np.testing.assert_array_equal(dataset.labels, np.arange(23, dtype=np.float32) % 2)
    by_number = list(loader(dataset, 4))
    swept = list(loader(RecordStream(files, 4)))
    alone = list(RecordStream(files, 4))
    assert flat(by_number) == NAMES
    for one, *others in zip(by_number, swept, alone, strict=True):
        assert all(same(one, other) for other in others)
    assert (by_number[0].mask[:, 64] == 1).all()
    assert dataset[-1].var_id == "variant_22"
    assert dataset[22].mask[64] == 0
    with pytest.raises(IndexError, match="no variant 23; there are 23"):
        dataset[23]


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


@pytest.mark.parametrize("workers", [0, 1, 2, 3])
@pytest.mark.parametrize("world", [1, 2, 3])
def test_a_stream_is_shared_out_without_overlap_or_loss(files, workers, world):
    for shuffle in (0, 5):
        found = []
        for rank in range(world):
            stream = RecordStream(files, 2, shuffle, rank=rank, world_size=world)
            parts = [
                iter(stream.batches(0, 0, worker, max(1, workers)))
                for worker in range(max(1, workers))
            ]
            found += [name for part in parts for name in flat(part)]
        assert sorted(found) == sorted(NAMES)


def test_a_stream_in_order_is_the_same_with_workers(files):
    assert names(loader(RecordStream(files, 4), num_workers=2)) == names(RecordStream(files, 4))


def test_even_ranks_of_a_stream_have_as_many(files):
    shares = [flat(RecordStream(files, 4, even="drop", rank=r, world_size=3)) for r in range(3)]
    assert [len(share) for share in shares] == [7, 7, 7]
    assert sorted(name for share in shares for name in share) == sorted(NAMES[:21])


def test_a_shuffled_stream_hangs_on_seed_and_epoch(files):
    def order(seed=0, epoch=0):
        return flat(RecordStream(files, 4, 6, seed).batches(epoch))

    assert order() == order()
    assert sorted(order()) == sorted(NAMES)
    assert len({tuple(order()), tuple(order(seed=1)), tuple(order(epoch=1)), tuple(NAMES)}) == 4


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
    with pytest.raises(InputError, match="taken with workers 2, this has 1"):
        loader(RecordStream(files, 4, 8)).load_state_dict(state)
    state = loader(RecordStream(files, 4), num_workers=2).state_dict()
    loader(RecordStream(files, 4)).load_state_dict(state)


@pytest.fixture
def damaged(files, tmp_path):
    """The last file with a byte of its third record changed; it is the 13th of all."""
    path = tmp_path / "damaged.tfrec"
    whole = bytearray(files[3].read_bytes())
    whole[2 * len(whole) // 13 + 1000] ^= 1
    path.write_bytes(whole)
    return [*files[:3], path]


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


def test_one_damaged_record_costs_no_other(damaged):
    dataset = RecordDataset(damaged)
    assert [dataset[i].var_id for i in range(23) if i != 12] == NAMES[:12] + NAMES[13:]


def test_damage_in_a_worker_leaves_the_batches_before_it(damaged):
    batches = iter(loader(RecordStream(damaged, 4), num_workers=2))
    assert names(islice(batches, 3)) == [NAMES[:4], NAMES[4:8], NAMES[8:12]]
    with pytest.raises(RecordError, match="record 2 at byte"):
        next(batches)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda whole: whole[:-10], "the file is cut short"),
        (lambda whole: whole + b"12345", "5 bytes are left"),
        (lambda whole: b"no record file at all", "expected a TFRecord file"),
        (lambda whole: b"\x1f\x8b" + whole, "is gzip-compressed"),
        (lambda whole: b"\xff" * 12 + whole, "does not match its checksum"),
    ],
)
def test_files_refused_by_their_heads(change, message, files, tmp_path):
    path = tmp_path / "wrong.tfrec"
    path.write_bytes(change(files[2].read_bytes()))
    with pytest.raises(RecordError, match=message):
        RecordDataset(path)


def test_a_file_cut_while_in_use_is_refused(files, tmp_path):
    path = tmp_path / "cut.tfrec"
    path.write_bytes(files[2].read_bytes())
    dataset = RecordDataset(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(RecordError, match=r"cut\.tfrec, record 0 at byte 0: the file grew shorter"):
        dataset[0]


def test_compressed_files_are_swept(made, tmp_path):
    write_records(tmp_path / "a.tfrec.gz", made(3), gzipped=True)
    assert flat(RecordStream(tmp_path / "a.tfrec.gz", 2)) == NAMES[:3]


def test_threads_end_with_what_they_read_for(files, damaged):
    before = threading.active_count()
    stopped = read_batches(files[0], 1)
    next(stopped)
    stopped.close()
    for _ in loader(RecordStream(files, 1)):
        break
    with pytest.raises(RecordError):
        list(read_batches(damaged[3], 1))
    assert threading.active_count() == before


def test_single_records_are_put_together(made):
    records = made(3)
    assert same(as_batch(records), collate(records))
    assert as_batch(collate(records)).var_id == NAMES[:3]
    with pytest.raises(ValueError, match="no records to make a batch of"):
        collate([])


def test_settings_that_contradict_are_refused(files):
    with pytest.raises(ValueError, match="a RecordStream has its batch size"):
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


def test_pin_memory_keeps_what_is_not_there(made, monkeypatch):
    monkeypatch.setattr(torch.Tensor, "pin_memory", torch.Tensor.clone)
    batch = collate([record._replace(label=None) for record in made(2)]).pin_memory()
    assert batch.label is None
    assert batch.window is None
    assert batch.var_id == NAMES[:2]
