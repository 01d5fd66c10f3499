"""Patches of the candidate's source: what a repair changes in its files, as a unified diff."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from parity.declaring.frameworks import Recorded
from parity.declaring.known_bug import OtherOperation
from parity.declaring.source_edits import Edit, Written, display
from parity.diagnosing.diagnosis import RootCause
from parity.diagnosing.source_rewriting import CannotWriteError, rewrite
from parity.diagnosing.source_text import Replacement, SourceText
from parity.diagnosing.statements.changed import OtherStatement

_CONTEXT = 2


@dataclass(frozen=True)
class Patch:
    """Changes of files that repair a candidate.

    `files` holds the replacements by file, `before` and `after` the whole texts.
    """

    files: Mapping[str, tuple[Replacement, ...]]
    before: Mapping[str, str]
    after: Mapping[str, str]

    @property
    def diff(self) -> str:
        """Return the unified diff of all files, in lines that end with newlines."""
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for file in self.after
            for line in difflib.unified_diff(
                self.before[file].splitlines(keepends=True),
                self.after[file].splitlines(keepends=True),
                display(file),
                display(file),
                n=_CONTEXT,
            )
        )


def calls_of(cause: RootCause, calls: Sequence[Recorded]) -> list[list[Recorded]]:
    """Return the calls that each part of a cause replaces; empty for one of another kind."""
    found = []
    for bug in cause.repairs:
        change = bug.change
        if isinstance(change, OtherOperation):
            found.append([call for call in calls if change.replaces(call.kind, call.number)])
    return found


def make_patch(
    cause: RootCause,
    calls: Sequence[Recorded],
    whole: Sequence[Recorded] = (),
    port_file: Path | None = None,
) -> Patch:
    """Return the patch that makes the candidate do what a cause says it should.

    Args:
        cause: the cause.
        calls: the candidate's calls, as the cause numbers them.
        whole: the calls of the whole model, if `calls` are those of a layer alone: they show where
            the layer's modules are called.
        port_file: the file that declares the port: paths of modules in it may change as well.

    Raises CannotWriteError if it cannot be written into the source with certainty.
    """
    files: dict[str, SourceText] = {}
    found: dict[str, list[Replacement]] = {}
    for bug in cause.repairs:
        if isinstance(bug.change, OtherStatement):
            _open(files, bug.change.place.file)
            found.setdefault(bug.change.place.file, []).extend(bug.change.replacements)
    in_calls = [bug for bug in cause.repairs if not isinstance(bug.change, OtherStatement)]
    groups = calls_of(cause, calls)
    if len(groups) < len(in_calls):
        raise CannotWriteError("the cause is not in a call")
    for bug, group in zip(in_calls, groups, strict=True):
        assert isinstance(bug.change, OtherOperation)
        for call in group:
            written, edit = _written_edit(call, bug.change.way)
            _add(files, found, written, edit, whole)
            if edit.following and written.listed and written.behind:
                _renumber(files, found, written, port_file)
    if not found:
        raise CannotWriteError("the calls were not found again")
    return _patch(files, found)


def _written_edit(call: Recorded, name: str) -> tuple[Written, Edit]:
    way = next((way for way in call.ways if way.name == name), None)
    if way is None or way.edit is None or call.written is None:
        raise CannotWriteError("there is no certain way to write it")
    return call.written, way.edit


def _add(
    files: dict[str, SourceText],
    found: dict[str, list[Replacement]],
    own: Written,
    edit: Edit,
    whole: Sequence[Recorded],
) -> None:
    for written in _where(own, whole):
        for place in (written.called, written.made):
            if place is not None:
                _open(files, place.file)
        for file, replacement in rewrite(edit, written, files):
            found.setdefault(file, []).append(replacement)


def _renumber(
    files: dict[str, SourceText],
    found: dict[str, list[Replacement]],
    written: Written,
    port_file: Path | None,
) -> None:
    """Change the paths in a port's declaration, of the modules behind one that is inserted."""
    prefix, _, index = written.path.rpartition(".")
    prefix += "." * bool(prefix)
    if port_file is None or not index.isdigit():
        raise CannotWriteError("what follows in the sequence would have other names")
    _open(files, str(port_file))
    source = files[str(port_file)]
    numbers = range(int(index) + 1, int(index) + 1 + written.behind)
    renamed = {f"{prefix}{number}": f"{prefix}{number + 1}" for number in numbers}
    for node, value in source.texts():
        own = next((o for o in renamed if value == o or value.startswith(f"{o}.")), None)
        if own is not None:
            start, end = source.start(node), source.end(node)
            text = source.plain(node).replace(own, renamed[own], 1)
            found.setdefault(str(port_file), []).append(Replacement(start, end, text))


def _where(written: Written, whole: Iterable[Recorded]) -> list[Written]:
    """Return a call as it is written; of a module run alone, as the whole model calls it."""
    if written.called is not None or written.made is None:
        return [written]
    same = [c.written for c in whole if c.written is not None and c.written.made == written.made]
    called = [each for each in same if each.module == written.module and each.called is not None]
    return list(dict.fromkeys(called)) or [written]


def _open(files: dict[str, SourceText], file: str) -> None:
    if file not in files:
        try:
            files[file] = SourceText(Path(file))
        except (OSError, SyntaxError, UnicodeDecodeError) as error:
            raise CannotWriteError(f"{file} cannot be read") from error


def _patch(files: dict[str, SourceText], found: dict[str, list[Replacement]]) -> Patch:
    before, after = {}, {}
    for file, replacements in found.items():
        source = files[file]
        if source.lacks_torch(" ".join(one.text for one in replacements)):
            replacements.append(source.import_torch())
        before[file] = source.text
        try:
            after[file] = source.replaced(replacements)
            compile(after[file], file, "exec")
        except (SyntaxError, ValueError) as error:
            raise CannotWriteError(f"{file} cannot be changed so: {error}") from error
    frozen = {file: tuple(dict.fromkeys(each)) for file, each in found.items()}
    return Patch(frozen, before, after)


def combined(patches: Sequence[Patch]) -> Patch:
    """Return one patch that makes the changes of several; raise CannotWriteError if they clash."""
    files: dict[str, SourceText] = {}
    found: dict[str, list[Replacement]] = {}
    for patch in patches:
        for file, replacements in patch.files.items():
            _open(files, file)
            found.setdefault(file, []).extend(replacements)
    return _patch(files, found)


def with_places(cause: RootCause, calls: Sequence[Recorded]) -> RootCause:
    """Return a cause that knows where its calls and statements are written, each place once."""
    found = [call.written for group in calls_of(cause, calls) for call in group]
    changes = [bug.change for bug in cause.repairs]
    found += [Written(one.place) for one in changes if isinstance(one, OtherStatement)]
    known = [w for w in found if w is not None and (w.called or w.made)]
    return replace(cause, written=tuple(dict.fromkeys(known)))
