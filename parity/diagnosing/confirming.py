"""Confirmation of a patch: the case runs again with the patched source, and must pass.

The files are patched in memory: they are imported anew within this process, and nothing is written.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from parity.checking.case_result import CaseResult
from parity.checking.checker import Checker
from parity.declaring.leaving_out import without_layers
from parity.declaring.own_files import is_own
from parity.declaring.port import Port
from parity.syntax.loaded_code import loading_instead

Reload = Callable[[], Port]
"""Finds the port anew, as its own file declares it."""


@contextmanager
def in_place(texts: Mapping[str, str]) -> Iterator[None]:
    """Make every import and execution of some files in the block take other texts instead.

    Modules that were imported from the folders of these files are imported anew in the block, and
    are as they were after it.
    """
    codes = {Path(file).resolve(): compile(text, file, "exec") for file, text in texts.items()}
    folders = {path.parent for path in codes}
    before = dict(sys.modules)
    path = list(sys.path)
    for name, module in before.items():
        if name != "__main__" and _is_within(module, folders):
            del sys.modules[name]
    try:
        with loading_instead(codes):
            yield
    finally:
        for name in set(sys.modules) - set(before):
            if _is_within(sys.modules[name], folders):
                del sys.modules[name]
        sys.modules.update(before)
        sys.path[:] = path


def _is_within(module: object, folders: set[Path]) -> bool:
    """Return whether a module is the user's own, from one of some folders or below it."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not is_own(file):
        return False
    return not folders.isdisjoint(Path(file).resolve().parents)


def check_again(
    checker: Checker,
    texts: Mapping[str, str],
    reload: Reload | None,
    case: tuple[str, str, str],
    left_out: Sequence[str] = (),
) -> CaseResult | None:
    """Return the result of one case as `check_all_again` does."""
    results = check_all_again(checker, texts, reload, [case], left_out)
    return results[0] if results else None


def check_all_again(
    checker: Checker,
    texts: Mapping[str, str],
    reload: Reload | None,
    cases: Sequence[tuple[str, str, str]],
    left_out: Sequence[str] = (),
) -> list[CaseResult] | None:
    """Return the results of cases with patched files; None if they cannot be run.

    Args:
        checker: the checker of the port as it is.
        texts: the patched files.
        reload: finds the port anew; None to keep the port, whose factories read the files anew.
        cases: each its layer, configuration and mode.
        left_out: layers that `models.port` should not compare any more.
    """
    try:
        with in_place(texts), without_layers(left_out):
            port = reload() if reload is not None else checker.port
            again = checker.with_port(port)
            found = []
            for layer, name, mode in cases:
                pair = port.pair(layer)
                found.append(again.run(pair, pair.config(name), mode))
            return found
    except (Exception, SystemExit):
        # The user's own files, which a patch may have made wrong: it is not confirmed.
        return None
