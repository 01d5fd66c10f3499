"""Reader for tables of variants: the original's format, VEP's, and a plain list."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from converters.errors import InputError
from converters.text import read_text
from converters.variants.rows import Variant

MISSENSE = "missense_variant"
_NEEDED = ("transcript_id", "aa_pos", "ref_aa", "alt_aa")
_PLAIN = ("transcript", "pos", "ref", "alt")
_VEP = ("Feature", "Consequence", "Protein_position", "Amino_acids")
_VEP_START = "#Uploaded_variation"
_POSITION = re.compile(r"([1-9]\d{0,8})(?:\.0+)?")
_VEP_POSITION = re.compile(r"([1-9]\d{0,8})(?:/\d+)?")


class Table(NamedTuple):
    """A table's variants in order, dropped rows (reason -> number), and format."""

    variants: list[Variant]
    dropped: dict[str, int]
    format: str


class _Row(NamedTuple):
    place: str
    line: int
    fields: dict[str, str]


class _Dropped(Exception):
    """A row that is dropped as in the original, and not an error of the table."""


def read_table(path: str | Path) -> Table:
    """Read a table of variants; its format is recognised by its content.

    - The original's: tab-separated with the columns transcript_id, aa_pos, ref_aa, alt_aa, and
      optionally target, var and consequence. With consequence, only missense_variant rows are
      used; with target, only rows where it is 0 or 1. Without target, variants have no label;
      without var, they are named `<transcript>_<pos>_<ref>_<alt>`.
    - VEP's output, default or `--tab`: lines whose Consequence includes missense_variant.
    - Plain: transcript, position, reference and substitute, separated by tabs or spaces, with or
      without a header.

    Raises:
        InputError: names the first wrong line, and the number of further ones.
        OSError: the file cannot be read.
    """
    lines = read_text(path).splitlines()
    first = next((n for n, line in enumerate(lines) if line.strip() and line[:2] != "##"), None)
    if first is None:
        raise InputError(f"{path}: contains no variant; expected a table with a header")
    header = [name.strip() for name in lines[first].split("\t")]
    if lines[first].startswith(_VEP_START):
        _demand(path, first, header, _VEP)
        return _read(path, "VEP", _delimited(path, lines, first), _from_vep)
    if "transcript_id" in header:
        _demand(path, first, header, _NEEDED)
        return _read(path, "gMVP", _delimited(path, lines, first), _from_original)
    return _read(path, "plain", _plain(path, lines, first), _from_plain)


def _demand(path: str | Path, first: int, header: list[str], needed: tuple[str, ...]) -> None:
    absent = [name for name in needed if name not in header]
    if absent:
        raise InputError(
            f"{path}, line {first + 1}: no column {', '.join(absent)}; expected"
            f" {', '.join(needed)}, tab-separated"
        )
    if len(set(header)) < len(header):
        raise InputError(f"{path}, line {first + 1}: two columns have the same name")


def _read(
    path: str | Path, form: str, rows: Iterator[_Row], parse: Callable[[_Row], Variant]
) -> Table:
    variants: list[Variant] = []
    dropped: Counter[str] = Counter()
    faults: list[InputError] = []
    for row in rows:
        try:
            variants.append(parse(row))
        except _Dropped as reason:
            dropped[str(reason)] += 1
        except InputError as error:
            faults.append(error)
    if faults:
        more = f"; {len(faults) - 1:,} more rows are wrong" if len(faults) > 1 else ""
        raise InputError(f"{faults[0]}{more}")
    if not variants and not dropped:
        raise InputError(f"{path}: contains no variant, only a header")
    return Table(variants, dict(dropped), form)


def _delimited(path: str | Path, lines: list[str], first: int) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO("\n".join(lines[first:]) + "\n"), delimiter="\t", strict=True)
    try:
        header = [name.strip() for name in next(reader)]
        for fields in reader:
            line = first + reader.line_num
            if not any(field.strip() for field in fields):
                continue
            if any("\n" in field for field in fields):
                raise InputError(
                    f"{path}: a quoted field ends only on line {line}; is a quote not closed?"
                )
            if len(fields) != len(header):
                raise InputError(
                    f"{path}, line {line}: {len(fields)} fields, the header has {len(header)}"
                )
            named = {name: field.strip() for name, field in zip(header, fields, strict=True)}
            yield _Row(f"{path}, line {line}", line, named)
    except csv.Error as error:
        raise InputError(f"{path}, line {first + reader.line_num}: {error}") from None


def _plain(path: str | Path, lines: list[str], first: int) -> Iterator[_Row]:
    for number, line in enumerate(lines[first:], first + 1):
        fields = line.split()
        if not fields or line.startswith("#"):
            continue
        if number == first + 1 and len(fields) == 4 and not fields[1][:1].isdigit():
            continue  # a header
        if len(fields) != 4:
            raise InputError(
                f"{path}, line {number}: {len(fields)} fields; expected transcript, position,"
                f" reference and substitute, or a header with {', '.join(_NEEDED)}"
            )
        yield _Row(f"{path}, line {number}", number, dict(zip(_PLAIN, fields, strict=True)))


def _from_original(row: _Row) -> Variant:
    fields = row.fields
    if "consequence" in fields and fields["consequence"] != MISSENSE:
        raise _Dropped(f"consequence is not {MISSENSE}")
    label = _label(fields["target"]) if "target" in fields else None
    return _variant(row, *_NEEDED, label=label, var_id=fields.get("var"))


def _label(text: str) -> int:
    """Read a target like pandas, for which 1 and 1.0 are the same number."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value not in (0, 1):
        raise _Dropped("target is not 0 or 1")
    return int(value)


def _from_vep(row: _Row) -> Variant:
    fields = row.fields
    if MISSENSE not in fields["Consequence"].split(","):
        raise _Dropped(f"consequence is not {MISSENSE}")
    ref, slash, alt = fields["Amino_acids"].partition("/")
    position = _VEP_POSITION.fullmatch(fields["Protein_position"])
    if not slash or len(ref) != 1 or len(alt) != 1 or not position:
        raise _Dropped("not a substitution of one residue")
    found = dict(zip(_PLAIN, (fields["Feature"], position[1], ref, alt), strict=True))
    return _variant(_Row(row.place, row.line, found), *_PLAIN)


def _from_plain(row: _Row) -> Variant:
    return _variant(row, *_PLAIN)


def _variant(
    row: _Row,
    transcript: str,
    position: str,
    ref: str,
    alt: str,
    label: int | None = None,
    var_id: str | None = None,
) -> Variant:
    fields = row.fields
    name = fields[transcript]
    if not name or name.startswith(".") or "/" in name or "\0" in name:
        raise InputError(f"{row.place}: {transcript} is {name[:40]!r}; expected a transcript id")
    place = _POSITION.fullmatch(fields[position])
    if not place:
        raise InputError(
            f"{row.place}: {position} is {fields[position][:20]!r}; expected a whole number from 1"
        )
    for column in (ref, alt):
        if len(fields[column]) != 1:
            raise InputError(
                f"{row.place}: {column} is {fields[column][:20]!r}; expected one letter"
            )
    if var_id is None:
        var_id = f"{name}_{place[1]}_{fields[ref]}_{fields[alt]}"
    if not var_id:
        raise InputError(f"{row.place}: var is empty; expected the variant's name")
    return Variant(var_id, name, int(place[1]), fields[ref], fields[alt], label, row.line)
