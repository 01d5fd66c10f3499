"""Diagnosis of a check's failing cases, with confirmed patches, for all reports."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from parity.checking.case_result import CaseResult
from parity.checking.checker import Checker
from parity.diagnosing.budget import CHECK_SECONDS, Budget
from parity.diagnosing.cases import select_divergences
from parity.diagnosing.confirming import Reload
from parity.diagnosing.diagnose import diagnose
from parity.diagnosing.diagnosis import Diagnosis, RootCause
from parity.diagnosing.patching import Confirmed, Patcher
from parity.diagnosing.run_cache import RunCache
from parity.diagnosing.training_causes import training_causes
from parity.errors import ParityError, UnavailableError
from parity.report.diagnosis import document, training_document
from parity.report.progress import waiting

# Divergences of one case that are diagnosed: a mistake in a block that is repeated makes many.
_DIAGNOSED = 3
# The least time for which something is shown: a single try takes milliseconds.
_SECONDS_SHOWN = 0.1


@dataclass(frozen=True)
class Explained:
    """Diagnoses as documents, and the confirmed patch of each divergence's likeliest cause."""

    documents: tuple[dict[str, Any], ...] = ()
    patches: tuple[Confirmed, ...] = ()


@dataclass
class _Found:
    """Diagnosis of one divergence, and a patch of each of its causes."""

    diagnosis: Diagnosis
    mode: str
    patches: list[Confirmed | None]

    def merge_equal(self) -> None:
        """Leave out the causes whose patch is that of an earlier one: they are the same repair."""
        causes = list(zip(self.diagnosis.root_causes, self.patches, strict=True))
        kept: list[tuple[RootCause, Confirmed | None]] = []
        for cause, patch in causes:
            texts = [other.patch.after for _, other in kept if other is not None]
            if patch is None or patch.patch.after not in texts:
                kept.append((cause, patch))
        self.diagnosis = replace(self.diagnosis, root_causes=tuple(cause for cause, _ in kept))
        self.patches = [patch for _, patch in kept]

    @property
    def chosen(self) -> list[Confirmed]:
        """Return the patch of the likeliest cause, if there is one."""
        return [patch for patch in self.patches[:1] if patch is not None]


def explain(
    console: Console,
    checker: Checker,
    results: Sequence[CaseResult],
    reload: Reload | None = None,
    seconds: float = CHECK_SECONDS,
    port_file: Path | None = None,
) -> Explained:
    """Diagnose each failing layer, and write and confirm patches.

    Of one case, at most `_DIAGNOSED` divergences are diagnosed; the others are named. Ctrl-C ends
    the search, and what was found before is returned.

    Args:
        console: where to print what cannot be diagnosed, and to show what is being tried.
        checker: the checker.
        results: what it found.
        reload: finds the port anew; None to keep it, whose factories then must read files anew.
        seconds: the time for each divergence.
        port_file: the file that declares the port.
    """
    cases = select_divergences(checker.port, results)
    if cases and checker.reference.provenance is not None:
        line = "\nno diagnosis: the reference is a recording; check without --golden"
        console.print(Text(line), soft_wrap=True)
        return Explained()
    found: list[_Found] = []
    documents: list[dict[str, Any]] = []
    try:
        patcher = Patcher(checker, results, reload, port_file)
        whole = _together(console, checker, patcher, cases, seconds)
        found += whole
        for case, divergence in [] if whole else _few_of_each(console, cases):
            for one in _diagnosed(console, checker, patcher, (case, divergence), seconds):
                # At once, so that an interrupted search for a patch keeps the diagnosis.
                found.append(one)
        _try_all(console, patcher, found, seconds)
        documents = _in_training(checker, results)
    except KeyboardInterrupt:
        line = "\ninterrupted: the search for the cause ended; the verdicts stand"
        console.print(Text(line, "bold"), soft_wrap=True)
    documents = [document(one.diagnosis, one.mode, one.patches) for one in found] + documents
    chosen = [patch for one in found for patch in one.chosen]
    return Explained(tuple(documents), tuple(chosen))


