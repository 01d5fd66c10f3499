import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from converters.pickles import load_array
from pt_gmvp.data import Batch, MatrixError
from pt_gmvp.model import GMVP
from pt_gmvp.prediction import (
    Prediction,
    ensemble_probability,
    predict,
    predict_records,
    predict_transcript,
    substitutions,
    write_predictions,
)

PTEN = "ENST00000371953"


@pytest.fixture(scope="module", params=["made", "real"])
def original(request: pytest.FixtureRequest, golden: Path, shipped_records: Path):
    """Where the original's predictions lie, and the records they were made from."""
    if request.param == "made":
        return golden, shipped_records
    folder = request.getfixturevalue("real") / "golden"
    return folder, folder / "TP53_PTEN.tfrec"


@pytest.fixture(scope="module")
def ensembles(golden: Path, drawn_model: Callable[..., GMVP]) -> list[list[GMVP]]:
    """The original's two models, in float32 and in float64."""
    config = json.loads((golden / "ensemble_config.json").read_text())["model"]
    return [
        [drawn_model(config, seed, dtype) for seed in (21, 22)]
        for dtype in (torch.float32, torch.float64)
    ]


def read_table(path: Path) -> tuple[list[str], np.ndarray]:
    header, *rows = path.read_text().splitlines()
    assert header == "var\tgMVP"
    names, values = zip(*(row.split("\t") for row in rows), strict=True)
    return list(names), np.array(values, dtype=np.float64)


def check(expected: Path, ours: list[Prediction], assert_rounding: Callable[..., None]) -> None:
    names, values = read_table(expected)
    assert all(prediction.var_id == names for prediction in ours)
    assert_rounding(values, *(prediction.probability for prediction in ours), expected.name)


def test_golden_records(original, ensembles, assert_rounding) -> None:
    folder, records = original
    ours = [predict_records(models, records, 4) for models in ensembles]
    check(folder / "TP53_PTEN_predict.tsv", ours, assert_rounding)


def test_golden_substitutions_of_all_of_pten(original, ensembles, assert_rounding) -> None:
    folder, _ = original
    matrix = load_array(folder / "combined" / f"{PTEN}.pickle")
    ours = [predict_transcript(models, PTEN, matrix) for models in ensembles]
    assert len(ours[0].var_id) == 8060
    check(folder / "PTEN_all_possible.tsv", ours, assert_rounding)


def test_the_mean_is_of_probabilities_not_of_logits(
    small: Callable[..., GMVP], batch: Batch
) -> None:
    models = [small(seed) for seed in range(3)]
    probabilities = [model(*batch.inputs).sigmoid() for model in models]
    expected = sum(probabilities) / 3
    torch.testing.assert_close(ensemble_probability(models, batch), expected)


@pytest.mark.parametrize("size", [1, 7, 20, 33, 1000])
def test_substitutions_do_not_depend_on_the_batch_size(
    size: int, small: Callable[..., GMVP], pten: np.ndarray
) -> None:
    models, matrix = [small()], pten[100:103]
    expected = predict_transcript(models, "T", matrix)
    found = predict_transcript(models, "T", matrix, size)
    assert found.var_id == expected.var_id
    torch.testing.assert_close(found.probability, expected.probability, rtol=1e-11, atol=1e-13)


def test_names_of_substitutions(pten: np.ndarray) -> None:
    matrix = pten[:2].copy()
    matrix[1, 0] = 20
    (batch,) = substitutions("T", matrix, 40)
    assert batch.var_id[:3] == ["T_1_M_A", "T_1_M_C", "T_1_M_D"]
    assert batch.var_id[-1] == "T_2_*_Y"
    assert batch.window.tolist() == [0] * 20 + [1] * 20
    assert batch.alt_aa.tolist() == [*range(20)] * 2


def test_a_table_is_written_as_the_original_does(golden: Path, tmp_path: Path) -> None:
    expected = golden / "TP53_PTEN_predict.tsv"
    names, values = read_table(expected)
    path = tmp_path / "out.tsv"
    write_predictions(path, Prediction(names, torch.from_numpy(values).float()))
    assert path.read_bytes() == expected.read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["out.tsv"]


def test_a_table_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="zip"):
        write_predictions(tmp_path / "out.tsv", Prediction(["a", "b"], torch.zeros(1)))
    assert not list(tmp_path.iterdir())


def test_nothing_to_score(small: Callable[..., GMVP]) -> None:
    found = predict_transcript([small()], "T", np.zeros((0, 435)))
    assert (found.var_id, found.probability.shape) == ([], (0,))


def test_what_is_refused(small: Callable[..., GMVP], batch: Batch) -> None:
    with pytest.raises(ValueError, match=r"^no model was given; expected one or more"):
        predict([], [batch])
    with pytest.raises(MatrixError, match=r"the feature matrix has shape \(5, 7\); expected"):
        predict_transcript([small()], "T", np.zeros((5, 7)))
