"""`gmvp score`: from a folder of matrices to the table of all their substitutions."""

from collections.abc import Container, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from converters.errors import InputError
from converters.features.stand_ins import StandIns, of_matrices, recording
from pt_gmvp.ensemble import ModelSource
from pt_gmvp.runs.devices import Precision, choose_device
from pt_gmvp.runs.distributed import World
from pt_gmvp.runs.progress import show_progress
from pt_gmvp.scoring.folder import PartsFolder
from pt_gmvp.scoring.merging import merge
from pt_gmvp.scoring.models import Ensemble, check_precision, load_ensemble
from pt_gmvp.scoring.outputs import Output, text_writer
from pt_gmvp.scoring.parts import PartWriter
from pt_gmvp.scoring.shared_run import one_process, run_shared, say
from pt_gmvp.scoring.transcripts import Task, Wanted, find_wanted, share
from pt_gmvp.scoring.working import Scored, Work, score


@dataclass(frozen=True)
class Request:
    """Transcripts to score, and where to write the scores.

    Attributes:
        features: the folder of matrices.
        models: folders or files of the ensemble's models.
        output: the table to write.
        transcripts: a list of ids; None for all in the folder.
        device: its name.
        precision: of matrix products.
        force: replace the output or parts of another run.
        timeout: seconds for which processes wait for each other at the end.
    """

    features: Path
    models: Sequence[ModelSource]
    output: Output
    transcripts: Path | None = None
    device: str = "auto"
    precision: Precision = "float32"
    force: bool = False
    timeout: float = 3600.0


class Account(NamedTuple):
    """Result of a run.

    `transcripts` and `residues` are the numbers in the output; `kept` transcripts were scored by an
    earlier run, and `scored` residues by this one, in `seconds`. `failures` has the reason for each
    transcript that is not in the output; `stand_ins`, what stood in for inputs of the others.
    """

    ensemble: Ensemble
    transcripts: int
    kept: int
    residues: int
    scored: int
    seconds: float
    failures: dict[str, str]
    stand_ins: dict[str, StandIns]


class _Plan(NamedTuple):
    """Plan shared by all processes: each one's share, and the number of transcripts done before."""

    wanted: Wanted
    shares: list[list[Task]]
    kept: int


def run(request: Request) -> Account | None:
    """Score as requested; return None on all processes but the first.

    Raises:
        InputError: invalid arguments or data, or a failed run; the message says which.
        ConfigError: a model's configuration is not gMVP's.
        OSError: something cannot be read or written.
    """
    if request.output.stream:
        return _stream(request)
    folder = PartsFolder(request.output.path)
    return run_shared(
        folder,
        lambda: _ensemble(request),
        request.timeout,
        lambda ensemble, world: _plan(request, folder, ensemble, world),
        lambda ensemble, plan, world: _work(ensemble, folder, plan, world),
        lambda ensemble, plan, works, seconds: _finish(
            request, folder, ensemble, plan, works, seconds
        ),
    )


def _ensemble(request: Request) -> Ensemble:
    ensemble = load_ensemble(request.models, choose_device(request.device), request.precision)
    check_precision(ensemble)
    return ensemble


def _plan(request: Request, folder: PartsFolder, ensemble: Ensemble, world: World) -> _Plan:
    wanted = find_wanted(request.features, request.transcripts)
    folder.start(
        {
            "models": ensemble.digests,
            "precision": request.precision,
            "device": ensemble.device.type,
        },
        request.force,
    )
    done = folder.done(wanted.tasks)
    rest = [task for task in wanted.tasks if task.transcript not in done]
    say(*(f"note: {note}" for note in wanted.notes))
    if done:
        say(f"{folder.path}: has {len(done):,} of {len(wanted.tasks):,} transcripts; continuing")
    return _Plan(wanted, share(rest, world.size), len(done))


def _work(ensemble: Ensemble, folder: PartsFolder, plan: _Plan, world: World) -> Work:
    """Score this process' share into a file of its own."""
    tasks = plan.shares[world.rank]
    label = "scoring" if world.size == 1 else f"scoring, process 1 of {world.size}"
    with (
        closing(PartWriter(folder.path)) as writer,
        show_progress(label, sum(task.residues for task in tasks), shown=world.first) as advance,
    ):

        def keep(scored: Scored) -> None:
            task, codes, scores = scored
            writer.write(task.transcript, task.stamp, codes, scores)

        return score(ensemble, tasks, keep, advance)


def _finish(
    request: Request,
    folder: PartsFolder,
    ensemble: Ensemble,
    plan: _Plan,
    works: Sequence[Work],
    seconds: float,
) -> Account:
    """Make the table and remove the parts, unless some are missing."""
    failures = _missing(request, plan.wanted)
    for work in works:
        failures |= work.failures
    done = folder.done(plan.wanted.tasks)
    parts = [done[task.transcript] for task in plan.wanted.tasks if task.transcript in done]
    if not parts:
        folder.remove()
        raise _nothing(failures)
    residues = sum(part.length for part in parts)
    stand_ins = _stand_ins(plan.wanted.tasks, done)
    with (
        recording(request.output.path, stand_ins),
        show_progress("writing", residues) as advance,
    ):
        merge(parts, request.output, advance)
    if not failures:
        folder.remove()
    scored = sum(work.residues for work in works)
    return Account(ensemble, len(parts), plan.kept, residues, scored, seconds, failures, stand_ins)


def _stand_ins(tasks: Sequence[Task], done: Container[str]) -> dict[str, StandIns]:
    return of_matrices({task.transcript: task.path for task in tasks if task.transcript in done})


def _stream(request: Request) -> Account:
    """Score in the order of the list into a stream, which cannot be resumed."""
    one_process(request.output)
    ensemble = _ensemble(request)
    wanted = find_wanted(request.features, request.transcripts)
    say(*(f"note: {note}" for note in wanted.notes))
    started, transcripts = monotonic(), set[str]()
    total = sum(task.residues for task in wanted.tasks)
    with text_writer(request.output) as write, show_progress("scoring", total) as advance:

        def keep(scored: Scored) -> None:
            transcripts.add(scored.task.transcript)
            write.substitutions(scored.task.transcript, scored.codes, scored.scores)

        work = score(ensemble, wanted.tasks, keep, advance)
    failures = _missing(request, wanted) | work.failures
    if not transcripts:
        raise _nothing(failures)
    seconds = monotonic() - started
    stand_ins = _stand_ins(wanted.tasks, transcripts)
    count, residues = len(transcripts), work.residues
    return Account(ensemble, count, 0, residues, residues, seconds, failures, stand_ins)


def _missing(request: Request, wanted: Wanted) -> dict[str, str]:
    return {name: f"no {name}.npy or .pickle in {request.features}" for name in wanted.missing}


def _nothing(failures: dict[str, str]) -> InputError:
    name, reason = next(iter(failures.items()))
    return InputError(f"no transcript could be scored, of {len(failures):,}; {name}: {reason}")
