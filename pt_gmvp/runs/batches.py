"""Batches of a run: errors that name the variant, or say that a reading process was killed."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from converters.errors import InputError
from pt_gmvp.data import Batch
from pt_gmvp.residues import ResidueCodeError


def from_workers(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield the batches of a loader.

    Raises:
        InputError: a process that reads batches was killed; in place of the loader's own error.
    """
    source = iter(batches)
    while True:
        try:
            batch = next(source)
        except StopIteration:
            return
        except (RuntimeError, ConnectionError, EOFError) as error:
            if isinstance(error, RuntimeError) and "DataLoader worker" not in str(error):
                raise
            detail = (str(error) or type(error).__name__).splitlines()[0]
            raise InputError(
                f"a process that reads batches was killed ({detail}); the last checkpoint is "
                "valid: continue from it with --resume"
            ) from None
        yield batch
        # Dropped before the next is made, so that its memory can be reused.
        del batch


@contextmanager
def naming_variants(batch: Batch) -> Iterator[None]:
    """Name the variant when the model refuses a batch.

    Raises:
        InputError: a residue code is not valid; in place of the model's ResidueCodeError.
    """
    try:
        yield
    except ResidueCodeError as error:
        sharing = [error.row] if batch.window is None else range(len(batch.var_id))
        names = ", ".join(batch.var_id[row] for row in sharing)
        raise InputError(f"variant {names}: {error}") from None
