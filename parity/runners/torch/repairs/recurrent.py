"""Recurrent layers that read their sequence in another order than the reference's."""

from typing import Any

from parity.declaring.source_edits import Edit
from parity.runners.torch.operations import Alternative, Alternatives, Bound


def backwards(bound: Bound) -> Alternatives:
    """Return the layer run backwards, its steps in the order of time or of its own."""
    first, x = bound.get("first"), bound["input"]
    if not isinstance(first, bool):
        return {}
    time = 1 if first else 0

    def do(turned: bool) -> Any:
        output, *states = bound["again"](input=x.flip(time))
        return (output.flip(time) if turned else output, *states)

    return {
        "backwards": Alternative(None, lambda: do(False), Edit(before=f"{{input}}.flip({time})")),
        "backwards, its steps in the order of time": Alternative(None, lambda: do(True)),
    }
