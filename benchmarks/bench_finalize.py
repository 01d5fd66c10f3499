"""`gmvp finalize` against the same table by pandas: rows a second, peak memory, disk.

Run by `make bench-finalize`. Tables are drawn (from hashes, always alike): proteins of 400 residues
on 22 chromosomes, a codon each, every missense change of one nucleotide a genomic row, and a score
for each of the 20 residues at each position, as `gmvp score` writes them: about three scores a row.

    gmvp      gmvp finalize, with --threads and --memory as given here
    pandas    read, merge, sort, groupby rank, rank, write; all in memory

Both write .tsv, take turns, and must write the same bytes; the median time counts, as the
machine may be doing other things. gmvp is then timed for .tsv.gz, with its index, too. Peak memory
is that of a process of its own, disk what lies in the temporary folder at most, looked at ten times
a second.
"""

import argparse
import filecmp
import json
import math
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ROWS, ROUNDS, WHOLE = 2_000_000, 2, 220_000_000
LENGTH = 400  # residues of a protein
PER_RESIDUE = 6.4  # missense changes of one nucleotide, on average over the 61 codons
CHANGE = ["transcript_id", "protein_position", "ref_aa", "alt_aa"]


def write_codons(connection: "DuckDBPyConnection") -> int:
    """Make the tables codons (61, by number) and changes (of one nucleotide); how many codons."""
    from Bio.Data import CodonTable

    amino = CodonTable.unambiguous_dna_by_id[1].forward_table
    connection.execute(
        "CREATE TABLE codons (k INT, codon VARCHAR, aa VARCHAR);"
        "CREATE TABLE changes (codon VARCHAR, place INT, ref VARCHAR, alt VARCHAR, new VARCHAR,"
        " alt_aa VARCHAR)"
    )
    connection.executemany(
        "INSERT INTO codons VALUES (?, ?, ?)",
        [(k, codon, amino[codon]) for k, codon in enumerate(sorted(amino))],
    )
    connection.executemany(
        "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?)",
        [
            (codon, place, codon[place], base, new, amino[new])
            for codon in sorted(amino)
            for place in range(3)
            for base in "ACGT"
            if (new := codon[:place] + base + codon[place + 1 :]) in amino
            and amino[new] != amino[codon]
        ],
    )
    return len(amino)


def draw(folder: Path, rows: int) -> None:
    """Write genomic.tsv of about `rows` rows and scores.tsv for them."""
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    codons = write_codons(connection)
    proteins = max(1, round(rows / LENGTH / PER_RESIDUE))
    connection.execute(
        f"""CREATE VIEW residues AS
        SELECT protein, position, format('ENST{{:011d}}', protein) AS transcript_id, codon, aa
        FROM range({proteins}) p(protein), range(1, {LENGTH + 1}) r(position)
        JOIN codons ON k = hash(protein * 100003 + position) % {codons}"""
    )
    tables = {
        "genomic": """SELECT (protein % 22 + 1) AS chrom,
            protein // 22 * 20000 + 1000 + position * 3 + place AS pos, ref, alt,
            concat('GENE', protein) AS gene_symbol, format('ENSG{:011d}', protein) AS gene_id,
            transcript_id, position AS protein_position, aa AS ref_aa, alt_aa,
            codon AS ref_codon, new AS alt_codon, concat(left(codon, 1), ref, right(codon, 1))
            AS context FROM residues JOIN changes USING (codon)""",
        "scores": """SELECT concat_ws('_', transcript_id, position, aa, alt) AS var,
            hash(protein, position, alt) % 1000003 / 1000003 AS gMVP
            FROM residues, (SELECT unnest(string_split('ACDEFGHIKLMNPQRSTVWY', '')) AS alt)""",
    }
    for name, query in tables.items():
        connection.execute(
            f"COPY ({query}) TO '{folder / name}.tsv' (FORMAT csv, DELIMITER '\t', HEADER)"
        )


def by_pandas(folder: Path, output: Path) -> None:
    """Write the finalized table the straightforward way."""
    import pandas as pd

    genomic = pd.read_csv(folder / "genomic.tsv", sep="\t")
    scores = pd.read_csv(folder / "scores.tsv", sep="\t")
    genomic["var"] = genomic[CHANGE[0]].str.cat([genomic[n].astype(str) for n in CHANGE[1:]], "_")
    table = genomic.merge(scores, on="var").drop(columns="var")
    table = table.sort_values(["chrom", "pos", "ref", "alt", "transcript_id"])
    within = table.groupby("transcript_id").gMVP
    table["gMVP_normalized"] = within.rank("first") / within.transform("size")
    table["gMVP_rankscore"] = table.gMVP.rank(method="first") / len(table)
    ranks = table.gMVP_normalized.rank(method="first")
    table["gMVP_normalized_rankscore"] = ranks / len(table)
    table.to_csv(output, sep="\t", index=False)


