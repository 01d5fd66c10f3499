import numpy as np
import pytest
import torch

from converters.columns import CENTER
from converters.errors import InputError
from pt_gmvp.config import ModelConfig
from pt_gmvp.data import windows
from pt_gmvp.model import GMVP
from pt_gmvp.pretraining.masking import DERIVED
from pt_gmvp.pretraining.proteins import Proteins, find_transcripts


def test_windows_are_those_of_the_model_but_for_what_is_hidden(draw_matrix):
    matrices = [("A", draw_matrix(1, 70)), ("B", draw_matrix(2, 150))]
    proteins = Proteins(iter(matrices))
    model = GMVP(ModelConfig(d_fc=4, d_model=4, num_heads=1, weighting_schema="none"))
    for number, (_, matrix) in enumerate(matrices):
        positions = [0, 3, len(matrix) // 2, len(matrix) - 1]
        places = proteins.places([number])[positions]
        seen = proteins.hidden(places, derived=True)
        feature, mask = windows(matrix, positions)
        residue = torch.zeros(len(positions), dtype=torch.int64)
        expected = model.trace(residue, residue, feature, mask)["context"]
        inside = mask == 0
        assert torch.equal(seen.mask, mask)
        assert torch.allclose(seen.context[inside], expected[inside], atol=1e-6)
        profile_and_structure = np.r_[1:21, 421:431]
        assert torch.equal(
            seen.context[inside][:, DERIVED], feature[inside][:, profile_and_structure]
        )


def test_the_distribution_is_that_of_the_column(draw_matrix):
    matrix = draw_matrix(0, 5)
    matrix[2, 21:221] = [3] * 90 + [7] * 60 + [20] * 50
    matrix[3, 21:221] = 20
    proteins = Proteins(iter([("A", matrix)]))
    places = proteins.places([0])
    found = proteins.targets(places)
    assert found.distribution.shape == (5, 20)
    assert found.distribution[2, 3].item() == pytest.approx(0.6)
    assert found.distribution[2, 7].item() == pytest.approx(0.4)
    assert found.weight.tolist() == [1, 1, 1, 0, 1]
    with_gap = proteins.targets(places, gap=True)
    assert with_gap.distribution[2, 20].item() == pytest.approx(0.25)
    assert with_gap.distribution.sum(-1).numpy() == pytest.approx(np.ones(5), abs=1e-5)
    assert with_gap.weight.tolist() == [1] * 5
    assert torch.equal(found.observed, torch.tensor(matrix[:, 431], dtype=torch.float32))
    assert torch.equal(found.expected, torch.tensor(matrix[:, 432], dtype=torch.float32))


def test_a_long_protein_is_described_in_pieces_as_it_is_at_once(draw_matrix, monkeypatch):
    matrix = draw_matrix(0, 50)
    at_once = Proteins(iter([("A", matrix)])).context
    monkeypatch.setattr("pt_gmvp.pretraining.proteins._AT_ONCE", 7)
    assert torch.allclose(Proteins(iter([("A", matrix)])).context, at_once, atol=1e-6)


def test_allele_frequencies_go_to_their_protein(draw_matrix):
    proteins = Proteins((name, draw_matrix(0, 4)) for name in "AB")
    unknown = np.zeros((9, 20), np.float32)
    proteins.set_frequencies({"B": np.full((4, 20), -3, np.float32), "C": unknown})
    assert proteins.targets(proteins.places([0])).frequency.isnan().all()
    assert (proteins.targets(proteins.places([1])).frequency == -3).all()


@pytest.mark.parametrize(
    ("row", "column", "value", "said"),
    [
        (3, 431, 1e300, "P: row 3 of its matrix contains a number beyond float32"),
        (1, 40, -2.0, "P[0, 1, 40]: residue code -2 at batch row 0, window position 1, column 40"),
    ],
)
def test_what_cannot_be_learned_from_is_named(draw_matrix, row, column, value, said):
    matrix = draw_matrix(0, 5)
    matrix[row, column] = value
    with pytest.raises(InputError) as caught:
        Proteins(iter([("P", matrix)]))
    assert str(caught.value).startswith(said)


def test_transcripts_of_a_folder_or_a_list(tmp_path, draw_matrix):
    for name in ("B", "A", "C"):
        np.save(tmp_path / f"{name}.npy", draw_matrix(0, 5))
    (tmp_path / "notes.txt").write_text("")
    assert list(find_transcripts(tmp_path)) == ["A", "B", "C"]
    listed = tmp_path / "list"
    listed.write_text("C\nA\n")
    assert list(find_transcripts(tmp_path, listed)) == ["C", "A"]
    listed.write_text("C\nZ\n")
    with pytest.raises(InputError, match="no matrix of Z"):
        find_transcripts(tmp_path, listed)
    listed.write_text("C\n")
    with pytest.raises(InputError, match="1 transcripts; expected at least two"):
        find_transcripts(tmp_path, listed)


def test_half_a_window_lies_between_proteins(draw_matrix):
    proteins = Proteins((name, draw_matrix(0, 5)) for name in "AB")
    last = proteins.places([0])[-1:]
    assert proteins.hidden(last).mask[0, CENTER + 1 :].all()
    assert not proteins.hidden(last).mask[0, CENTER - 4 : CENTER].any()
