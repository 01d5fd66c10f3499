"""Conversion of TFRecord files to a store, with a record of what was skipped."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from converters.records.tfrecord import LeftOut, RecordError
from converters.records.variant_record import VariantRecord, read_records
from converters.store.index import Source
from converters.store.tensors import checksum
from converters.store.writer import Summary, write_store

_LISTED = 100_000


class Account(NamedTuple):
    """Result of a conversion: summary and sources of the store, skipped regions, and numbers of
    dropped `extra` features by name."""

    summary: Summary
    sources: list[Source]
    left_out: list[LeftOut]
    extra: dict[str, int]


class Reading:
    """Reads files one after another, and records what was skipped."""

    def __init__(
        self,
        files: Sequence[Path],
        *,
        window: int,
        skip_corrupt: bool,
        drop_extra: bool,
        on_bytes: Callable[[float], None] | None,
    ) -> None:
        self.files, self.window = files, window
        self.skip_corrupt, self.drop_extra, self.on_bytes = skip_corrupt, drop_extra, on_bytes
        self.left_out: list[LeftOut] = []
        self.extra: Counter[str] = Counter()
        self._counts: list[tuple[int, int]] = []
        self._skips = 0

    def records(self) -> Iterator[VariantRecord]:
        """Yield all records, in the order of the files."""
        for file in self.files:
            before, count = self._skips, 0
            for record in read_records(
                file,
                window=self.window,
                on_skip=self._skip if self.skip_corrupt else None,
                on_extra=self._on_extra,
                on_bytes=self.on_bytes,
            ):
                count += 1
                yield record
            self._counts.append((count, self._skips - before))

    def sources(self) -> list[Source]:
        """Return descriptions of the files, after all were read."""
        return [
            Source(file.name, file.stat().st_size, checksum(file), *counts)
            for file, counts in zip(self.files, self._counts, strict=True)
        ]

    def _skip(self, left_out: LeftOut) -> None:
        self._skips += 1
        if self._skips > _LISTED:
            raise RecordError(
                f"{left_out.path}: more than {_LISTED} damaged records; not converted"
            )
        self.left_out.append(left_out)

    def _on_extra(self, names: list[str]) -> None:
        if not self.drop_extra:
            held = ", ".join(ascii(name)[1:-1] for name in names)
            raise RecordError(
                f"has extra features {held:.200}, which a store cannot keep; give --drop-extra to"
                " drop them"
            )
        if len(self.extra) < _LISTED:
            self.extra.update(names)


def convert(
    files: Sequence[Path],
    output: Path,
    *,
    window: int,
    skip_corrupt: bool = False,
    drop_extra: bool = False,
    force: bool = False,
    on_bytes: Callable[[float], None] | None = None,
) -> Account:
    """Convert TFRecord files to one store, in the given order.

    Raises:
        RecordError: a file is damaged, or does not hold variant records.
        InputError: the destination must not be replaced, or there are no records.
        OSError: a file cannot be read or written.
    """
    reading = Reading(
        files, window=window, skip_corrupt=skip_corrupt, drop_extra=drop_extra, on_bytes=on_bytes
    )
    sources = list[Source]()

    def described() -> list[Source]:
        sources.extend(reading.sources())
        return sources

    summary = write_store(output, reading.records(), sources=described, window=window, force=force)
    return Account(summary, sources, reading.left_out, dict(reading.extra))