def by_gmvp(folder: Path, output: Path, memory: str, threads: int) -> None:
    """Write the finalized table by the command."""
    from typer.testing import CliRunner

    from pt_gmvp.cli import app

    words = ["finalize", str(folder / "scores.tsv"), "--genomic", str(folder / "genomic.tsv")]
    words += ["-o", str(output), "--memory", memory, "--threads", str(threads)]
    done = CliRunner().invoke(app, [*words, "--temp", str(folder)])
    if done.exit_code:
        raise SystemExit(done.output)


def run_way(way: str, folder: Path, output: Path, memory: str, threads: int) -> None:
    """Run one method in this process; print seconds, CPU seconds and peak memory in MB."""
    start = time.perf_counter()
    if way == "pandas":
        by_pandas(folder, output)
    else:
        by_gmvp(folder, output, memory, threads)
    wall = time.perf_counter() - start
    # Not getrusage's peak, which starts at the parent's.
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"wall": wall, "processor": time.process_time(), "peak": peak}))


@contextmanager
def watched(folder: Path) -> Iterator[list[int]]:
    """Give a list whose only number is the most bytes that temporary folders in `folder` held."""
    most, done = [0], threading.Event()

    def look() -> None:
        while not done.wait(0.1):
            held = 0
            for path in folder.glob(".gmvp-finalize*/**/*"):
                try:
                    held += path.stat().st_size
                except OSError:
                    continue  # gone since
            most[0] = max(most[0], held)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()


def measured(way: str, folder: Path, name: str, given: argparse.Namespace) -> dict[str, Any]:
    """Run one method in a separate process; return its numbers and the disk it used in MB."""
    command = [sys.executable, "-m", "benchmarks.bench_finalize", "--way", way]
    command += ["--folder", str(folder), "--output", str(folder / name)]
    command += ["--memory", given.memory, "--threads", str(given.threads)]
    with watched(folder) as disk:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {**json.loads(done.stdout), "disk": disk[0] / 1e6}


def lines_of(path: Path) -> int:
    """Return the number of rows of a table with a header."""
    with open(path, "rb") as file:
        return sum(part.count(b"\n") for part in iter(lambda: file.read(1 << 20), b"")) - 1


def compare(folder: Path, given: argparse.Namespace) -> None:
    """Draw, run, print a table, what it means for the whole proteome, and the ratios."""
    draw(folder, given.rows)
    rows, scores = (lines_of(folder / f"{name}.tsv") for name in ("genomic", "scores"))
    print(f"{rows:,} rows, {scores:,} scores; --memory {given.memory} --threads {given.threads}")
    ways = {"gmvp": "gmvp.tsv"} if given.no_pandas else {"gmvp": "gmvp.tsv", "pandas": "pandas.tsv"}
    found: dict[str, list[dict[str, Any]]] = {way: [] for way in [*ways, "gmvp, .tsv.gz"]}
    for _ in range(given.rounds):
        for way, name in ways.items():
            found[way].append(measured(way, folder, name, given))
    if not given.no_pandas and not filecmp.cmp(folder / "gmvp.tsv", folder / "pandas.tsv", False):
        raise SystemExit("gmvp and pandas wrote different tables")
    found["gmvp, .tsv.gz"].append(measured("gmvp", folder, "gmvp.tsv.gz", given))
    middle = {
        way: {key: median(run[key] for run in runs) for key in runs[0]}
        for way, runs in found.items()
    }
    for way, run in middle.items():
        print(
            f"  {way:<14} {run['wall']:8.1f} s  {rows / run['wall']:9,.0f} rows/s"
            f"  processor {run['processor']:7.1f} s  peak {run['peak']:7.0f} MB"
            f"  temporary {run['disk']:7.0f} MB"
        )
    extrapolate(rows, middle["gmvp, .tsv.gz"])
    print(f"ratio gmvp_rows_per_second {rows / middle['gmvp']['wall']:.0f}")
    if not given.no_pandas:
        gmvp, pandas = middle["gmvp"], middle["pandas"]
        print(f"ratio pandas_over_gmvp_time_{rows} {pandas['wall'] / gmvp['wall']:.2f}")
        print(f"ratio pandas_over_gmvp_memory_{rows} {pandas['peak'] / gmvp['peak']:.2f}")


def extrapolate(rows: int, run: dict[str, float]) -> None:
    """Print what the measured run would take at the size of the whole proteome, step by step."""
    more = WHOLE / rows
    sorting = math.log2(WHOLE) / math.log2(rows)
    hours = run["processor"] * more / 3600
    print(
        f"for {WHOLE:,} rows, {more:.0f} times as many: {hours:.1f} h of one core if all were"
        f" linear, {hours * sorting:.1f} h if all were sorting (n log n), and"
        f" {run['disk'] * more / 1000:.0f} GB of temporary disk"
    )


def main() -> None:
    """Measure everything, or run one method in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help=f"{WHOLE} is the whole proteome")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--memory", default="2GB")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--no-pandas", action="store_true", help="for tables it cannot hold")
    parser.add_argument("--folder", type=Path, help="folder to work in; default: a temporary one")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        run_way(given.way, given.folder, given.output, given.memory, given.threads)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        compare(Path(folder), given)


if __name__ == "__main__":
    main()
