"""The engine gives what the plain model gives on windows, whatever it is given, and in what way."""

import json
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from converters.pickles import load_array
from pt_gmvp.data import Batch, MatrixError, windows
from pt_gmvp.forms.per_residue import engine
from pt_gmvp.forms.per_residue.engine import Scorer
from pt_gmvp.forms.per_residue.sites import Sites
from pt_gmvp.model import GMVP
from pt_gmvp.prediction import ensemble_probability
from pt_gmvp.residues import ResidueCodeError
from tests.pt_gmvp.plain_scores import score_substitutions

PTEN = "ENST00000371953"
LENGTHS = (1, 2, 31, 32, 33, 64, 65, 128, 129, 130)
SCORES = ("add", "nn", "dot")
# Of the alphabet, the gap, beyond it, between two and what truncates to 0 from below.
CODES = np.array([*range(21), 20, 21, 25, 3.75, 19.5, 20.75, -0.5, -0.0, 1e20])


def drawn(length: int, states: int, seed: int) -> np.ndarray:
    """Matrix of a protein that has at most so many states at a position, and one state at many."""
    random = np.random.default_rng(seed)
    matrix = random.uniform(-1, 1, (length, 435)).astype(np.float32)
    matrix[:, 0] = random.choice(CODES[:-1], length)
    choice = random.choice(CODES, (length, states))
    picked = random.integers(0, states, (length, 200)) * (random.random((length, 1)) < 0.7)
    matrix[:, 21:221] = np.take_along_axis(choice, picked, 1)
    return matrix


def plain(models: list[GMVP], matrix: np.ndarray) -> torch.Tensor:
    return score_substitutions(models, matrix)


def plain_at(models: list[GMVP], matrix: np.ndarray, positions: list[int]) -> torch.Tensor:
    """Scores of some residues by the plain model, each of whose windows is cut by itself."""
    feature, mask = windows(matrix, positions)
    window = torch.arange(len(positions)).repeat_interleave(20)
    ref_aa, alt_aa = feature[:, 64, 0].long()[window], torch.arange(20).repeat(len(positions))
    batch = Batch([""] * len(window), None, ref_aa, alt_aa, feature, mask, window)
    return ensemble_probability(models, batch).view(-1, 20)


def scores(models: list[GMVP], *matrices: np.ndarray, threads: int = 1) -> list[torch.Tensor]:
    named = [(f"T{number}", matrix) for number, matrix in enumerate(matrices)]
    found = list(Scorer(models, threads).score(iter(named)))
    assert [name for name, _ in found] == [name for name, _ in named]
    return [of_protein for _, of_protein in found]


def assert_same(found: torch.Tensor, expected: torch.Tensor) -> None:
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("source", ["made", "real"])
def test_golden_substitutions_of_all_of_pten(
    source: str,
    golden: Path,
    drawn_model: Callable[..., GMVP],
    assert_rounding: Callable[..., None],
    request: pytest.FixtureRequest,
) -> None:
    """The original program's own scores, in its order, by the verdict's rule."""
    config = json.loads((golden / "ensemble_config.json").read_text())["model"]
    folder = golden if source == "made" else request.getfixturevalue("real") / "golden"
    matrix = load_array(folder / "combined" / f"{PTEN}.pickle")
    ours = [
        scores([drawn_model(config, seed, dtype) for seed in (21, 22)], matrix, threads=2)[0]
        for dtype in (torch.float32, torch.float64)
    ]
    rows = (folder / "PTEN_all_possible.tsv").read_text().splitlines()[1:]
    expected = np.array([row.split("\t")[1] for row in rows], np.float64).reshape(403, 20)
    assert_rounding(expected, *ours, "PTEN_all_possible.tsv")


