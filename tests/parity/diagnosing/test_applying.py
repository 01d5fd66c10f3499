"""Patched copies are written beside the files, and never over anything."""

import numpy as np
import pytest

from parity.diagnosing.applying import patched_path, write_patched
from parity.diagnosing.patches import Patch
from parity.diagnosing.source_text import Replacement
from parity.errors import ParityError

TEXT = "x = 1\r\ny = 'ä'\r\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "conv.py"
    path.write_bytes(f"# coding: latin-1\r\n{TEXT}".encode("latin-1"))
    return path


def patch_of(path, text="2"):
    return Patch({str(path): (Replacement(23, 24, text),)}, {}, {})


def test_a_copy_is_written_in_the_files_own_encoding_and_line_ends(file):
    before = file.read_bytes()
    ((path, copy),) = write_patched([patch_of(file)])
    assert (path, copy) == (file, file.with_name("conv.patched.py"))
    assert copy.read_bytes() == before.replace(b"x = 1", b"x = 2")
    assert file.read_bytes() == before
    # The same once more changes nothing.
    write_patched([patch_of(file)])
    assert sorted(p.name for p in file.parent.iterdir()) == ["conv.patched.py", "conv.py"]


def test_other_contents_are_replaced_only_if_that_is_asked_for(file):
    patched_path(file).write_text("mine")
    with pytest.raises(ParityError, match="exists with other contents; remove it, or add --force"):
        write_patched([patch_of(file)])
    assert patched_path(file).read_text() == "mine"
    write_patched([patch_of(file)], force=True)
    assert b"x = 2" in patched_path(file).read_bytes()


def test_clashing_patches_and_installed_files_are_refused(file):
    with pytest.raises(ParityError, match="cannot be made together"):
        write_patched([patch_of(file), patch_of(file, "3")])
    with pytest.raises(ParityError, match="is installed"):
        write_patched([Patch({np.__file__: (Replacement(0, 0, "# \n"),)}, {}, {})])
    assert not patched_path(file).exists()
