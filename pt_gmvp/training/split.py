"""Which variants train and which validate: the release's ten files, or a list of names."""

import glob
import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from converters.errors import InputError
from converters.text import read_text
from pt_gmvp.data import RecordDataset, VariantDataset
from pt_gmvp.data.subset import SubsetDataset

SPLIT_SEED = 2020
FILES = 10


class SplitError(InputError):
    """Data that cannot be split as asked, or a part of it that cannot be trained on."""


@dataclass(frozen=True)
class Source:
    """Where the variants are, and what splits them.

    Attributes:
        data: a folder of TFRecord files, one such file, a tensor store, or a table of variants.
        features: the folder of matrices that a table needs.
        replicate: the digit in the names of the ten files.
        cv: which of the ten validates.
        validation: a file of names, one a line, of the variants that validate; in place of the
            ten files and `cv`.
    """

    data: Path
    features: Path | None = None
    replicate: int = 0
    cv: int = 0
    validation: Path | None = None


@dataclass(frozen=True)
class Split:
    """Two data sets, and an account of how they came about, as JSON has it."""

    training: VariantDataset
    validation: VariantDataset
    account: dict[str, Any]


def split_files(folder: Path, replicate: int, cv: int) -> tuple[list[str], str]:
    """Choose the files to train on and the one to validate on, of `train_r<replicate>*tfrec`.

    The ten are shuffled by Python's random, seeded 2020, from the order in which glob lists them,
    as released: that order is the file system's, so the same `cv` may mean another file elsewhere.

    Raises:
        SplitError: there are not ten files, or no file of that number.
    """
    pattern = str(Path(glob.escape(str(folder))) / f"train_r{replicate}*tfrec")
    # Path.glob need not list in the order of the release's glob.glob.
    files = glob.glob(pattern)
    if len(files) != FILES:
        raise SplitError(
            f"{pattern}: {len(files)} files; expected {FILES}, of which one validates; name another"
            " --data or --replicate, or give --validation LIST to split by variants' names"
        )
    if not 0 <= cv < FILES:
        raise SplitError(f"--cv is {cv}; expected the number of a file, 0 to {FILES - 1}")
    random.Random(SPLIT_SEED).shuffle(files)
    return files[:cv] + files[cv + 1 :], files[cv]


def open_split(source: Source, recorded: Mapping[str, Any] | None = None) -> Split:
    """Open the data and split them.

    Args:
        source: what to open.
        recorded: the account of an earlier opening, whose order of files is taken: glob's may have
            changed since.

    Raises:
        SplitError: the data cannot be split so, or a part has no variant or one without a label.
        InputError: the data are damaged, or none that are known.
        OSError: a file cannot be read.
    """
    if not source.data.exists():
        raise SplitError(f"{source.data}: no such file or folder of variants")
    if source.validation is None:
        split = _by_files(source, recorded)
    else:
        split = _by_names(source, source.validation)
    for what, part in (("train on", split.training), ("validate on", split.validation)):
        if not len(part):
            raise SplitError(f"{source.data}: no variant to {what}; expected one or more")
    unlabelled = np.flatnonzero(np.isnan(split.validation.labels))
    if len(unlabelled):
        first = split.validation.var_ids[unlabelled[0]]
        raise SplitError(
            f"{source.data}: {first} has no label to validate on, nor have "
            f"{len(unlabelled) - 1} more; give data with targets of 0 and 1"
        )
    return split


def _by_files(source: Source, recorded: Mapping[str, Any] | None) -> Split:
    if not source.data.is_dir() or _is_store(source.data):
        raise SplitError(
            f"{source.data}: no folder of {FILES} TFRecord files; give --validation LIST to say "
            "which variants validate"
        )
    training, validation = split_files(source.data, source.replicate, source.cv)
    if recorded and "files" in recorded:
        names = {Path(file).name: file for file in (*training, validation)}
        missing = [n for n in (*recorded["files"], recorded["validation"]) if n not in names]
        if missing:
            raise SplitError(f"{source.data}: the run was begun with {missing[0]}, which has gone")
        training = [names[name] for name in recorded["files"]]
        validation = names[recorded["validation"]]
    parts = RecordDataset(training), RecordDataset(validation)
    account = {
        "kind": "ten files",
        "replicate": source.replicate,
        "cv": source.cv,
        "files": [Path(file).name for file in training],
        "validation": Path(validation).name,
        "bytes": sum(Path(file).stat().st_size for file in (*training, validation)),
        **_counts(*parts),
    }
    return Split(*parts, account)


def _by_names(source: Source, listed: Path) -> Split:
    names = [line.strip() for line in read_text(listed).splitlines()]
    wanted = {name for name in names if name}
    kind, whole = _open(source)
    ids = whole.var_ids
    missing = sorted(wanted.difference(ids))
    if missing:
        more = f", nor are {len(missing) - 1:,} more" if len(missing) > 1 else ""
        raise SplitError(
            f"{listed}: {missing[0]} is no variant of {source.data}{more}; expected names of its "
            "variants, one a line"
        )
    training = SubsetDataset(whole, [i for i, name in enumerate(ids) if name not in wanted])
    validation = SubsetDataset(whole, [i for i, name in enumerate(ids) if name in wanted])
    digest = hashlib.sha256("\n".join(ids + sorted(wanted)).encode()).hexdigest()
    account = {"kind": kind, "names_sha256": digest, **_counts(training, validation)}
    return Split(training, validation, account)


def _open(source: Source) -> tuple[str, VariantDataset]:
    """Open what is no set of ten files, told by what it is."""
    data = source.data
    if _is_store(data):
        from pt_gmvp.data import StoreDataset

        return "store", StoreDataset(data)
    if data.is_dir():
        files = sorted(data.glob("*tfrec"))
        if not files:
            raise SplitError(f"{data}: no tensor store, and no file *tfrec in it")
        return "records", RecordDataset(files)
    if data.name.endswith("tfrec"):
        return "records", RecordDataset(data)
    if source.features is None:
        raise SplitError(f"{data}: a table needs --features, the folder of its matrices")
    from pt_gmvp.data import TableDataset

    return "table", TableDataset(data, source.features)


def _is_store(path: Path) -> bool:
    return (path / "index.json").is_file()


def _counts(training: VariantDataset, validation: VariantDataset) -> dict[str, int]:
    return {"training_variants": len(training), "validation_variants": len(validation)}
