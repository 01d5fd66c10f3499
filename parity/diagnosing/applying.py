"""Writing of patched copies beside the candidate's files, which stay as they are."""

import tokenize
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from parity import files
from parity.declaring.own_files import is_own
from parity.declaring.source_edits import display
from parity.diagnosing.patches import Patch, combined
from parity.diagnosing.source_rewriting import CannotWriteError
from parity.errors import ParityError


def patched_path(path: Path) -> Path:
    """Return where the patched copy of a file is written: conv.patched.py for conv.py."""
    return path.with_name(f"{path.name.removesuffix('.py')}.patched.py")


def write_patched(patches: Sequence[Patch], force: bool = False) -> list[tuple[Path, Path]]:
    """Write a patched copy beside each file that patches change; return file and copy of each.

    Each copy is written atomically. Raises ParityError, before anything is written, if a copy
    exists with other contents and is not to be replaced (`force`) or cannot be written, if patches
    clash, and for files that are installed.
    """
    try:
        patch = combined(patches)
    except CannotWriteError as error:
        raise ParityError(f"the patches cannot be made together: {error}") from error
    copies: list[tuple[Path, Path, bytes]] = []
    for file, text in patch.after.items():
        path = Path(file)
        if not is_own(file):
            raise ParityError(f"{display(file)} is installed; change a copy of your own")
        copy = patched_path(path)
        data = text.encode(tokenize.detect_encoding(BytesIO(path.read_bytes()).readline)[0])
        if copy.exists() and copy.read_bytes() != data and not force:
            raise ParityError(
                f"{display(str(copy))} exists with other contents; remove it, or add --force"
            )
        files.refuse_unwritable(str(copy))
        copies.append((path, copy, data))
    for _, copy, data in copies:
        files.save(copy, data)
    return [(path, copy) for path, copy, _ in copies]
