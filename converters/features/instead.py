"""Stand-ins for inputs that transcripts do not have: models, or neutral values."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from converters.errors import InputError
from converters.features.alignment_profile import made_of
from converters.features.coordinates.reading import SUFFIXES, is_model
from converters.features.neutral import BUILT_IN, Neutral
from converters.features.raw_files import RawFiles
from converters.features.stand_ins import StandIns
from converters.identifiers import Names
from converters.text import plain_name

_NAMES = (
    re.compile(r"AF-(?P<id>.+)-F1-model_v\d+"),  # AlphaFold's database
    re.compile(r"(?P<id>.+)_relaxed_rank_0*1_.+"),  # ColabFold's best model
    re.compile(r"(?P<id>.+)_unrelaxed_rank_0*1_.+"),
)


class Models:
    """Models of transcripts: one file for whatever is asked, or a folder of them by id.

    A file is named `<id>.pdb`, `.ent`, `.cif` or `.mmcif`, each also compressed, or as AlphaFold's
    database and ColabFold name their models; in this order, if there are several.
    """

    def __init__(self, source: Path) -> None:
        """List the folder.

        Raises:
            InputError: a file with another suffix.
            OSError: there is no such file or folder.
        """
        self.source = source
        self.single = not source.is_dir()
        self._files: dict[str, list[Path]] = {}
        if self.single:
            source.stat()
            if not is_model(source):
                raise InputError(
                    f"{source}: not a model by its name; expected {', '.join(SUFFIXES)}, or a"
                    " folder of such files"
                )
            return
        names = sorted(entry.name for entry in os.scandir(source) if entry.is_file())
        ranked = sorted((_rank(name), name) for name in names if is_model(Path(name)))
        for (_, transcript), name in sorted((rank, name) for rank, name in ranked):
            self._files.setdefault(transcript, []).append(source / name)
        if not self._files:
            raise InputError(f"{source}: contains no model; expected <id>.pdb or <id>.cif")

    def find(self, transcript: str) -> list[Path]:
        """Return a transcript's models, the one to use first; with or without its version."""
        if self.single:
            return [self.source]
        name = Names(self._files, self.source).find(transcript)
        return [] if name is None else self._files[name]


def _rank(name: str) -> tuple[int, str]:
    """Return how a file is named, the preferred way first, and the id in its name."""
    stem = Path(plain_name(name)).stem
    for rank, pattern in enumerate(_NAMES, 1):
        if found := pattern.fullmatch(stem):
            return rank, found["id"]
    return 0, stem


@dataclass(frozen=True)
class Instead:
    """Stand-ins for inputs: `models` for the structure, other values for `without`.

    These are `neutral` ones, but for the profile, which is made from the alignment.
    """

    models: Models | None = None
    without: frozenset[str] = frozenset()
    neutral: Neutral = BUILT_IN

    def of(self, raw: RawFiles) -> RawFiles:
        """Return a transcript's inputs with their stand-ins; what is not used is named."""
        paths, unused = dict(raw.paths), list(raw.unused)
        for kind in sorted(self.without & paths.keys()):
            unused.append(paths.pop(kind).name)
        models = self.models.find(raw.transcript) if self.models else []
        if models:
            if "structure" in paths:
                unused.append(paths["structure"].name)
            paths["structure"] = models[0]
            unused += [path.name for path in models[1:]]
        return raw._replace(paths=paths, unused=tuple(unused), without=self.without)


NOTHING = Instead()


def is_same(recorded: StandIns, raw: RawFiles, neutral: Neutral) -> bool:
    """Return whether the record of a matrix agrees with what would stand in now."""
    wanted = {kind: neutral.origin for kind in raw.without}
    if "profile" in wanted:
        wanted["profile"] = made_of(raw.paths["alignment"])
    structure = raw.paths.get("structure")
    if structure is not None and is_model(structure):
        wanted["structure"] = f"model {structure.name},"
    return recorded.keys() == wanted.keys() and all(
        recorded[kind].startswith(by) for kind, by in wanted.items()
    )
