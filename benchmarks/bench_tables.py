"""Speed and memory of the reader of variant tables, beside DuckDB's and pandas' readers.

Writes a table of each kind with random variants, then reads it by turns with each reader, all
columns as text for the other two. Prints, for each kind, `ratio <kind>_over_duckdb` and
`ratio <kind>_over_pandas`: this reader's rows a second over the other's, medians of the runs. Then
prints the peak memory of reading 100,000 and 1,000,000 rows, each in a process of its own.
"""

import argparse
import gc
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from Bio.Data.IUPACData import protein_letters_1to3 as THREE

from converters.residues import AMINO_ACIDS
from converters.variants.reading import Options, read_tables

SEED = 7
TRANSCRIPT = "ENST00000371953"


def _variants(number: int) -> Iterator[tuple[str, int, str, str]]:
    random.seed(SEED)
    names = [f"ENST{n:011d}" for n in range(400)]
    for _ in range(number):
        ref, alt = random.sample(AMINO_ACIDS, 2)
        yield random.choice(names), random.randint(1, 2700), ref, alt


def own(t: str, p: int, r: str, a: str) -> str:
    """Return a row of gMVP's own columns."""
    return f"{t}\t{p}\t{r}\t{a}\t1"


def changes(t: str, p: int, r: str, a: str) -> str:
    """Return a row of transcripts and changes."""
    return f"{t},p.{THREE[r]}{p}{THREE[a]}"


def hgvs(t: str, p: int, r: str, a: str) -> str:
    """Return a line of a list."""
    return f"{t}:p.{THREE[r]}{p}{THREE[a]}"


def vep(t: str, p: int, r: str, a: str) -> str:
    """Return a row of VEP's default output."""
    return (
        f"rs{p}\tchr10:{p * 3}\tA\tENSG00000171862\t{t}\tTranscript\tmissense_variant\t{p * 3}\t"
        f"{p * 3}\t{p}\t{r}/{a}\tcGa/cAa\t-\tIMPACT=MODERATE;STRAND=1"
    )


def vcf(t: str, p: int, r: str, a: str) -> str:
    """Return a line of a VCF with two annotations."""
    other = f"A|intron_variant|ENSG1|{t}|||"
    return f"10\t{p * 3}\t.\tG\tA\t.\tPASS\tCSQ=A|missense_variant|ENSG1|{t}|{p}|{r}/{a}|,{other}"


def alphamissense(t: str, p: int, r: str, a: str) -> str:
    """Return a row of the genomic table."""
    return f"chr10\t{p * 3}\tG\tA\thg38\tP60484\t{t}.3\t{r}{p}{a}\t0.1234\tlikely_benign"


def clinvar(t: str, p: int, r: str, a: str) -> str:
    """Return a row of variant_summary, of an Ensembl transcript so that no map is needed."""
    name = f"{t}.1(PTEN):c.{p * 3}G>A (p.{THREE[r]}{p}{THREE[a]})"
    return f"{p}\tsingle nucleotide variant\t{name}\t5728\tPTEN\tHGNC:9588\tPathogenic\t1"


def dbnsfp(t: str, p: int, r: str, a: str) -> str:
    """Return a row with one transcript in two places."""
    return f"10\t{p * 3}\tG\tA\t{r}\t{a}\t{p};{p}\tPTEN;PTEN\t{t};{t}"


def gnomad(t: str, p: int, r: str, a: str) -> str:
    """Return a row of the export, all in quotes."""
    cells = (f"10-{p}-G-A", "10", f"{p}", "", "G", "A", "gnomAD Exomes", "PASS", t)
    change = f"p.{THREE[r]}{p}{THREE[a]}"
    return ",".join(f'"{cell}"' for cell in (*cells, change, change, "missense_variant"))


def mavedb(t: str, p: int, r: str, a: str) -> str:
    """Return a row of scores."""
    return f"urn:mavedb:00000000-a-1#{p},NA,NA,p.{THREE[r]}{p}{THREE[a]},-2.5"


def proteingym(t: str, p: int, r: str, a: str) -> str:
    """Return a row with a sequence of 100 residues."""
    return f"{r}{p}{a},{'MTAIIKEIVS' * 10},-0.04,1"


