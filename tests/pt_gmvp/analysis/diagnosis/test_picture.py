"""The picture of a diagnosis: drawn whatever was answered."""

import pytest

from pt_gmvp.analysis.diagnosis import picture, shuffle
from pt_gmvp.analysis.diagnosis.picture import draw
from pt_gmvp.analysis.diagnosis.verdict import weigh


@pytest.fixture
def axes():
    from matplotlib.figure import Figure

    return Figure().add_subplot()


@pytest.mark.parametrize("answered", [True, False])
def test_it_is_drawn_with_and_without_answers(plant, tmp_path, answered):
    run = plant("leak")
    verdict = run.diagnosed(tmp_path / "run") if answered else weigh([])
    finished = run.write(tmp_path / "again")
    draw(tmp_path / "found.png", finished, verdict)
    assert (tmp_path / "found.png").read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.glob("*.partial*"))


def test_what_was_skipped_is_said_in_its_place(axes):
    picture._reliability(axes, None)
    assert axes.get_title(loc="left") == "calibration"
    assert [text.get_text() for text in axes.texts] == ["skipped"]


def test_losses_that_are_missing_leave_a_gap(axes, plant, tmp_path):
    run = plant("healthy").write(tmp_path / "run")
    run.epochs[2]["loss"] = None
    picture._curves(axes, run)
    validation = axes.lines[1].get_ydata()
    assert [value != value for value in validation] == [n == 2 for n in range(len(run.epochs))]
    assert axes.lines[2].get_xdata()[0] == run.kept


def test_every_auroc_has_its_name_and_three_standard_errors(axes, plant, tmp_path):
    verdict = plant("leak").diagnosed(tmp_path / "run")
    numbers = {answer.question: answer.numbers for answer in verdict.answers}
    names = [name for name, _, _ in picture._estimates(numbers)]
    assert names[:4] == ["model, training", "model, held out", "  within genes", "the gene alone"]
    assert {"  position shared", "  position not shared"} < set(names)
    assert "  variant shared" not in names  # there is none
    picture._ranks(axes, numbers)
    shown = [label.get_text() for label in axes.get_yticklabels()]
    assert set(shown) <= set(names)
    (training, *_) = axes.containers
    low, high = training.lines[2][0].get_segments()[0][:, 0]
    estimate = numbers["training against validation"]["training_auroc"]
    assert high - low == pytest.approx(6 * estimate.error)


def test_trainings_of_the_control_are_a_mean_with_its_error():
    values = {name: [{"auroc": v} for v in (0.4, 0.6)] for name in ("true", "permuted")}
    rows = picture._estimates({shuffle.QUESTION: values})
    assert [name for name, _, _ in rows] == ["short, true labels", "short, permuted labels"]
    assert rows[0][1].value == pytest.approx(0.5)
    assert rows[0][1].error == pytest.approx(0.1)
    assert picture._estimates({}) == []


def test_genes_are_drawn_by_fold(axes):
    genes = [
        {"training": 4, "training_harmful": 1, "validation": 0, "validation_harmful": 0},
        {"training": 2, "training_harmful": 2, "validation": 8, "validation_harmful": 4},
    ]
    picture._genes(axes, {"genes": genes})
    training, validation = (dots.get_offsets().tolist() for dots in axes.collections)
    assert training == [[4, 0.25], [2, 1]]
    assert validation == [[8, 0.5]]
