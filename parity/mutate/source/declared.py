"""Mutants that are declared to change nothing, in a TOML file, each with the reason."""

import tomllib
from pathlib import Path

from parity.errors import ParityError
from parity.mutate.source.mutants import Identity

FILE = "equivalent_mutants.toml"
"""Name of the file, in the folder of the file that declares the port."""
_FIELDS = {"file", "function", "before", "after", "reason", "occurrence"}


def read_declared(path: Path) -> dict[Identity, str]:
    """Return the reason why a mutant changes nothing, by its identity.

    Raises ParityError for a file that cannot be read, and for an entry that lacks a field, has an
    unknown one, or gives no reason.
    """
    try:
        entries = tomllib.loads(path.read_text("utf-8")).get("mutant", [])
    except OSError as error:
        raise ParityError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParityError(f"{path} is not TOML: {error}") from error
    found: dict[Identity, str] = {}
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], 1):
        place = f"{path}, mutant {number}"
        if not isinstance(entry, dict) or (unknown := set(entry) - _FIELDS):
            named = ", ".join(sorted(unknown)) if isinstance(entry, dict) else repr(entry)
            raise ParityError(f"{place}: unknown field {named}; expected {', '.join(_expected())}")
        for name in _expected():
            if not isinstance(entry.get(name), str) or (name == "reason" and not entry[name]):
                raise ParityError(f"{place}: expected text as '{name}'")
        occurrence = entry.get("occurrence", 1)
        if not isinstance(occurrence, int):
            raise ParityError(f"{place}: expected a whole number as 'occurrence'")
        file, function, before, after = (entry[name] for name in _expected()[:4])
        found[(file, function, before, after, occurrence)] = entry["reason"]
    return found


def _expected() -> tuple[str, ...]:
    return ("file", "function", "before", "after", "reason")
