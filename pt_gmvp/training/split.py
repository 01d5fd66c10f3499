"""Training and validation variants: the release's ten files, or a list of names."""

import glob
import hashlib
import os
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from converters.errors import InputError
from converters.text import lines_of, read_text
from converters.variants.reading import Options
from pt_gmvp.data import RecordDataset, VariantDataset
from pt_gmvp.data.opening import is_store, open_stored
from pt_gmvp.data.source import SubsetDataset

if TYPE_CHECKING:
    from pt_gmvp.data import TableDataset

READ_LABELS = Options(labels=True)
SPLIT_SEED = 2020
FILES = 10
STEM = "train_r0"
"""Beginning of the ten files' names; its last character is replaced by the replicate."""


@dataclass(frozen=True)
class Source:
    """Place of the variants, and how they are split.

    Attributes:
        data: a folder of TFRecord files, one such file, a tensor store, or a table of variants;
            with `files`, the folder that all of them are in or below.
        features: the folder of matrices, which a table needs.
        replicate: the digit in the names of the ten files.
        cv: which of the ten validates.
        validation: a file with the names of the variants that validate, one a line; in place of
            the ten files and `cv`.
        stem: beginning of the ten files' names.
        files: the files to train on and those to validate on, in place of all other ways.
        reading: how to read a table.
        on_problem: "refuse" a table with a variant that cannot be used, or "skip" the variant.
    """

    data: Path
    features: Path | None = None
    replicate: int = 0
    cv: int = 0
    validation: Path | None = None
    stem: str = STEM
    files: tuple[Sequence[Path], Sequence[Path]] | None = None
    reading: Options = READ_LABELS
    on_problem: Literal["refuse", "skip"] = "refuse"


@dataclass(frozen=True)
class Split:
    """Training and validation data, and an account of where they came from, ready for JSON."""

    training: VariantDataset
    validation: VariantDataset
    account: dict[str, Any]


TEN, LISTED, TABLE = "ten files", "listed files", "table"
"""Kinds of data in a run's account: the release's ten files, two lists of files, a table."""


def split_files(folder: Path, replicate: int, cv: int, stem: str = STEM) -> tuple[list[str], str]:
    """Choose the files to train on and the one to validate on, of `train_r<replicate>*tfrec`.

    The ten are shuffled by Python's random, seeded 2020, from the order in which glob lists them,
    as in the release: that is the file system's order, so the same `cv` may mean another file
    elsewhere.

    Raises:
        InputError: there are not ten files, or no file of that number.
    """
    name = f"{glob.escape(stem[:-1])}{replicate}*tfrec"
    pattern = str(Path(glob.escape(str(folder))) / name)
    # Path.glob may list in another order than the release's glob.glob.
    files = glob.glob(pattern)
    if len(files) != FILES:
        raise InputError(
            f"{pattern}: {len(files)} files; expected {FILES}, one of them for validation; give"
            " another --data or --replicate, or --validation LIST to split by the variants' names"
        )
    if not 0 <= cv < FILES:
        raise InputError(f"--cv is {cv}; expected the number of a file, 0 to {FILES - 1}")
    random.Random(SPLIT_SEED).shuffle(files)
    return files[:cv] + files[cv + 1 :], files[cv]


def open_split(source: Source, recorded: Mapping[str, Any] | None = None) -> Split:
    """Open the data and split them.

    Args:
        source: what to open.
        recorded: the account of an earlier call, whose order of files is kept: glob's may have
            changed since.

    Raises:
        InputError: the data are damaged or unknown or cannot be split so, or a part has no variant
            or one without a label.
        OSError: a file cannot be read.
    """
    if not source.data.exists():
        raise InputError(f"{source.data}: no such file or folder of variants")
    if source.files is not None:
        split = _by_lists(source.data, *source.files)
    elif source.validation is None:
        split = _by_files(source, recorded)
    else:
        split = _by_names(source, source.validation)
    for what, part in (("train on", split.training), ("validate on", split.validation)):
        if not len(part):
            raise InputError(f"{source.data}: no variant to {what}; expected one or more")
    unlabelled = np.flatnonzero(np.isnan(split.validation.labels))
    if len(unlabelled):
        first = split.validation.var_ids[unlabelled[0]]
        raise InputError(
            f"{source.data}: {first} and {len(unlabelled) - 1} more have no label to validate on; "
            "give data with targets of 0 and 1"
        )
    return split


