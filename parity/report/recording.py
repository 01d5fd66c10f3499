"""Lines above a check's table about the recording that replaces the reference."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from parity.checking.case_runs import Reference

_ENGINE = ("parity", "numpy")


def describe(provenance: Mapping[str, Any]) -> str:
    """Return when the reference was recorded, with which versions and at which commit."""
    versions, commit = provenance["versions"], provenance["commit"]
    frameworks = [f"{name} {number}" for name, number in versions.items() if name not in _ENGINE]
    frameworks = frameworks or [f"numpy {versions.get('numpy', 'unknown')}"]
    if commit is None:
        at = "commit unknown"
    else:
        at = f"commit {commit['id'][:12]}" + " with changes" * commit["dirty"]
    return f"reference: recorded {provenance['made']}, {', '.join(frameworks)}, {at}"


def print_recording(console: Console, reference: Reference) -> None:
    """Print a description of the recording; nothing if the reference is run."""
    if reference.provenance is None:
        return
    for line in (describe(reference.provenance), *reference.remarks):
        console.print(Text(line, "dim"), soft_wrap=True)
