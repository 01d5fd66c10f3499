import numpy as np
import pytest

from legacy_tf import prediction
from legacy_tf.config import load_config
from legacy_tf.data import load_features, windows
from legacy_tf.model import build
from legacy_tf.prediction import ALPHABET, Ensemble, PredictionError

PTEN = "ENST00000371953"


@pytest.fixture(scope="module", params=["shipped", "real"])
def folder(request, golden):
    """The golden predictions: on the shipped input, and on real data where there is some."""
    if request.param == "shipped":
        return golden
    return request.getfixturevalue("real") / "golden"


@pytest.fixture(scope="module")
def ensembles(folder, golden):
    """The two models, in float32 and in float64."""
    config = load_config(golden / "ensemble_config.json")
    files = [folder / "ensemble_21.h5", folder / "ensemble_22.h5"]
    return [Ensemble.load(config, files, dtype) for dtype in ("float32", "float64")]


def read_table(path):
    header, *lines = path.read_text().splitlines()
    assert header == "var\tgMVP"
    names, scores = zip(*(line.split("\t") for line in lines), strict=True)
    return list(names), np.array(scores, np.float64)


@pytest.mark.slow
def test_the_scores_of_records_are_the_originals(
    folder, golden, ensembles, shipped_records, assert_rounding
):
    records = shipped_records if folder == golden else folder / "TP53_PTEN.tfrec"
    names, wanted = read_table(folder / "TP53_PTEN_predict.tsv")
    ours = [prediction.predict_records(ensemble, [records]) for ensemble in ensembles]
    assert ours[0][0] == ours[1][0] == names
    assert_rounding(wanted, ours[0][1], ours[1][1], "gMVP")


@pytest.mark.slow
def test_one_substitution_at_every_position_has_the_originals_score(
    folder, ensembles, assert_rounding
):
    names, wanted = read_table(folder / "PTEN_all_possible.tsv")
    matrix = load_features(folder / "combined" / f"{PTEN}.pickle")
    positions = np.arange(len(matrix))
    # 7 and 20 have no common factor, so that each residue is put in at every 20th position.
    put_in = positions * 7 % 20
    chosen = positions * 20 + put_in
    assert [names[i].rsplit("_", 1)[1] for i in chosen] == [ALPHABET[a] for a in put_in]
    inputs = (matrix[:, 0].astype(int), put_in, *windows(matrix, positions))
    parts = [slice(start, start + 100) for start in range(0, len(matrix), 100)]
    ours = [
        np.concatenate([ensemble.predict(*(array[part] for array in inputs)) for part in parts])
        for ensemble in ensembles
    ]
    assert_rounding(wanted[chosen], *ours, "gMVP")


@pytest.mark.slow
@pytest.mark.parametrize(
    "positions",
    [
        pytest.param([0, 1, 63, 64, 200, 402], id="some"),
        pytest.param(None, marks=pytest.mark.exhaustive),
    ],
)
def test_all_substitutions_at_a_position_are_the_originals(
    folder, ensembles, positions, assert_rounding
):
    names, wanted = read_table(folder / "PTEN_all_possible.tsv")
    matrix = load_features(folder / "combined" / f"{PTEN}.pickle")
    positions = np.arange(len(matrix)) if positions is None else np.array(positions)
    chosen = (positions[:, np.newaxis] * 20 + np.arange(20)).ravel()
    ours = [prediction.predict_matrix(e, PTEN, matrix, positions) for e in ensembles]
    assert ours[0][0] == ours[1][0] == [names[i] for i in chosen]
    assert_rounding(wanted[chosen], ours[0][1], ours[1][1], "gMVP")


@pytest.mark.slow
def test_probabilities_are_averaged_and_not_logits(ensembles, shipped_records):
    together = prediction.predict_records(ensembles[1], [shipped_records])[1]
    alone = [
        prediction.predict_records(Ensemble([model]), [shipped_records])[1]
        for model in ensembles[1].models
    ]
    np.testing.assert_allclose(together, np.mean(alone, axis=0), rtol=1e-12)


def test_a_residue_of_no_known_letter_is_a_star():
    matrix = np.zeros((2, 435))
    matrix[1, 0] = 20
    model = build(load_config_small())
    names, scores = prediction.predict_matrix(Ensemble([model]), "T", matrix)
    assert (names[0], names[20], len(names)) == ("T_1_A_A", "T_2_*_A", 40)
    assert np.isfinite(scores).all()


def load_config_small():
    from legacy_tf.config import ModelConfig

    return ModelConfig(d_fc=4, d_model=4, num_heads=2)


@pytest.fixture(scope="module")
def tiny():
    return Ensemble([build(load_config_small())])


def test_a_transcript_without_features_is_skipped_and_said(tiny, tmp_path, capsys):
    np.save(tmp_path / "B.npy", np.zeros((1, 435)))
    parts = list(prediction.predict_transcripts(tiny, ["A", "B"], tmp_path))
    assert [names[0] for names, _ in parts] == ["B_1_A_A"]
    assert capsys.readouterr().err == f"skipped A: no A.pickle or .npy in {tmp_path}\n"


def test_where_all_are_skipped_there_is_an_error_and_no_table(tiny, tmp_path):
    with pytest.raises(PredictionError, match="none of the transcripts has a feature matrix in"):
        prediction.write_scores(
            tmp_path / "out.tsv", prediction.predict_transcripts(tiny, ["A"], tmp_path)
        )
    assert list(tmp_path.iterdir()) == []


def test_scores_are_written_as_in_the_original(tmp_path, golden):
    names, scores = read_table(golden / "PTEN_all_possible.tsv")
    parts = [(names[:5], scores[:5].astype(np.float32)), (names[5:], scores[5:].astype(np.float32))]
    assert prediction.write_scores(tmp_path / "out.tsv", parts) == 8060
    wanted = (golden / "PTEN_all_possible.tsv").read_bytes()
    assert (tmp_path / "out.tsv").read_bytes() == wanted


def test_lists_of_transcripts(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("ENST1\tTP53\n\n  ENST2 \n")
    assert prediction.read_transcripts(path) == ["ENST1", "ENST2"]
    path.write_text("\n")
    with pytest.raises(PredictionError, match="contains no transcript"):
        prediction.read_transcripts(path)
    with pytest.raises(PredictionError, match="cannot be read as a list of transcripts"):
        prediction.read_transcripts(tmp_path / "none.txt")


def test_nothing_to_predict_with_or_of_is_an_error(tiny, tmp_path):
    with pytest.raises(PredictionError, match="no model to predict with"):
        Ensemble([])
    (tmp_path / "empty.tfrec").touch()
    with pytest.raises(PredictionError, match=r"no variant record in .*empty\.tfrec"):
        prediction.predict_records(tiny, [tmp_path / "empty.tfrec"])
