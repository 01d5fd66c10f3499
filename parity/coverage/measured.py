"""Measured coverage of the candidate's own code: what no case of a check executed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from parity.coverage.own_code import display, own_files
from parity.coverage.statements import Branch, Code, Statement, read_code
from parity.coverage.tracing import Step, Steps


@dataclass(frozen=True)
class FileCoverage:
    """Lines and branches of one file of the candidate.

    Args:
        file: the file, relative to the current folder or to that of its package.
        lines: how many statements of functions there are.
        missed: the first lines of those that no case executed.
        branches: how many ways there are out of conditions and loops, two of each.
        missed_branches: ways that no case took, although the condition was executed: its line, and
            whether the way is into its block (True) or past it (False).
    """

    file: str
    lines: int
    missed: tuple[int, ...]
    branches: int
    missed_branches: tuple[tuple[int, bool], ...]
    ways_missed: int = 0

    @property
    def executed(self) -> int:
        """Return the number of statements that were executed and of ways that were taken."""
        return self.total - len(self.missed) - self.ways_missed

    @property
    def total(self) -> int:
        """Return the number of statements and ways."""
        return self.lines + self.branches


@dataclass(frozen=True)
class Coverage:
    """Coverage of all files of the candidate by one check."""

    files: tuple[FileCoverage, ...]

    @property
    def entered(self) -> tuple[FileCoverage, ...]:
        """Return the files of which something was executed.

        The others are imported by these, and may be no part of what is checked: a command line.
        """
        return tuple(file for file in self.files if file.executed)

    @property
    def percent(self) -> float:
        """Return the percentage executed of the files that were entered; 100 of none."""
        total = sum(file.total for file in self.entered)
        return 100 * sum(file.executed for file in self.entered) / total if total else 100.0


@dataclass(frozen=True)
class OwnCode:
    """The candidate's own code, given what its runs executed.

    Args:
        files: its files, sorted.
        taken: the steps that were executed, by file.
        tops: of a file that declares pairs, the functions and classes of which something was
            executed; no others of it are the candidate's.
    """

    files: tuple[Path, ...]
    taken: Mapping[Path, set[Step]]
    tops: Mapping[Path, set[str]]

    @classmethod
    def of(cls, runs: Iterable[Steps], declared: Iterable[Path]) -> "OwnCode":
        """Return the code that runs entered, and what it imports; `declared` declares the pairs."""
        taken: dict[Path, set[Step]] = {}
        for steps in runs:
            for file, some in steps.items():
                taken.setdefault(Path(file).resolve(), set()).update(some)
        declared = set(declared)
        files = own_files(taken, declared)
        tops = {}
        for path in declared.intersection(files):
            lines = {line for _, line in taken.get(path, set())}
            statements = read_code(path.read_text("utf-8")).statements
            tops[path] = {s.top for s in statements if _executed(s, lines)}
        return cls(tuple(files), taken, tops)

    def holds(self, path: Path, top: str) -> bool:
        """Return whether a function or class of one of the files is the candidate's."""
        return path not in self.tops or top in self.tops[path]


def measure(own: OwnCode) -> Coverage:
    """Return the coverage of the candidate's own code."""
    files = []
    for path in own.files:
        code = read_code(path.read_text("utf-8"))
        code = Code(
            tuple(s for s in code.statements if own.holds(path, s.top)),
            tuple(b for b in code.branches if own.holds(path, b.top)),
        )
        if code.statements:
            files.append(_of_file(display(path), code, own.taken.get(path, set())))
    return Coverage(tuple(files))


def _of_file(name: str, code: Code, taken: set[Step]) -> FileCoverage:
    lines = {line for _, line in taken}
    ways = [(b, into) for b in code.branches for into in (True, False)]
    open_ways = [(b, into) for b, into in ways if not _took(b, into, taken)]
    return FileCoverage(
        name,
        len(code.statements),
        tuple(sorted({s.line for s in code.statements if not _executed(s, lines)})),
        len(ways),
        tuple((b.line, into) for b, into in open_ways if lines & set(range(b.line, b.end + 1))),
        len(open_ways),
    )


def _executed(statement: Statement, lines: set[int]) -> bool:
    return any(line in lines for line in range(statement.line, statement.end + 1))


def _took(branch: Branch, into: bool, taken: set[Step]) -> bool:
    test = range(branch.line, branch.end + 1)
    after = (to for line, to in taken if line in test and to not in test)
    return any((to in branch.block) == into for to in after)
