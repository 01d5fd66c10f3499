import subprocess
import sys

import pytest

import legacy_tf


def test_importing_the_package_and_its_configuration_imports_nothing_heavy():
    program = (
        "import sys, legacy_tf, legacy_tf.config, legacy_tf.cli; "
        "print(sorted({'tensorflow', 'tf_keras', 'numpy', 'h5py', 'sklearn'} & {*sys.modules}))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout == "[]\n"


def test_every_public_name_is_found():
    assert all(getattr(legacy_tf, name).__name__ == name for name in legacy_tf.__all__)
    assert set(legacy_tf.__all__) <= set(dir(legacy_tf))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'legacy_tf' has no attribute 'Gmvp'"):
        legacy_tf.Gmvp  # noqa: B018