def _together(
    console: Console,
    checker: Checker,
    patcher: Patcher,
    cases: Sequence[tuple[CaseResult, str]],
    seconds: float,
) -> list[_Found]:
    """Return the diagnosis of all divergences of a whole model, if one mistake explains them.

    Half of the time is for that; nothing is returned where layers differ by themselves.
    """
    layers = {case.layer for case, _ in cases}
    if len(cases) < 2 or layers != {checker.port.whole} or not all(name for _, name in cases):
        return []
    quiet = Console(quiet=True)
    found = list(_diagnosed(console, checker, patcher, (cases[0][0], ""), seconds / 2, quiet))
    return [one for one in found if one.diagnosis.root_causes]


def _diagnosed(
    console: Console,
    checker: Checker,
    patcher: Patcher,
    failing: tuple[CaseResult, str],
    seconds: float,
    failures: Console | None = None,
) -> Iterator[_Found]:
    """Yield the diagnosis of one divergence; print why there is none, on `failures` if given."""
    case, divergence = failing
    pair = checker.port.pair(case.layer)
    config = pair.config(case.config)
    title = ", ".join(filter(None, (case.layer, case.config, divergence)))
    try:
        with _status(console, f"why {title} differs") as say:
            budget = Budget(seconds, say)
            task = checker.task(pair, config)
            diagnosis = diagnose(
                checker.port,
                pair,
                config,
                task,
                RunCache(held=case.held),
                divergence=divergence,
                budget=budget,
                written=True,
            )
            one = _Found(diagnosis, case.mode, [])
            yield one
            if diagnosis.root_causes:
                budget.say("writing and confirming a patch")
                one.patches = patcher.confirm(diagnosis, case, divergence, budget)
                one.merge_equal()
    except UnavailableError:
        raise
    except ParityError as error:
        text = Text(f"\n{title}: no diagnosis: {error}")
        (failures or console).print(text, soft_wrap=True)


@contextmanager
def _status(console: Console, title: str) -> Iterator[Callable[[str], None]]:
    """Show what is being done, and give the function that says what is being tried."""
    shown = 0.0
    with waiting(console, title) as change:

        def say(text: str) -> None:
            nonlocal shown
            if time.monotonic() - shown > _SECONDS_SHOWN:
                shown = time.monotonic()
                change(f"{title}: {text}")

        yield say


def _try_all(console: Console, patcher: Patcher, found: Sequence[_Found], seconds: float) -> None:
    """Run all cases again with all likeliest patches, if that takes no longer than two searches."""
    chosen = [patch for one in found for patch in one.chosen]
    with _status(console, "all cases again, with the patches"):
        again = iter(patcher.try_all(chosen, 2 * seconds))
    for one in found:
        if one.chosen:
            one.patches[0] = next(again)


def _few_of_each(
    console: Console, cases: Sequence[tuple[CaseResult, str]]
) -> list[tuple[CaseResult, str]]:
    """Return the first divergences of each case, and print which of the others are left out."""
    kept: list[tuple[CaseResult, str]] = []
    left_out: list[str] = []
    for case, divergence in cases:
        if sum(other is case for other, _ in kept) < _DIAGNOSED:
            kept.append((case, divergence))
        else:
            left_out.append(divergence)
    if left_out:
        line = f"\nnot diagnosed yet: {', '.join(left_out)}; fix the others first"
        console.print(Text(line), soft_wrap=True)
    return kept


def _in_training(checker: Checker, results: Sequence[CaseResult]) -> list[dict[str, Any]]:
    """Return a document of the first case of each layer that differs in training alone."""
    evaluated = {(r.layer, r.config) for r in results if r.mode == "isolated" and r.verdict.passes}
    documents: dict[str, dict[str, Any]] = {}
    for case in results:
        passes = (case.layer, case.config) in evaluated
        if case.mode != "training" or not case.verdict.mismatch or not passes:
            continue
        if case.probe is None or case.layer in documents:
            continue
        pair = checker.port.pair(case.layer)
        config = pair.config(case.config)
        try:
            causes = training_causes(pair, checker.task(pair, config), case.probe)
        except ParityError:
            continue
        documents[case.layer] = training_document(case, causes)
    return list(documents.values())
