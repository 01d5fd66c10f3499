"""`parity list`: the layers and configurations of a port."""

import sys
from typing import TYPE_CHECKING

from parity.commands.options import PortArgument, PortOption, choose_port, console

if TYPE_CHECKING:
    from rich.console import Console


def list_layers(port_argument: PortArgument = None, port: PortOption = None) -> None:
    """Show the port's layers and their configurations."""
    from parity.declaring.registry import find

    chosen = choose_port(port_argument, port)
    found = find(chosen.name)
    shown = console()
    chosen.print_reason(shown)
    indent = 2 + max((len(pair.layer) for pair in found.pairs), default=0)
    for pair in found.pairs:
        about = f"{pair.about} ({pair.reference.framework}, {pair.candidate.framework})"
        _print_indented(shown, pair.layer.ljust(indent) + about, indent)
        names = " ".join(config.name for config in pair.configs)
        _print_indented(shown, " " * indent + names, indent, style="dim")
    for training in found.trainings if not found.pairs else ():
        shown.print(
            f"training {training.name}: {training.about}".removesuffix(": "), soft_wrap=True
        )
    for layer, reason in found.exempt.items():
        shown.print(f"not checked: {layer}: {reason}", soft_wrap=True)


def _print_indented(shown: "Console", line: str, indent: int, style: str = "") -> None:
    """Print a line, wrapped to the width of a terminal, or as one line in a pipe."""
    import textwrap

    width = shown.width if shown.is_terminal else sys.maxsize
    wrapped = textwrap.wrap(
        line, width, subsequent_indent=" " * indent, drop_whitespace=True, break_on_hyphens=False
    )
    shown.print("\n".join(wrapped), style=style, soft_wrap=True)
