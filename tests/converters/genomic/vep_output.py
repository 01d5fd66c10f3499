"""VEP's output in its three forms, for a gene on the reverse strand and one on the forward."""

HEADER = (
    *("Uploaded_variation", "Location", "Allele", "Gene", "Feature", "Feature_type"),
    *("Consequence", "cDNA_position", "CDS_position", "Protein_position", "Amino_acids"),
    *("Codons", "Existing_variation", "Extra"),
)
GENOME = ">7 small\nACGTACGTAC\nGTTTGCAAAC\n>chrX\nGGGG\n"
"""Chromosome 7 has T at 4, G at 11, T at 12 and 13, C at 16."""

FORWARD = {
    **{"Uploaded_variation": "v1", "Location": "7:12", "Allele": "A", "Gene": "ENSG01"},
    **{"Feature": "ENST01", "Feature_type": "Transcript", "Consequence": "missense_variant"},
    **{"cDNA_position": "5", "CDS_position": "5", "Protein_position": "2", "Amino_acids": "V/D"},
    **{"Codons": "gTt/gAt", "Existing_variation": "-"},
    **{"Extra": "IMPACT=MODERATE;STRAND=1;SYMBOL=ABC"},
}
# On the forward strand C becomes T: in the codon, tGc becomes tAc.
REVERSE = FORWARD | {
    **{"Uploaded_variation": "7_16_C/T", "Location": "7:16", "Allele": "T", "Gene": "ENSG02"},
    **{"Feature": "ENST02.3", "Amino_acids": "C/Y", "Codons": "tGc/tAc"},
    **{"Protein_position": "7/99", "Extra": "STRAND=-1;SYMBOL=DEF"},
}
ROWS = (
    "7\t12\tT\tA\tABC\tENSG01\tENST01\t2\tV\tD\tGTT\tGAT\t",
    "7\t16\tC\tT\tDEF\tENSG02\tENST02.3\t7\tC\tY\tTGC\tTAC\t",
)
CONTEXTS = ("GTT", "GCA")


def default_table(*rows, header=True, mark="#"):
    """Return VEP's default output."""
    lines = ["## ENSEMBL VARIANT EFFECT PREDICTOR v113.0"] if header else []
    if header:
        lines.append(mark + "\t".join(HEADER))
    lines += ["\t".join(row[name] for name in HEADER) for row in rows]
    return "\n".join([*lines, ""])


def tab_table(*rows):
    """Return the output of --tab with --symbol and --show_ref_allele."""
    names = (*HEADER[:-1], "IMPACT", "STRAND", "SYMBOL", "REF_ALLELE")
    lines = ["## VEP command-line: vep --tab", "#" + "\t".join(names)]
    for row in rows:
        extra = dict(pair.split("=") for pair in row["Extra"].split(";"))
        lines.append(
            "\t".join((row | {"IMPACT": "-", "REF_ALLELE": "-"} | extra)[n] for n in names)
        )
    return "\n".join([*lines, ""])


def vcf(*sites, names=("Allele", "Consequence", "SYMBOL", "Gene", "Feature_type", "Feature",
                       "Protein_position", "Amino_acids", "Codons", "STRAND")):  # fmt: skip
    """Return a VCF; a site is (chrom, pos, ref, alts, annotations)."""
    lines = [
        "##fileformat=VCFv4.2",
        '##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from Ensembl VEP.'
        f' Format: {"|".join(names)}">',
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO",
    ]
    for chrom, pos, ref, alts, rows in sites:
        values = []
        for row in rows:
            extra = dict(pair.split("=") for pair in row["Extra"].split(";"))
            joined = row | extra
            text = {**joined, "Consequence": joined["Consequence"].replace(",", "&")}
            values.append("|".join("" if text[n] == "-" else text[n] for n in names))
        info = f"AC=1;CSQ={','.join(values)}" if values else "AC=1"
        lines.append(f"{chrom}\t{pos}\t.\t{ref}\t{alts}\t.\tPASS\t{info}")
    return "\n".join([*lines, ""])
