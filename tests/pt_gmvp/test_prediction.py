import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from converters.pickles import load_array
from pt_gmvp.data import Batch, read_batches
from pt_gmvp.model import GMVP
from pt_gmvp.prediction import ensemble_probability
from tests.pt_gmvp.plain_scores import score_substitutions, substitution_names

PTEN = "ENST00000371953"


@pytest.fixture(scope="module", params=["made", "real"])
def original(request: pytest.FixtureRequest, golden: Path, shipped_records: Path):
    """Folder of the original's predictions, and the records they were made from."""
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


def test_golden_records(original, ensembles, assert_rounding) -> None:
    folder, records = original
    names, values = read_table(folder / "TP53_PTEN_predict.tsv")
    batches = list(read_batches(records, 4))
    assert [name for batch in batches for name in batch.var_id] == names
    ours = [torch.cat([ensemble_probability(each, b) for b in batches]) for each in ensembles]
    assert_rounding(values, *ours, "TP53_PTEN_predict.tsv")


@pytest.mark.slow
def test_golden_substitutions_of_all_of_pten(original, ensembles, assert_rounding) -> None:
    folder, _ = original
    matrix = load_array(folder / "combined" / f"{PTEN}.pickle")
    names, values = read_table(folder / "PTEN_all_possible.tsv")
    assert len(names) == 8060
    assert names == substitution_names(PTEN, matrix)
    ours = [score_substitutions(models, matrix).flatten() for models in ensembles]
    assert_rounding(values, *ours, "PTEN_all_possible.tsv")


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
    expected = score_substitutions(models, matrix)
    found = score_substitutions(models, matrix, size)
    torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-13)


def test_bfloat16_logits_are_widened_before_the_mean(
    small: Callable[..., GMVP], batch: Batch
) -> None:
    found = ensemble_probability([small().bfloat16()], batch)
    assert found.dtype == torch.float32


def test_an_ensemble_without_models_is_refused(batch: Batch) -> None:
    with pytest.raises(ValueError, match=r"^no model was given; expected at least one"):
        ensemble_probability([], batch)
