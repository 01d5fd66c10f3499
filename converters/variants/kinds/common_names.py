"""Names that people give to columns, compared without case and punctuation."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TRANSCRIPTS = _words("""
transcriptid transcript transcriptstableid ensembltranscriptid ensembltranscript enst feature
transcriptname ensembltranscriptstableid transcriptvariant
""")
"""Transcripts."""

OTHER_IDS = _words("""
refseq refseqid refseqtranscript nm nmid rnaid protein proteinid ensemblproteinid ensp
refseqprotein np uniprot uniprotid uniprotacc uniprotaccession uniprotkb uniprotkbid swissprot
accession acc gene genesymbol genename symbol hugosymbol hgncsymbol geneid ensemblgeneid id name
target
""")
"""Other names of proteins, the best first."""

CHANGES = _words("""
proteinvariant hgvsp hgvspro hgvsprotein hgvspshort proteinchange aachange aminoacidchange
aminoacidvariant aavariant aasubstitution aasubstitutions aamutation proteinmutation
proteinconsequence mutant mutation mutations mut variant variants variantid varid var proteinvar
hgvs change substitution substitutions aminoacidsubstitution pvariant
""")
"""Changes such as p.Arg130Gln."""

POSITIONS = _words("""
aapos proteinposition aaposition proteinpos aminoacidposition residueposition residuenumber
resnum position pos residue site
""")
"""Positions in a protein."""

REFERENCES = _words("""
refaa aaref wtaa wt wildtype wildtypeaa referenceaa refaminoacid reference ref aa1 fromaa aawt
originalaa
""")
"""Reference residues."""

SUBSTITUTES = _words("""
altaa aaalt mutaa mt mutantaa mutated altaminoacid alternate alternative alt aa2 toaa aamut
substitute newaa mutant mut variantaa
""")
"""Substitutes."""

CONSEQUENCES = _words("""
consequence vepannotation annotation variantclassification effect moleculareffect
""")
"""Consequences."""
