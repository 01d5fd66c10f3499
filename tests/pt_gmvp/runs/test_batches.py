import pytest
import torch

from converters.errors import InputError
from pt_gmvp.residues import ResidueCodeError
from pt_gmvp.runs.batches import from_workers, naming_variants


def failing(batch, error):
    yield batch
    raise error


@pytest.mark.parametrize(
    "error",
    [RuntimeError("DataLoader worker (pid 1) is killed\nmore"), ConnectionResetError(), EOFError()],
)
def test_a_killed_reader_is_reported_after_the_batches_before(batch, error):
    batches = from_workers(failing(batch, error))
    assert next(batches) is batch
    with pytest.raises(InputError, match=r"a process that reads batches was killed \(.*--resume$"):
        next(batches)


@pytest.mark.parametrize("error", [RuntimeError("CUDA error"), InputError("damaged")])
def test_other_errors_are_not_changed(batch, error):
    with pytest.raises(type(error), match=str(error)):
        list(from_workers(failing(batch, error)))


def test_a_refused_code_names_its_variant(batch):
    with pytest.raises(InputError) as refused, naming_variants(batch):
        raise ResidueCodeError("residue code -1", 3)
    assert str(refused.value) == f"variant {batch.var_id[3]}: residue code -1"


def test_variants_that_share_windows_are_all_named(batch):
    shared = batch._replace(window=torch.zeros(len(batch.var_id), dtype=torch.int64))
    with pytest.raises(InputError) as refused, naming_variants(shared):
        raise ResidueCodeError("residue code -1", 0)
    assert str(refused.value) == f"variant {', '.join(batch.var_id)}: residue code -1"
