"""Text that is safe to print: what a file or its name holds never commands a terminal.

A control character, such as the escape that begins a sequence to clear the screen or to change what
was printed before, is shown by its code. `parity/messages.py` is a copy, as `parity` must be
installable without the converters; `tests/test_usage.py` compares them.
"""

import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderResult

LONGEST = 1600
"""Characters of one line of standard error: about a screen of 20 lines."""

_ENDING = 400
# C0 and C1 controls, the separators of lines, marks that reverse the order of text, and halves of
# surrogates, which no terminal can show.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    r"""Return a text with every unsafe character as its code, such as \x1b; \n and \t stay."""
    return _UNSAFE.sub(lambda found: ascii(found[0])[1:-1], text)


def one_line(message: str) -> str:
    r"""Return a message as one line that fits a screen: its end stays, a \n becomes a code."""
    return _cut(printable(message).replace("\n", "\\n"))


def _cut(line: str) -> str:
    if len(line) <= LONGEST:
        return line
    left = len(line) - LONGEST
    return f"{line[: LONGEST - _ENDING]} ... ({left:,} characters) ... {line[-_ENDING:]}"


class SafeStream:
    """Stream that prints text by `printable`, and if `cut` no line longer than a screen.

    Everything else is the stream's own. Rich prints to the stream itself, for its colours; what it
    prints is made safe by `safe_console`.
    """

    def __init__(self, stream: TextIO, cut: bool) -> None:
        self.rich_proxied_file = stream
        self._cut = cut

    def write(self, text: str) -> int:
        """Write a text; return its length."""
        safe = printable(text)
        if self._cut and len(safe) > LONGEST:
            safe = "\n".join(map(_cut, safe.split("\n")))
        self.rich_proxied_file.write(safe)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write texts one after the other."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)


def protect_streams() -> None:
    """Make standard error safe, and standard output if it is a terminal; a pipe gets all bytes."""
    if sys.stderr is not None and not isinstance(sys.stderr, SafeStream):
        sys.stderr = SafeStream(sys.stderr, cut=True)
    if sys.stdout is not None and not isinstance(sys.stdout, SafeStream) and sys.stdout.isatty():
        sys.stdout = SafeStream(sys.stdout, cut=False)


class _Safe:
    """Renderable whose text is printable, and whose styles and movements stay."""

    def __init__(self, inner: "ConsoleRenderable") -> None:
        self._inner = inner

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        for segment in console.render(self._inner, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))


class _SafeHook:
    """Hook of a console that makes all it prints printable."""

    def process_renderables(self, found: list["ConsoleRenderable"]) -> list["ConsoleRenderable"]:
        return [_Safe(one) for one in found]


def safe_console(console: "Console") -> "Console":
    """Make a rich console print text from files safely; return it."""
    console.push_render_hook(_SafeHook())  # type: ignore[arg-type]
    return console
