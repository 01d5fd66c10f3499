"""Finalized tables with PTEN's scores as the original computed them, and simulated codons."""

from contextlib import nullcontext
from pathlib import Path

from pt_gmvp.tables.finalize import Request, finalize
from tests.pt_gmvp.genomic_tables import GENOMIC, codons_of, gene, write

PTEN = "ENST00000371953"


def finalized(golden: Path, folder: Path) -> Path:
    """Write table.tsv.gz, .tsv and .parquet: PTEN from 10:1001, another gene on X; the folder."""
    scores = golden / "PTEN_all_possible.tsv"
    residues = {
        int(position): ref
        for _, position, ref, _ in (
            line.split("\t")[0].split("_") for line in scores.read_text().splitlines()[1:]
        )
    }
    protein = "".join(residues[n] for n in sorted(residues))
    rows = gene("PTEN", PTEN, "10", 1001, codons_of(protein))
    other = gene("HLA-A", "NM_002116.8", "X", 500, ["ATG", "CGA"])
    further = folder / "further.tsv"
    further.write_text(
        "var\tgMVP\n" + "".join({f"{r[6]}_{r[7]}_{r[8]}_{r[9]}\t0.25\n": 0 for r in other})
    )
    genomic = write(folder / "genomic.tsv", GENOMIC, rows + other)
    for suffix in (".tsv.gz", ".tsv", ".parquet"):
        request = Request((scores, further), genomic, folder / f"table{suffix}", 10**9, 1)
        finalize(request, lambda *_: nullcontext(lambda units=1: None))
    return folder