KINDS: dict[str, tuple[str, Callable[[str, int, str, str], str]]] = {
    "gmvp": ("transcript_id\taa_pos\tref_aa\talt_aa\ttarget", own),
    "changes": ("transcript,hgvsp", changes),
    "hgvs": ("variant", hgvs),
    "vep": (
        "#Uploaded_variation\tLocation\tAllele\tGene\tFeature\tFeature_type\tConsequence\t"
        "cDNA_position\tCDS_position\tProtein_position\tAmino_acids\tCodons\tExisting_variation\t"
        "Extra", vep,
    ),
    "vcf": (
        "##fileformat=VCFv4.2\n"
        '##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from Ensembl VEP.'
        ' Format: Allele|Consequence|Gene|Feature|Protein_position|Amino_acids|HGVSp">\n'
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO", vcf,
    ),
    "alphamissense": (
        "#CHROM\tPOS\tREF\tALT\tgenome\tuniprot_id\ttranscript_id\tprotein_variant\t"
        "am_pathogenicity\tam_class", alphamissense,
    ),
    "clinvar": (
        "#AlleleID\tType\tName\tGeneID\tGeneSymbol\tHGNC_ID\tClinicalSignificance\tClinSigSimple",
        clinvar,
    ),
    "dbnsfp": (
        "#chr\tpos(1-based)\tref\talt\taaref\taaalt\taapos\tgenename\tEnsembl_transcriptid", dbnsfp,
    ),
    "gnomad": (
        "gnomAD ID,Chromosome,Position,rsIDs,Reference,Alternate,Source,Filters - exomes,"
        "Transcript,HGVS Consequence,Protein Consequence,VEP Annotation", gnomad,
    ),
    "mavedb": ("accession,hgvs_nt,hgvs_splice,hgvs_pro,score", mavedb),
    "proteingym": ("mutant,mutated_sequence,DMS_score,DMS_score_bin", proteingym),
}  # fmt: skip
NAMELESS = ("mavedb", "proteingym")


def write(path: Path, kind: str, number: int) -> None:
    """Write a table of a kind."""
    header, row = KINDS[kind]
    with open(path, "w") as file:
        file.write(header + "\n")
        file.writelines(row(*variant) + "\n" for variant in _variants(number))


def by_this(path: Path, kind: str) -> None:
    """Read a table as the commands do."""
    options = Options(transcript=TRANSCRIPT if kind in NAMELESS else None)
    read = read_tables([path], options)
    assert read.lines == len(read.rows) // (2 if kind == "dbnsfp" else 1)


def by_duckdb(path: Path, kind: str) -> None:
    """Read all cells of a table as text into numpy arrays."""
    import duckdb

    delimiter = "," if "," in KINDS[kind][0].rpartition("\n")[2] else "\t"
    with duckdb.connect() as connection:
        connection.execute(
            f"SELECT * FROM read_csv('{path}', delim='{delimiter}', all_varchar=true,"
            f" header=true, skip={KINDS[kind][0].count(chr(10))}, quote='\"')"
        ).fetchnumpy()


def by_pandas(path: Path, kind: str) -> None:
    """Read all cells of a table as text."""
    import pandas

    delimiter = "," if "," in KINDS[kind][0].rpartition("\n")[2] else "\t"
    skip = KINDS[kind][0].count("\n")
    pandas.read_csv(path, sep=delimiter, dtype=str, skiprows=skip, keep_default_na=False)


def seconds(read: Callable[[Path, str], None], path: Path, kind: str) -> float:
    """Return how long one reading takes."""
    gc.collect()
    start = time.perf_counter()
    read(path, kind)
    return time.perf_counter() - start


def peak(path: Path, kind: str) -> float:
    """Return the most memory of a process that reads a table, MB."""
    command = [sys.executable, "-m", "benchmarks.bench_tables", "--only-read", str(path), kind]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--only-read", nargs=2, metavar=("FILE", "KIND"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only_read:
        by_this(Path(given.only_read[0]), given.only_read[1])
        # Of this process alone; ru_maxrss begins with that of the parent.
        status = Path("/proc/self/status").read_text()
        print(int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1000)
        return
    readers = {"this": by_this, "duckdb": by_duckdb, "pandas": by_pandas}
    with tempfile.TemporaryDirectory() as folder:
        for kind in given.kinds:
            path, small = Path(folder) / f"{kind}.txt", Path(folder) / f"{kind}.small.txt"
            write(path, kind, given.rows)
            write(small, kind, given.rows // 10)
            taken: dict[str, list[float]] = {name: [] for name in readers}
            for _ in range(given.runs):
                for name, read in readers.items():
                    taken[name].append(seconds(read, path, kind))
            mine = median(taken["this"])
            for name in ("duckdb", "pandas"):
                print(f"ratio {kind}_over_{name} {median(taken[name]) / mine:.2f}", flush=True)
            print(
                f"{kind}: {given.rows / mine:,.0f} rows/s; peak {peak(small, kind):.0f} MB at"
                f" {given.rows // 10:,} rows, {peak(path, kind):.0f} MB at {given.rows:,}",
                flush=True,
            )
            path.unlink()


if __name__ == "__main__":
    main()