@pytest.mark.slow
@settings(max_examples=60)
@given(
    length=st.sampled_from(LENGTHS),
    states=st.sampled_from([1, 2, 7, 40]),
    score=st.sampled_from(SCORES),
    pairwise=st.sampled_from(["fre", "cov"]),
    weighting=st.sampled_from(["spe", "none"]),
    norm=st.sampled_from(["released", "paper"]),
    heads=st.sampled_from([(6, 8, 2), (7, 9, 3), (5, 4, 1)]),
    number=st.integers(1, 2),
    seed=st.integers(0, 10_000),
)
def test_it_is_the_plain_model(
    small: Callable[..., GMVP],
    length: int,
    states: int,
    score: str,
    pairwise: str,
    weighting: str,
    norm: str,
    heads: tuple[int, int, int],
    number: int,
    seed: int,
) -> None:
    options: dict[str, object] = dict(zip(("d_fc", "d_model", "num_heads"), heads, strict=True))
    options |= {"attn_score_type": score, "pairwise_type": pairwise, "pairwise_norm": norm}
    models = [small(seed + each, weighting_schema=weighting, **options) for each in range(number)]
    matrix = drawn(length, states, seed)
    some = sorted({*range(min(2, length)), min(64, length - 1), seed % length, length - 1})
    assert_same(scores(models, matrix)[0][some], plain_at(models, matrix, some))


@pytest.mark.parametrize("weighting", ["spe", "none"])
def test_it_is_the_plain_model_with_an_inverse(
    weighting: str, small: Callable[..., GMVP], pten: np.ndarray
) -> None:
    model, matrix = small(pairwise_type="inv_cov", weighting_schema=weighting), pten[200:202]
    torch.testing.assert_close(
        scores([model], matrix)[0], plain([model], matrix), rtol=1e-8, atol=1e-10
    )


def test_models_of_an_ensemble_may_differ_in_all_they_compute(
    small: Callable[..., GMVP], pten: np.ndarray
) -> None:
    models = [
        small(1),
        small(2, pairwise_type="fre", attn_score_type="dot"),
        small(3, weighting_schema="none", d_fc=5, d_model=4, num_heads=1),
        small(4, pairwise_norm="paper", attn_score_type="nn"),
    ]
    matrix = pten[:70]
    assert_same(scores(models, matrix)[0], plain(models, matrix))


def with_gaps(matrix: np.ndarray) -> np.ndarray:
    matrix = matrix.copy()
    matrix[10:40, 21:221] = 20
    return matrix


def with_unknown_residues(matrix: np.ndarray) -> np.ndarray:
    matrix = matrix.copy()
    matrix[::3, 0] = 20
    return matrix


def agreeing(matrix: np.ndarray) -> np.ndarray:
    matrix = matrix.copy()
    matrix[:, 21:221] = matrix[:, :1]
    return matrix


def of_no_states(matrix: np.ndarray) -> np.ndarray:
    matrix = matrix.copy()
    matrix[5:25, 21:221] = 21
    return matrix


@pytest.mark.parametrize("change", [with_gaps, with_unknown_residues, agreeing, of_no_states])
@pytest.mark.parametrize("pairwise", ["cov", "fre"])
def test_odd_proteins(
    change: Callable[[np.ndarray], np.ndarray],
    pairwise: str,
    small: Callable[..., GMVP],
    pten: np.ndarray,
) -> None:
    models, matrix = [small(pairwise_type=pairwise)], change(pten[:70])
    assert_same(scores(models, matrix)[0], plain(models, matrix))


@pytest.mark.slow
@settings(max_examples=10)
@given(
    lengths=st.lists(st.integers(0, 140), min_size=1, max_size=6),
    threads=st.integers(1, 4),
    ahead=st.integers(1, 4),
    seed=st.integers(0, 99),
)
@example(lengths=[140, 3, 0, 140], threads=3, ahead=1, seed=0)
def test_no_bit_depends_on_threads_or_on_what_else_is_scored(
    small: Callable[..., GMVP], lengths: list[int], threads: int, ahead: int, seed: int
) -> None:
    models = [small(each, d_fc=32, d_model=32, num_heads=4).float() for each in range(2)]
    matrices = [drawn(length, 5, seed + number) for number, length in enumerate(lengths)]
    alone = [scores(models, matrix)[0] for matrix in matrices]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_AHEAD", ahead)
        together = scores(models, *matrices, threads=threads)
    for one, other, length in zip(alone, together, lengths, strict=True):
        assert one.shape == (length, 20)
        assert torch.equal(one, other)


def test_some_residues_are_scored_as_among_all(small: Callable[..., GMVP], pten: np.ndarray):
    scorer, positions = Scorer([small()]), [402, 0, 1, 2, 200, 3, *range(50, 90), 200]
    some = scorer.score_residues(PTEN, pten, positions)
    ((_, every),) = scorer.score([(PTEN, pten)])
    assert_same(some, every[positions])
    assert scorer.score_residues(PTEN, pten, []).shape == (0, 20)


