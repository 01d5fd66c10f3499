"""Matrices against the original's, and every way in which a raw file can be at fault."""

import gzip
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from converters.errors import InputError
from converters.features.matrix import make_matrix
from converters.features.ranges import check_ranges
from converters.features.raw_files import RawFolder
from converters.residues import AMINO_ACIDS

TP53, PTEN = "ENST00000269305", "ENST00000371953"
FILES = (".99.diff0.hhm.npy", ".compara103", ".netsurfp2.json", ".aa.obs_exp.npy")


def _make(folder, transcript=PTEN):
    return make_matrix(RawFolder(folder).find(transcript))


def _assert_original(folder, told):
    for transcript, expected in json.loads(told.read_text()).items():
        made = _make(folder, transcript)
        assert list(made.matrix.shape) == expected["shape"]
        assert made.matrix.dtype == expected["dtype"]
        assert hashlib.sha256(made.matrix.tobytes()).hexdigest() == expected["sha256"]
        assert made.notes == ()


def test_matrices_are_the_original_s_byte_for_byte(raw, golden):
    _assert_original(raw, golden / "combined" / "sha256.json")


def test_real_matrices_are_the_original_s_byte_for_byte(real):
    _assert_original(real / "feature", real / "golden" / "combined" / "sha256.json")


def test_the_usual_radians_would_not_be_the_original_s(raw, golden, monkeypatch):
    """The byte comparison above can fail: other last bits of an angle are enough."""
    monkeypatch.setattr("converters.features.structure.np.pi", np.nextafter(np.pi, 4))
    with pytest.raises(AssertionError):
        _assert_original(raw, golden / "combined" / "sha256.json")