def _by_files(source: Source, recorded: Mapping[str, Any] | None) -> Split:
    if not source.data.is_dir() or is_store(source.data):
        raise InputError(
            f"{source.data}: not a folder of {FILES} TFRecord files; give --validation LIST to "
            "name the variants that validate"
        )
    if source.features is not None:
        raise InputError(f"{source.data}: records have their own windows; leave out --features")
    training, validation = split_files(source.data, source.replicate, source.cv, source.stem)
    if recorded and "files" in recorded:
        names = {Path(file).name: file for file in (*training, validation)}
        missing = [n for n in (*recorded["files"], recorded["validation"]) if n not in names]
        if missing:
            raise InputError(
                f"{source.data}: the run was started with {missing[0]}, which has disappeared"
            )
        training = [names[name] for name in recorded["files"]]
        validation = names[recorded["validation"]]
    parts = RecordDataset(training), RecordDataset(validation)
    account = {
        "kind": TEN,
        "replicate": source.replicate,
        "cv": source.cv,
        "files": [Path(file).name for file in training],
        "validation": Path(validation).name,
        "bytes": sum(Path(file).stat().st_size for file in (*training, validation)),
        **_counts(*parts),
    }
    if source.stem[:-1] != STEM[:-1]:
        account["stem"] = source.stem
    return Split(*parts, account)


def _by_lists(folder: Path, training: Sequence[Path], validation: Sequence[Path]) -> Split:
    both = {path.resolve() for path in training} & {path.resolve() for path in validation}
    if both:
        raise InputError(
            f"{min(both)}: is among the files to train on and among those to validate on; leave it"
            " out of one of the two"
        )
    parts = RecordDataset(list(training)), RecordDataset(list(validation))
    account = {
        "kind": LISTED,
        "files": [os.path.relpath(path, folder) for path in training],
        "validation_files": [os.path.relpath(path, folder) for path in validation],
        "bytes": sum(path.stat().st_size for path in (*training, *validation)),
        **_counts(*parts),
    }
    return Split(*parts, account)


def _by_names(source: Source, listed: Path) -> Split:
    names = [line.strip() for line in lines_of(read_text(listed))]
    wanted = {name for name in names if name}
    kind, whole = _open(source)
    ids = whole.var_ids
    missing = sorted(wanted.difference(ids))
    if missing:
        more = f" and {len(missing) - 1:,} more are" if missing[1:] else " is"
        raise InputError(
            f"{listed}: {missing[0]}{more} not in {source.data}; expected names of its variants, "
            "one per line"
        )
    training = SubsetDataset(whole, [i for i, name in enumerate(ids) if name not in wanted])
    validation = SubsetDataset(whole, [i for i, name in enumerate(ids) if name in wanted])
    digest = hashlib.sha256("\n".join(ids + sorted(wanted)).encode()).hexdigest()
    account = {"kind": kind, "names_sha256": digest, **_counts(training, validation)}
    return Split(training, validation, account)


def _open(source: Source) -> tuple[str, VariantDataset]:
    """Open anything but the ten files; return its kind as well."""
    data = source.data
    if data.is_dir() or data.name.endswith("tfrec"):
        if source.features is not None:
            raise InputError(f"{data}: records have their own windows; leave out --features")
        return open_stored(data)
    if source.features is None:
        raise InputError(f"{data}: a table requires --features, the folder of its matrices")
    from pt_gmvp.data import TableDataset

    table = TableDataset(
        data, source.features, on_problem=source.on_problem, options=source.reading
    )
    _say_skipped(table)
    return TABLE, table


def _say_skipped(table: "TableDataset") -> None:
    """Print the variants that are not trained on; one of several processes does."""
    if len(table.problems) and os.environ.get("RANK", "0") == "0":
        from converters.commands.reading_tables import print_listed

        counts = (table.problems.counts(failed) for failed in (False, True))
        kinds = [f"{kind}: {number:,}" for each in counts for kind, number in each.items()]
        print_listed(table.problems, reported=False)
        print(f"note: not trained on: {', '.join(kinds)}", file=sys.stderr)


def _counts(training: VariantDataset, validation: VariantDataset) -> dict[str, int]:
    return {"training_variants": len(training), "validation_variants": len(validation)}
