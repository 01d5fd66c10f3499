"""Search for the causes of mismatches, as `parity check` is asked for it, and its patches."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from parity.diagnosing.budget import CHECK_SECONDS
from parity.errors import ParityError

if TYPE_CHECKING:
    from rich.console import Console

    from parity.checking.case_result import CaseResult
    from parity.checking.checker import Checker
    from parity.diagnosing.patches import Patch
    from parity.report.explain import Explained

DiagnoseOption = Annotated[
    bool, typer.Option(help="Search for the cause of a mismatch, and for a patch.")
]
DiagnoseTimeOption = Annotated[
    float,
    typer.Option(
        "--diagnose-time",
        min=0,
        metavar="SECONDS",
        help="Processor time to search for the cause of each divergence.",
    ),
]
ApplyOption = Annotated[
    bool,
    typer.Option(
        "--apply",
        help="Write a patched copy beside the candidate's file (conv.patched.py), if a patch is "
        "found.",
    ),
]
ForceOption = Annotated[
    bool, typer.Option("--force", help="With --apply, replace a copy that exists.")
]


class Search:
    """Search for the causes of one check's mismatches.

    Args:
        name: the port's name or file.
        seconds: the time for each divergence.
        applied: whether patched copies are written.
        force: whether they may replace others.
    """

    def __init__(
        self,
        name: str,
        seconds: float = CHECK_SECONDS,
        applied: bool = False,
        force: bool = False,
    ) -> None:
        self._name, self._seconds, self._applied, self._force = name, seconds, applied, force
        self._explained: Explained | None = None
        self._passed = False

    @classmethod
    def asked(
        cls, name: str, diagnose: bool, seconds: float, applied: bool, force: bool
    ) -> "Search | None":
        """Return the search that options ask for; None without diagnosis.

        Raises ParityError for options that need another.
        """
        refuse_options(diagnose, applied, force)
        return cls(name, seconds, applied, force) if diagnose else None

    def explain(
        self, shown: "Console", checker: "Checker", results: "Sequence[CaseResult]"
    ) -> "Explained":
        """Return the diagnoses of the failing cases, with confirmed patches."""
        from parity.declaring.registry import find, source_file
        from parity.report.explain import explain

        self._passed = all(result.verdict.passes for result in results)
        self._explained = explain(
            shown,
            checker,
            results,
            lambda: find(self._name),
            self._seconds,
            source_file(self._name),
        )
        return self._explained

    def apply(self, shown: "Console") -> None:
        """Write the patched copies if they are wanted, and print what to do next.

        Raises ParityError if they cannot be written.
        """
        if not self._applied:
            return
        patches = [one.patch for one in self._explained.patches] if self._explained else []
        why = "all cases pass" if self._passed else "no patch was found and confirmed"
        write_copies(shown, patches, why, self._force)


def refuse_options(diagnose: bool, applied: bool, force: bool) -> None:
    """Raise ParityError for options that need another."""
    if force and not applied:
        raise ParityError("--force replaces patched copies; add --apply")
    if applied and not diagnose:
        raise ParityError("--apply writes the patch of a diagnosis; leave out --no-diagnose")


def write_copies(shown: "Console", patches: "Sequence[Patch]", without: str, force: bool) -> None:
    """Write the patched copies, and print what to do next; without patches, print why.

    Raises ParityError if they cannot be written.
    """
    from rich.text import Text

    from parity.declaring.source_edits import display
    from parity.diagnosing.applying import write_patched

    if not patches:
        shown.print(Text(f"\nnothing applied: {without}"), soft_wrap=True)
        return
    for path, copy in write_patched(patches, force):
        one, other = display(str(path)), display(str(copy))
        line = f"\nwrote {other}; to take it: mv {shlex.quote(other)} {shlex.quote(one)}"
        shown.print(Text(line), soft_wrap=True)