def test_text_files_may_be_gzipped(pten):
    plain = _make(pten).matrix
    for end in (".compara103", ".netsurfp2.json"):
        path = pten / f"{PTEN}{end}"
        (pten / f"{PTEN}{end}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert _make(pten).matrix.tobytes() == plain.tobytes()


def test_files_of_two_proteins_are_refused(pten, raw):
    for end, message in (
        (".99.diff0.hhm.npy", "line 1: homosapien has 403 positions; the protein has 393"),
        (".netsurfp2.json", f"has 393 positions, but {PTEN}.99.diff0.hhm.npy has 403"),
        (".aa.obs_exp.npy", f"has 393 positions, but {PTEN}.99.diff0.hhm.npy has 403"),
    ):
        shutil.copy(raw / f"{TP53}{end}", pten / f"{PTEN}{end}")
        with pytest.raises(InputError) as caught:
            _make(pten)
        assert message in str(caught.value)
        shutil.copy(raw / f"{PTEN}{end}", pten / f"{PTEN}{end}")


def _structure(pten, **changed):
    path = pten / f"{PTEN}.netsurfp2.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


def test_a_structure_of_another_protein_is_refused_as_an_alignment_is(pten):
    sequence = json.loads((pten / f"{PTEN}.netsurfp2.json").read_text())["seq"]
    _structure(pten, seq=sequence[:4] + "W" + sequence[5:])
    message = (
        rf"netsurfp2\.json: its sequence has W at position 5, the protein {sequence[4]}; expected"
    )
    with pytest.raises(InputError, match=message):
        _make(pten)
    _structure(pten, seq=sequence[:-1])
    with pytest.raises(InputError, match="its sequence has 402 residues, the protein 403"):
        _make(pten)
    _structure(pten, seq=sequence.lower())
    assert _make(pten).notes == ()


def test_selenocysteine_is_the_cysteine_of_the_profile(pten):
    plain = _make(pten).matrix
    sequence = json.loads((pten / f"{PTEN}.netsurfp2.json").read_text())["seq"]
    at = sequence.index("C")
    _structure(pten, seq=sequence.replace("C", "U", 1))
    made = _make(pten)
    assert made.matrix.tobytes() == plain.tobytes()
    assert made.notes == (
        f"{PTEN}.netsurfp2.json: its sequence has U at position {at + 1}, the profile C: U is"
        " selenocysteine, for which C may stand, so the residue is the same",
    )


def test_files_that_are_not_used_are_named(pten):
    (pten / f"{PTEN}.hhm").write_text("never read")
    assert _make(pten).notes == (f"{PTEN}.hhm was not used",)


ODD = (
    b"\x00", b"\xff\xfe", b"nan", b"-inf", b"1e999", b"1e30", b"\t", b"\n", b"\r", b'"', b"-",
    b"[" * 3000, b"{", b"\xc2\x85", b"\xe2\x80\xa8", b"\x1b[2J", b"\n>", b"//\n", b" ",
)  # fmt: skip


def _mutate(content: bytes, random: np.random.Generator) -> bytes:
    how = random.choice(["cut", "flip", "repeat", "drop", "insert", "insert", "empty"])
    at = int(random.integers(len(content)))
    # Most of what is delicate stands at the start: headers, keys, the first line.
    at = at % 200 if random.integers(2) else at
    size = int(random.choice([1, 2, 7, 300]))
    if how == "empty":
        return content[: int(random.integers(2))]
    if how == "cut":
        return content[:at]
    if how == "flip":
        return (
            content[:at] + bytes([content[at] ^ 1 << int(random.integers(8))]) + content[at + 1 :]
        )
    if how == "repeat":
        return content[:at] + content[at : at + size] + content[at:]
    if how == "drop":
        return content[:at] + content[at + size :]
    return content[:at] + ODD[random.integers(len(ODD))] + content[at:]


def _dressings(raw: Path) -> dict[str, tuple[str, bytes]]:
    """PTEN's inputs in every kind of file: kind of input and content, by suffix."""
    kinds = dict(zip(FILES, ("profile", "alignment", "structure", "counts"), strict=True))
    found = {end: (kind, (raw / f"{PTEN}{end}").read_bytes()) for end, kind in kinds.items()}
    profile = np.load(raw / f"{PTEN}{FILES[0]}")[:, :21]
    rows = [line.split("\t") for line in (raw / f"{PTEN}{FILES[1]}").read_text().splitlines()]
    letters = "".join(AMINO_ACIDS[int(code)] for code in profile[:, 0])
    aligned = [("q", letters), *((f"s{n}", row[2].strip()) for n, row in enumerate(rows[1:9]))]
    fasta = "".join(f">{name}\n{row}\n" for name, row in aligned)
    lines = "".join(f"{name:<12}{row}\n" for name, row in aligned)
    for end, text in (
        (".a3m", f"#403\t1\n{fasta}\0"),
        (".fas", fasta),
        (".sth", f"# STOCKHOLM 1.0\n{lines}//\n"),
        (".aln", f"CLUSTAL W (1.8)\n\n\n{lines}\n"),
        (".a3m.gz", ""),
    ):
        content = text.encode() or gzip.compress(fasta.encode(), mtime=0)
        found[end] = "alignment", content
    scores = np.rint(-1000 * np.log2(profile[:, 1:].clip(1e-30))).astype(int)
    states = [
        f"{letter} {n}  {' '.join(map(str, row))} {n}\n  0 * * 0 * 0 * 0 0 0\n\n"
        for n, (letter, row) in enumerate(zip(letters, scores.tolist(), strict=True), 1)
    ]
    head = f"HHsearch 1.5\nLENG  403 match states\n#\nHMM    {' '.join(AMINO_ACIDS)}\n M->M\n 0 *\n"
    found[".hhm"] = "profile", (head + "".join(states) + "//\n").encode()
    structure = json.loads(found[FILES[2]][1])
    several = [{**structure, "id": "0000_OTHER", "seq": "M"}, {**structure, "id": f"0001_{PTEN}"}]
    found[".netsurfp3.json"] = "structure", json.dumps(several).encode()
    table = ["id,seq,n,rsa,q3,p[q3_H],p[q3_E],p[q3_C],phi,psi,disorder"]
    for n in range(403):
        values = (structure["rsa"][n], "H", *structure["q3_prob"][n], structure["phi"][n],
                  structure["psi"][n], structure["disorder"][n])  # fmt: skip
        table.append(",".join(map(str, (f">{PTEN}.8 of two, words", letters[n], n + 1, *values))))
    found[".netsurfp.csv"] = "structure", "\n".join(table).encode()
    counts = np.nan_to_num(np.load(raw / f"{PTEN}{FILES[3]}"))
    body = ["\t".join(map(repr, [n, *row])) for n, row in enumerate(counts.tolist(), 1)]
    head = "aa_pos\tobs_mis\texp_mis\tobs_syn\texp_syn"
    found[".obs_exp.tsv"] = "counts", "\r\n".join([head, *body]).encode()
    return found


@pytest.fixture(scope="module")
def dressings(raw):
    return _dressings(raw)


def _folder(tmp_path_factory, dressings, end, content):
    """Write PTEN's inputs, one of them in this dressing and with this content."""
    folder = tmp_path_factory.mktemp("raw")
    kind, _ = dressings[end]
    for other in FILES:
        if dressings[other][0] != kind:
            (folder / f"{PTEN}{other}").write_bytes(dressings[other][1])
    (folder / f"{PTEN}{end}").write_bytes(content)
    return folder


def test_every_dressing_is_read(raw, tmp_path_factory, dressings):
    plain = _make(raw).matrix
    columns = {"profile": slice(0, 1), "alignment": slice(0, 22), "structure": slice(421, 425),
               "counts": slice(431, 435)}  # fmt: skip
    for end, (kind, content) in dressings.items():
        found = _make(_folder(tmp_path_factory, dressings, end, content)).matrix
        assert (found[:, columns[kind]] == plain[:, columns[kind]]).all(), end


def _mutated_are_right_or_refused(tmp_path_factory, dressings, number, seed):
    """Mutate a file `number` times; what is made of it is a matrix, or one line with the file."""
    random = np.random.default_rng(seed)
    ends, refused = sorted(dressings), 0
    for _ in range(number):
        end = ends[random.integers(len(ends))]
        content = _mutate(dressings[end][1], random)
        folder = _folder(tmp_path_factory, dressings, end, content)
        said = ""
        try:
            made = _make(folder)
        except InputError as error:
            said = str(error)
        if said:
            refused += 1
            assert f"{PTEN}." in said, content[:300]
            assert "\n" not in said
        else:
            assert made.matrix.shape == (403, 435)
            check_ranges(made.matrix, "made")
        shutil.rmtree(folder)
    assert refused > number // 4


def test_a_mutated_file_is_refused_or_still_right(tmp_path_factory, dressings):
    _mutated_are_right_or_refused(tmp_path_factory, dressings, 300, 1)


@pytest.mark.exhaustive
def test_mutated_files_at_length(tmp_path_factory, dressings):
    _mutated_are_right_or_refused(tmp_path_factory, dressings, 10_000, 2)
