import subprocess
import sys

import pytest

import pt_gmvp


@pytest.mark.parametrize("name", pt_gmvp.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(pt_gmvp, name).__name__ == name
    assert name in dir(pt_gmvp)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'pt_gmvp' has no attribute 'GMPV'"):
        pt_gmvp.GMPV  # noqa: B018


@pytest.mark.parametrize("module", ["pt_gmvp", "pt_gmvp.config"])
def test_importing_it_does_not_import_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
