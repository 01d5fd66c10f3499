"""Reports that cannot be written are refused before any work is done."""

import sys

import pytest

from parity.errors import ParityError
from parity.report import formats


def test_two_reports_cannot_share_standard_output():
    with pytest.raises(ParityError, match="--json and --html cannot share standard output"):
        formats.refuse_unwritable({"json": "-", "html": "-", "junit": None})


def test_what_is_not_installed_is_named_before_any_work_is_done(monkeypatch, tmp_path):
    monkeypatch.delitem(sys.modules, "parity.report.html", raising=False)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(ParityError, match=r"--html needs jinja2, .* 'gmvp-parity\[report\]'"):
        formats.refuse_unwritable({"html": str(tmp_path / "page.html")})
    formats.refuse_unwritable({"html": None})
