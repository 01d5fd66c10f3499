"""What is said of a recording that stands in the reference's place."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from parity.checking.reference import Reference

_ENGINE = ("parity", "numpy")


def line(provenance: Mapping[str, Any]) -> str:
    """When, by which versions and of which commit the reference was recorded."""
    versions, commit = provenance["versions"], provenance["commit"]
    of = [f"{name} {number}" for name, number in versions.items() if name not in _ENGINE]
    of = of or [f"numpy {versions.get('numpy', 'unknown')}"]
    if commit is None:
        made_of = "no commit known"
    else:
        made_of = f"commit {commit['id'][:12]}" + " with changes" * commit["dirty"]
    return f"reference: recorded {provenance['made']}, {', '.join(of)}, {made_of}"


def print_lines(console: Console, reference: Reference) -> None:
    """Print it above a check's table; nothing where the reference is run."""
    if reference.provenance is None:
        return
    console.print(Text(line(reference.provenance), "dim"), soft_wrap=True)
    for remark in reference.remarks:
        console.print(Text(remark, "dim"), soft_wrap=True)