def asked_of(
    matrices: list[np.ndarray], counts: list[int], seed: int
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Some substitutions of each protein, possibly the same one twice."""
    random = np.random.default_rng(seed)
    return [
        (matrix, np.sort(random.integers(0, len(matrix), count)), random.integers(0, 20, count))
        for matrix, count in zip(matrices, counts, strict=True)
    ]


@pytest.mark.slow
@settings(max_examples=25)
@given(
    lengths=st.lists(st.sampled_from([1, 2, 64, 65, 129, 130, 300]), min_size=1, max_size=4),
    count=st.sampled_from([1, 2, 9, 100]),
    score=st.sampled_from(SCORES),
    pairwise=st.sampled_from(["fre", "cov"]),
    states=st.sampled_from([1, 2, 7]),
    number=st.integers(1, 2),
    seed=st.integers(0, 10_000),
)
def test_given_substitutions_are_scored_as_among_all(
    small: Callable[..., GMVP],
    lengths: list[int],
    count: int,
    score: str,
    pairwise: str,
    states: int,
    number: int,
    seed: int,
) -> None:
    options = {"attn_score_type": score, "pairwise_type": pairwise}
    scorer = Scorer([small(seed + each, **options) for each in range(number)], 1)
    matrices = [drawn(length, states, seed + length) for length in lengths]
    asked = asked_of(matrices, [count] * len(lengths), seed)
    ((name, found),) = scorer.score_sites([("block", Sites.cut(asked))])
    expected = [
        scorer.score_residues("T", matrix, positions.tolist())[range(count), substitutes.tolist()]
        for matrix, positions, substitutes in asked
    ]
    assert name == "block"
    assert_same(found, torch.cat(expected))


def test_given_substitutions_with_an_inverse(small: Callable[..., GMVP], pten: np.ndarray) -> None:
    scorer = Scorer([small(pairwise_type="inv_cov")])
    asked = asked_of([pten[:3], pten], [2, 2], 0)
    ((_, found),) = scorer.score_sites([("block", Sites.cut(asked))])
    expected = [
        scorer.score_residues("T", matrix, positions.tolist())[range(2), substitutes.tolist()]
        for matrix, positions, substitutes in asked
    ]
    torch.testing.assert_close(found, torch.cat(expected), rtol=1e-8, atol=1e-10)


@pytest.mark.slow
def test_given_substitutions_are_those_of_the_plain_model_to_rounding(
    small: Callable[..., GMVP], pten: np.ndarray, assert_rounding: Callable[..., None]
) -> None:
    matrix, found = pten.astype(np.float32), []
    asked = asked_of([matrix], [60], 3)
    for dtype in (torch.float32, torch.float64):
        models = [small(each, d_fc=32, d_model=32, num_heads=4).to(dtype) for each in range(2)]
        plain_scores = plain_at(models, matrix, asked[0][1].tolist())[range(60), asked[0][2]]
        ((_, scores),) = Scorer(models).score_sites([("block", Sites.cut(asked))])
        found.append((plain_scores.numpy(), scores.numpy()))
    assert_rounding(found[0][0], found[0][1], found[1][1], "given substitutions")


def test_no_bit_of_a_block_depends_on_threads_or_on_other_blocks(
    small: Callable[..., GMVP],
) -> None:
    models = [small(each, d_fc=32, d_model=32, num_heads=4).float() for each in range(2)]
    matrices = [drawn(length, 5, length) for length in (5, 140, 300)]
    blocks = [
        (str(seed), Sites.cut(asked_of(matrices, [3, 30, seed], seed))) for seed in range(1, 7)
    ]
    alone = [next(Scorer(models, 1).score_sites([block])) for block in blocks]
    together = list(Scorer(models, 3).score_sites(iter(blocks)))
    for (name, one), (same, other) in zip(alone, together, strict=True):
        assert name == same
        assert torch.equal(one, other)


def test_a_protein_out_of_range_leaves_the_others_of_its_block_alone(
    small: Callable[..., GMVP], pten: np.ndarray
) -> None:
    scorer, odd = Scorer([small().float()], 1), pten[:90].astype(np.float32)
    expected = asked_of([pten[:90].astype(np.float32)], [5], 1)
    odd[80:, 421:431] = 3e38
    blocks = [
        ("alone", Sites.cut(expected)),
        ("both", Sites.cut([*expected, *asked_of([odd], [30], 2)])),
    ]
    (_, alone), (_, both) = scorer.score_sites(blocks)
    assert not both[5:].isfinite().all()
    torch.testing.assert_close(both[:5], alone, rtol=1e-6, atol=1e-7)


def test_blocks_of_more_residues_and_of_none(small: Callable[..., GMVP], pten: np.ndarray) -> None:
    scorer = Scorer([small()])
    asked = asked_of([pten], [500], 5)
    (_, found), (_, nothing) = scorer.score_sites(
        [("many", Sites.cut(asked)), ("none", Sites.cut([]))]
    )
    every = scorer.score_residues(PTEN, pten, range(len(pten)))
    assert_same(found, every[asked[0][1], asked[0][2]])
    assert nothing.shape == (0,)


def test_autocast_has_no_say(small: Callable[..., GMVP], pten: np.ndarray) -> None:
    scorer, matrix = Scorer([small().float()]), pten[:20]
    expected = scorer.score_residues("T", matrix, range(20))
    with torch.autocast("cpu", torch.bfloat16):
        ((_, every),) = scorer.score([("T", matrix)])
        some = scorer.score_residues("T", matrix, range(20))
    assert torch.equal(every, expected)
    assert torch.equal(some, expected)


def test_few_proteins_are_read_ahead(small: Callable[..., GMVP], pten: np.ndarray) -> None:
    read = 0

    def proteins() -> Iterator[tuple[str, np.ndarray]]:
        nonlocal read
        for number in range(1000):
            read += 1
            yield str(number), pten[:40]

    found = Scorer([small()], 1).score(proteins())
    assert read == 0
    assert next(found)[0] == "0"
    assert read < 20
    assert isinstance(found, Generator)
    found.close()
    assert not any(thread.name.startswith("scoring") for thread in threading.enumerate())


def test_weights_are_those_of_when_it_was_made_and_dropout_is_none(
    small: Callable[..., GMVP], pten: np.ndarray
) -> None:
    model, matrix = small(), pten[:20]
    expected = plain([model], matrix)
    scorer = Scorer([model.train()])
    assert model.training
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
    ((_, found),) = scorer.score([("T", matrix)])
    assert_same(found, expected)
    assert not found.requires_grad


def test_threads_of_other_work_are_as_before(small: Callable[..., GMVP], pten: np.ndarray) -> None:
    torch.set_num_threads(2)
    try:
        scorer = Scorer([small()], 3)
        found = scorer.score([("T", pten[:40])])
        next(found)
        assert isinstance(found, Generator)
        found.close()
        scorer.score_residues("T", pten, [1])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


def test_what_is_refused(small: Callable[..., GMVP], pten: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"^no model was given; expected at least one"):
        Scorer([])
    scorer = Scorer([small()])
    with pytest.raises(MatrixError, match=r"^T: the feature matrix has shape \(5, 7\); expected"):
        list(scorer.score([("T", np.zeros((5, 7)))]))
    for column, value in ((0, -1.0), (21, np.nan), (220, np.inf)):
        matrix = pten[:5].copy()
        matrix[3, column] = value
        with pytest.raises(
            ResidueCodeError, match=rf"^T: residue code \S+ at residue 4, column {column} of"
        ):
            list(scorer.score([("T", matrix)]))
    for column, value in ((1, np.nan), (432, np.inf), (421, 1e300)):
        matrix = pten[:5].copy()
        matrix[3, column] = value
        with pytest.raises(MatrixError, match=rf"^T: \S+ at residue 4, column {column} of its"):
            list(scorer.score([("T", matrix)]))


def test_what_is_never_read_may_be_anything(small: Callable[..., GMVP], pten: np.ndarray) -> None:
    models, matrix = [small()], pten[:30]
    expected = scores(models, matrix)[0]
    matrix = matrix.copy()
    matrix[:, 221:421] = np.nan
    matrix[:, 433:435] = np.nan
    assert torch.equal(scores(models, matrix)[0], expected)


def test_a_failing_source_fails_the_scoring(small: Callable[..., GMVP], pten: np.ndarray) -> None:
    def proteins() -> Iterator[tuple[str, np.ndarray]]:
        yield "T", pten[:40]
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(Scorer([small()]).score(proteins()))
