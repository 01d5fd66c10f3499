"""`gmvp predict --variants`: from tables of variants to a table of scores in their order."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.commands.reading_tables import print_notes
from converters.features.stand_ins import StandIns, of_matrices
from converters.variants.reading import Options, Read, read_tables
from converters.variants.rows import Rows
from pt_gmvp.ensemble import ModelSource
from pt_gmvp.runs.devices import Precision, choose_device
from pt_gmvp.runs.distributed import World
from pt_gmvp.runs.progress import show_progress
from pt_gmvp.scoring.block_scores import UNUSABLE, BlockScores, VariantScores, score_blocks
from pt_gmvp.scoring.blocks import Blocks, cut_blocks
from pt_gmvp.scoring.folder import PartsFolder
from pt_gmvp.scoring.models import Ensemble, inverts_in_bf16, load_ensemble
from pt_gmvp.scoring.outputs import Output
from pt_gmvp.scoring.parts import Part, PartWriter
from pt_gmvp.scoring.predictions import AT_ONCE, Account, write_predictions
from pt_gmvp.scoring.reasons import Reasons, scored_rows
from pt_gmvp.scoring.shared_run import one_process, run_shared, say


@dataclass(frozen=True)
class Request:
    """Variants to score, and where to write the scores.

    Attributes:
        models: folders or files of the ensemble's models.
        output: the table to write.
        tables: of variants.
        features: the folder of matrices.
        options: how to read the tables.
        device: its name.
        precision: of matrix products.
        force: replace the output or parts of another run.
        timeout: seconds for which processes wait for each other at the end.
    """

    models: Sequence[ModelSource]
    output: Output
    tables: Sequence[Path]
    features: Path
    options: Options = field(default_factory=Options)
    device: str = "auto"
    precision: Precision = "float32"
    force: bool = False
    timeout: float = 3600.0


class _Plan(NamedTuple):
    """Plan of a run: the blocks, and those that each process scores."""

    blocks: Blocks
    shares: list[list[int]]


def run(request: Request) -> Account | None:
    """Score as requested; return None on all processes but the first.

    No table is written if nothing can be scored.

    Raises:
        InputError: invalid arguments or tables, or a failed run; the message says which.
        ConfigError: a model's configuration is not gMVP's.
        OSError: something cannot be read or written.
    """
    if request.output.stream:
        one_process(request.output)
        return _TableRun(request).in_memory()
    return _TableRun(request).in_parts()


class _TableRun:
    """One run; what was read of the tables stays on the process that writes."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.folder = PartsFolder(request.output.path)
        self.read: Read | None = None
        self.which = np.empty(0, np.int64)
        self.kept = 0

    def load(self) -> Ensemble:
        """Load the models."""
        given = self.request
        return load_ensemble(given.models, choose_device(given.device), given.precision)

    def cut(self, ensemble: Ensemble) -> Blocks:
        """Read the tables, and cut their variants into blocks."""
        self.read = read_tables(self.request.tables, self.request.options)
        print_notes(self.read)
        if inverts_in_bf16(ensemble):
            say(
                "note: --precision bf16 with pairwise_type inv_cov needs the whole network for each"
                " variant, which is much slower; float32 does not"
            )
        blocks, self.which = cut_blocks(self.read.rows, self.request.features)
        return blocks

    def in_memory(self) -> Account:
        """Score into a stream, which cannot be resumed."""
        ensemble = self.load()
        blocks = self.cut(ensemble)
        started, scores = monotonic(), VariantScores.of(blocks)

        def keep(found: BlockScores) -> None:
            scores.add(blocks, found.block, found.residues, found.scores)

        with show_progress("scoring", len(blocks.code), "variants") as advance:
            score_blocks(ensemble, blocks, range(len(blocks)), keep, advance)
        seconds = monotonic() - started
        return self.finish(ensemble, blocks, scores, len(blocks.code), seconds)

    def in_parts(self) -> Account | None:
        """Score with all processes, keeping what is done, and write the table."""
        return run_shared(
            self.folder, self.load, self.request.timeout, self._plan, self._work, self._merge
        )

    def _plan(self, ensemble: Ensemble, world: World) -> _Plan:
        blocks = self.cut(ensemble)
        self.folder.start(
            {
                "of": "variants",
                "models": ensemble.digests,
                "precision": self.request.precision,
                "device": ensemble.device.type,
            },
            self.request.force,
        )
        done = self.folder.blocks()
        # A matrix that could not be read is tried again.
        rest = [
            block
            for block, name in enumerate(blocks.names)
            if name not in done or done[name].stamp[0]
        ]
        self.kept = len(blocks.code) - sum(map(blocks.size, rest))
        if self.kept:
            say(
                f"{self.folder.path}: has {self.kept:,} of {len(blocks.code):,} distinct variants;"
                " continuing"
            )
        ends = [len(rest) * each // world.size for each in range(world.size + 1)]
        return _Plan(blocks, [rest[ends[r] : ends[r + 1]] for r in range(world.size)])

    def _work(self, ensemble: Ensemble, plan: _Plan, world: World) -> int:
        """Score this process' share into a file of its own; return the number of variants."""
        share, blocks = plan.shares[world.rank], plan.blocks
        label = "scoring" if world.size == 1 else f"scoring, process 1 of {world.size}"
        total = sum(map(blocks.size, share))
        with (
            closing(PartWriter(self.folder.path)) as writer,
            show_progress(label, total, "variants", shown=world.first) as advance,
        ):

            def keep(found: BlockScores) -> None:
                name, stamp = blocks.names[found.block], (found.unusable, 0)
                writer.write(name, stamp, found.residues, found.scores)

            score_blocks(ensemble, blocks, share, keep, advance)
        return total

    def _merge(
        self, ensemble: Ensemble, plan: _Plan, works: Sequence[int], seconds: float
    ) -> Account:
        """Collect what all processes scored; keep the parts if a matrix could not be used."""
        scores = VariantScores.of(plan.blocks)
        done = self.folder.blocks()
        for block, name in enumerate(plan.blocks.names):
            part: Part = done[name]
            scores.add(plan.blocks, block, *part.read(0, part.length))
        account = self.finish(ensemble, plan.blocks, scores, sum(works), seconds)
        if not account.variants or not (scores.residues == UNUSABLE).any():
            self.folder.remove()
        return account

    def finish(
        self, ensemble: Ensemble, blocks: Blocks, scores: VariantScores, scored: int, seconds: float
    ) -> Account:
        """List the variants without a score, and write the table of the others."""
        assert self.read is not None
        rows, listed = self.read.rows, self.read.listed
        good = np.flatnonzero(scored_rows(rows, scores, self.which))
        reasons = Reasons(rows, self.which, blocks, scores, self.request.features)
        reasons.list_unscored(self.request.tables, listed)
        stand_ins = self._stand_ins(blocks, good)
        if len(good):
            with show_progress("writing", len(good), "variants") as advance:

                def chunks() -> Iterator[tuple[list[str], NDArray[np.float64]]]:
                    for start in range(0, len(good), AT_ONCE):
                        some = good[start : start + AT_ONCE]
                        yield names_of(rows, some), scores.scores[self.which[some]]
                        advance(len(some))

                write_predictions(self.request.output, chunks(), stand_ins)
        lines, kinds = self.read.lines, self.read.kinds
        return Account(
            ensemble, len(good), self.kept, scored, seconds, listed, lines, kinds, stand_ins
        )

    def _stand_ins(self, blocks: Blocks, good: NDArray[np.int64]) -> dict[str, StandIns]:
        """Return what stood in for inputs of the transcripts with a score."""
        scored = np.unique(blocks.transcript[self.which[good]]).tolist()
        files = ((blocks.transcripts[number], blocks.files[number]) for number in scored)
        return of_matrices({name: file.path for name, file in files if file is not None})


def names_of(rows: Rows, numbers: NDArray[np.int64]) -> list[str]:
    """Return the names of some variants; see `Rows.name`."""
    if rows.names is not None:
        return [rows.name(number) for number in numbers.tolist()]
    transcripts = rows.transcripts
    columns = (rows.transcript, rows.position, rows.ref, rows.alt)
    found = zip(*(column[numbers].tolist() for column in columns), strict=True)
    return [f"{transcripts[t]}_{position}_{ref:c}_{alt:c}" for t, position, ref, alt in found]
