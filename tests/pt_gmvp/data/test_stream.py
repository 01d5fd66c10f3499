import pytest

from converters.records.variant_record import write_records
from pt_gmvp.data import RecordStream, loader
from tests.pt_gmvp.data.record_batches import NAMES, flat, names


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


def test_compressed_files_are_swept(made, tmp_path):
    write_records(tmp_path / "a.tfrec.gz", made(3), gzipped=True)
    assert flat(RecordStream(tmp_path / "a.tfrec.gz", 2)) == NAMES[:3]


@pytest.mark.parametrize("shuffle", [0, 5])
@pytest.mark.parametrize("start", [0, 2, 6, 9])
def test_batches_from_a_number_on_are_the_last_of_all(files, shuffle, start):
    stream = RecordStream(files, 4, shuffle)
    assert names(stream.batches(1, start)) == names(stream.batches(1))[start:]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 0}, "a batch of 0; expected 1 or more"),
        ({"seed": -1}, "seed=-1; expected"),
        ({"even": "pad"}, "'no' or 'drop'"),
        ({"rank": 2, "world_size": 2}, "rank 2 of 2; expected 0 to 1"),
    ],
)
def test_settings_out_of_range_are_refused(files, settings, message):
    with pytest.raises(ValueError, match=message):
        RecordStream(files, **{"batch_size": 4, **settings})
