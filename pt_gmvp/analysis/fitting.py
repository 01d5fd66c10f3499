"""Text of any length within a picture: smaller, then shortened, or on several lines."""

from typing import Any

_ELLIPSIS = "…"


def fit(text: Any, right: float, smallest: float) -> None:
    """Make a line of text end left of `right`: shrink its letters, then leave out its middle.

    The middle, because names begin and end with what distinguishes them.

    Args:
        text: a matplotlib Text, aligned to the left and part of a figure.
        right: inches from the figure's left edge.
        smallest: size of letters in points below which text is shortened instead.
    """
    whole = " ".join(text.get_text().split())
    text.set_text(whole)
    room = right - _left(text)
    # More than once, because letters do not shrink in exact proportion.
    while (wide := _right(text) - _left(text)) > room and text.get_fontsize() > smallest:
        text.set_fontsize(max(smallest, min(0.99, room / wide) * text.get_fontsize()))
    if wide <= room:
        return
    low, high = 0, len(whole)  # letters to keep
    while low < high:
        kept = (low + high + 1) // 2
        text.set_text(shortened(whole, kept))
        low, high = (kept, high) if _right(text) <= right else (low, kept - 1)
    text.set_text(shortened(whole, low))


def shortened(text: str, letters: int) -> str:
    """Return a text of at most `letters` letters, without its middle if it is longer."""
    if len(text) <= letters:
        return text
    if letters < 1:
        return ""
    end = (letters - 1) // 2
    return f"{text[: letters - 1 - end]}{_ELLIPSIS}{text[len(text) - end :]}"


def wrapped(figure: Any, text: str, size: float, width: float) -> list[str]:
    """Break a text into lines of at most `width` inches in letters of `size` points."""
    measure = figure.text(0, 0, "", fontsize=size)
    try:
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if _wide(measure, longer) <= width:
                lines[-1] = longer
            else:
                lines += _pieces(measure, word, width)
        return [line for line in lines if line]
    finally:
        measure.remove()


def _pieces(measure: Any, word: str, width: float) -> list[str]:
    """Cut a word that is wider than a line."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and _wide(measure, pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _wide(measure: Any, text: str) -> float:
    measure.set_text(text)
    return _right(measure) - _left(measure) if text else 0.0


def _box(text: Any) -> Any:
    figure = text.get_figure()
    return text.get_window_extent(figure.canvas.get_renderer(), dpi=figure.dpi)


def _left(text: Any) -> float:
    return float(_box(text).x0 / text.get_figure().dpi)


def _right(text: Any) -> float:
    return float(_box(text).x1 / text.get_figure().dpi)
