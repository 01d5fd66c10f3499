"""Finding the next sound frame: over any distance, without going back."""

import gzip

from converters.records import tfrecord_resync
from converters.records.tfrecord import LeftOut, Stream, read_frames, write_frames


def test_a_compressed_stream_is_read_once_however_long_the_damage_is(tmp_path, monkeypatch):
    monkeypatch.setattr(tfrecord_resync, "_CHUNK", 1 << 12)
    good = tmp_path / "good"
    write_frames(good, [b"payload" * 9])
    path = tmp_path / "bad"
    damage = b"\xff" * (1 << 17) + b"\xfe" * 777
    path.write_bytes(gzip.compress(damage + good.read_bytes()))
    seeks: list[int] = []
    seek = Stream.seek

    def counted(stream, offset):
        seeks.append(offset)
        return seek(stream, offset)

    monkeypatch.setattr(Stream, "seek", counted)
    left_out: list[LeftOut] = []
    frames = list(read_frames(path, on_damage=left_out.append))
    assert [frame.payload for frame in frames] == [b"payload" * 9]
    assert [(item.start, item.stop) for item in left_out] == [(0, len(damage))]
    assert len(seeks) < 6


def test_a_head_across_the_border_of_two_chunks_is_found(tmp_path, monkeypatch):
    good = tmp_path / "good"
    write_frames(good, [b"payload"])
    for chunk in range(64, 90):
        monkeypatch.setattr(tfrecord_resync, "_CHUNK", chunk)
        (tmp_path / "bad").write_bytes(b"\xff" * 77 + good.read_bytes())
        left_out: list[LeftOut] = []
        frames = list(read_frames(tmp_path / "bad", on_damage=left_out.append))
        assert [frame.payload for frame in frames] == [b"payload"]
        assert left_out[0].stop == 77
