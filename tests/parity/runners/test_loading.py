"""What a user names is loaded, or refused in one line that says why."""

import types

import pytest

from parity.errors import ParityError, SideFailedError
from parity.runners.loading import call_factory, is_model_file, load_attribute, split


def test_a_name_has_two_parts():
    assert split("a/b.py:make") == ("a/b.py", "make")
    assert split("package.module:Model") == ("package.module", "Model")


@pytest.mark.parametrize("name", ["a.py", ":make", "a.py:", "a.py:2x", "a.py:a.b"])
def test_other_forms_are_refused(name):
    with pytest.raises(ParityError, match=r"expected FILE\.py:attribute or module:attribute"):
        split(name)


def test_a_file_is_executed_anew_relative_to_the_folder(tmp_path):
    (tmp_path / "model.py").write_text("made = []\n")
    first = load_attribute("model.py:made", tmp_path)
    assert first == []
    assert load_attribute("model.py:made", tmp_path) is not first


def test_a_module_is_imported_from_the_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.path", ["/nowhere"])
    (tmp_path / "module_beside.py").write_text("value = 3\n")
    assert load_attribute("module_beside:value", tmp_path) == 3


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing_module:made", r"no module 'missing_module'; to name a file, write missing_mod"),
        ("model.py:mad", "did you mean made"),
        ("failing_module:made", "failing_module cannot be read: ZeroDivisionError"),
        ("needing_module:made", "needing_module cannot be read: ModuleNotFoundError"),
        ("missing.py:made", r"no file .*missing\.py"),
    ],
)
def test_what_cannot_be_loaded_says_why(name, message, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.path", ["/nowhere"])
    (tmp_path / "model.py").write_text("def made(): pass\n")
    (tmp_path / "failing_module.py").write_text("1 / 0\n")
    (tmp_path / "needing_module.py").write_text("import not_installed_here\n")
    with pytest.raises(ParityError, match=message):
        load_attribute(name, tmp_path)


def test_a_factory_is_passed_the_dtype_only_if_it_takes_one():
    assert call_factory(lambda: "plain", "m.py:f", "float64") == "plain"
    assert call_factory(lambda dtype: dtype, "m.py:f", "float64") == "float64"
    assert call_factory(lambda size=3, *, dtype="x": (size, dtype), "m.py:f", "float32") == (
        3,
        "float32",
    )


def test_a_factory_that_needs_more_or_fails_is_refused():
    def failing():
        raise SystemExit(3)

    with pytest.raises(ParityError, match=r"requires the arguments size, depth; name a function"):
        call_factory(lambda size, depth: None, "m.py:Model", "float32")
    with pytest.raises(ParityError, match=r"m\.py:f cannot be built"):
        call_factory(failing, "m.py:f", "float32")


def test_a_factory_that_fails_in_float64_may_still_make_a_model_of_float32_constants():
    def failing():
        raise TypeError("float32 is not float64")

    with pytest.raises(SideFailedError, match=r"m\.py:f cannot be built"):
        call_factory(failing, "m.py:f", "float64")
    with pytest.raises(ParityError) as raised:
        call_factory(failing, "m.py:f", "float32")
    assert not isinstance(raised.value, SideFailedError)


def test_a_factory_without_a_signature_is_called():
    assert call_factory(types.SimpleNamespace, "m.py:f", "float32") == types.SimpleNamespace()


def test_models_in_files_are_known_by_name(tmp_path):
    (tmp_path / "saved").mkdir()
    for name in ("model.keras", "models/model.h5", "saved", "models/saved"):
        assert is_model_file(name, tmp_path)
    for name in ("model.py:net", "models/model.py:net", "package.module:net", "net"):
        assert not is_model_file(name, tmp_path)
