"""Small tables of every kind, made up in the layout of the public files."""

HEADERS = {
    "gmvp": "transcript_id\taa_pos\tref_aa\talt_aa\ttarget",
    "commas": "alt_aa,ref_aa,aa_pos,transcript_id,note",
    "changes": "Transcript ID;HGVSp",
    "hgvs": "variant",
    "vep": "## ENSEMBL VARIANT EFFECT PREDICTOR v112\n#Uploaded_variation\tLocation\tAllele\tGene\t"
    "Feature\tFeature_type\tConsequence\tcDNA_position\tCDS_position\tProtein_position\t"
    "Amino_acids\tCodons\tExisting_variation\tExtra",
    "vcf": '##fileformat=VCFv4.2\n##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence'
    " annotations from Ensembl VEP. Format: Allele|Consequence|Feature|Amino_acids|"
    'Protein_position">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO',
    "alphamissense": "# Copyright\n#CHROM\tPOS\tREF\tALT\tgenome\tuniprot_id\ttranscript_id\t"
    "protein_variant\tam_pathogenicity\tam_class",
    "clinvar": "#AlleleID\tType\tName\tGeneSymbol\tClinicalSignificance",
    "dbnsfp": "#chr\tpos(1-based)\tref\talt\taaref\taaalt\taapos\tgenename\tEnsembl_transcriptid",
    "gnomad": "gnomAD ID,Chromosome,Transcript,HGVS Consequence,Protein Consequence,VEP Annotation",
    "mavedb": "accession,hgvs_nt,hgvs_splice,hgvs_pro,score",
    "proteingym": "mutant,mutated_sequence,DMS_score,DMS_score_bin",
    "plain": "transcript pos ref alt",
}
KIND_NAMES = {
    "gmvp": "gMVP", "commas": "gMVP", "changes": "column of changes", "hgvs": "column of changes",
    "vep": "VEP", "vcf": "VEP in VCF", "alphamissense": "AlphaMissense",
    "clinvar": "ClinVar summary", "dbnsfp": "dbNSFP", "gnomad": "gnomAD export",
    "mavedb": "MaveDB", "proteingym": "ProteinGym", "plain": "plain",
}  # fmt: skip
NAMELESS = ("mavedb", "proteingym")
GIVEN = "ENST00000999999"
LONG = {
    "A": "Ala", "C": "Cys", "D": "Asp", "E": "Glu", "F": "Phe", "G": "Gly", "H": "His", "I": "Ile",
    "K": "Lys", "L": "Leu", "M": "Met", "N": "Asn", "P": "Pro", "Q": "Gln", "R": "Arg", "S": "Ser",
    "T": "Thr", "V": "Val", "W": "Trp", "Y": "Tyr",
}  # fmt: skip


def row(kind: str, transcript: str, position: int, ref: str, alt: str) -> str:
    """Return the line of a variant."""
    t, p, r, a = transcript, position, ref, alt
    change = f"p.{LONG.get(r, r)}{p}{LONG.get(a, a)}"
    vep = f"rs{p}\tchr7:{p}\tT\tENSG00000001626\t{t}\tTranscript\tmissense_variant\t1\t1"
    return {
        "gmvp": f"{t}\t{p}\t{r}\t{a}\t1",
        "commas": f'{a},{r},{p},{t},"a, b"',
        "changes": f"{t};{change}",
        "hgvs": f"{t}:{change}",
        "vep": f"{vep}\t{p}\t{r}/{a}\tTtt/Gtt\t-\tSTRAND=1",
        "vcf": f"7\t{p}\t.\tC\tT\t.\tPASS\tAC=1;CSQ=T|missense_variant|{t}|{r}/{a}|{p}/1480",
        "alphamissense": f"chr7\t{p}\tC\tT\thg38\tP13569\t{t}\t{r}{p}{a}\t0.7\tambiguous",
        "clinvar": f"7\tsingle nucleotide variant\t{t}.4(CFTR):c.1521T>G ({change})\tCFTR\tBenign",
        "dbnsfp": f"7\t{p}\tC\tT\t{r}\t{a}\t{p};{p + 1}\tCFTR;CFTR\t{t};ENST00000000002",
        "gnomad": f'"7-{p}-C-T","7","{t}","{change}","{change}","missense_variant"',
        "mavedb": f"urn:mavedb:00000001-a-1#{p},NA,NA,{change},0.4",
        "proteingym": f"{r}{p}{a},MKV,0.1,0",
        "plain": f"{t} {p} {r} {a}",
    }[kind]


def table(kind: str, rows: list[tuple[str, int, str, str]]) -> str:
    """Return a table with a header."""
    return "\n".join([HEADERS[kind], *(row(kind, *one) for one in rows)]) + "\n"
