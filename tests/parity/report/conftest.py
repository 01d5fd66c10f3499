"""A real browser, spoken to over a pipe by the DevTools protocol; no driver is needed."""

import base64
import json
import os
import select
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.report.checked import Checked

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
    *("--disable-extensions", "--disable-background-networking", "--remote-debugging-pipe"),
)


class Browser:
    """A page of a browser in which scripts are off; what it asks the network for is kept."""

    def __init__(self, program: str, profile: Path) -> None:
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        # The browser reads commands from file 3 and writes answers to file 4. Its own ends are
        # moved out of the way first, as they may be 3 or 4 themselves.
        run = f'exec {{i}}<&{theirs_in} {{o}}>&{theirs_out}; exec 3<&"$i" 4>&"$o"; exec "$@"'
        self._process = subprocess.Popen(
            ["bash", "-c", run, "bash", program, *_ARGUMENTS, f"--user-data-dir={profile}"],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._count, self._held, self._events = 0, b"", []
        self._session: dict[str, str] = {}
        self.requests: list[str] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        answer = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": answer["sessionId"]}
        for domain in ("Page", "Network"):
            self.send(f"{domain}.enable")
        self.send("Emulation.setScriptExecutionDisabled", value=True)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command, and its answer."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters, **self._session}
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != self._count:
            self._events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._held:
            ready, _, _ = select.select([self._from], [], [], 60)
            assert ready, "the browser says nothing"
            more = os.read(self._from, 1 << 16)
            assert more, "the browser has gone"
            self._held += more
        first, _, self._held = self._held.partition(b"\0")
        message = json.loads(first)
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        return message

    def open(self, path: Path, width: int, height: int = 900, scheme: str = "light") -> None:
        """Show a file, as wide as that, and wait until it is there."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.send(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )
        self.requests.clear()
        self._events.clear()
        self.send("Page.navigate", url=path.as_uri())
        while not any(e.get("method") == "Page.loadEventFired" for e in self._events):
            self._events.append(self._read())

    def value(self, expression: str) -> Any:
        """What an expression comes to; the page's own scripts stay off."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def all(self, selector: str, expression: str) -> list[Any]:
        """What an expression comes to for each element `e` that a selector finds."""
        return self.value(f"[...document.querySelectorAll({selector!r})].map(e => {expression})")

    def picture(self) -> bytes:
        """A screenshot as PNG of what is seen."""
        return base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])

    def close(self) -> None:
        os.close(self._to)
        self._process.terminate()
        self._process.wait(timeout=20)
        os.close(self._from)


@pytest.fixture(scope="session")
def checked():
    """Checks a whole port, with details, into what reports are made from."""

    def check(port, **selection):
        selected = Selection(details=True, **selection)
        checker = Checker(port, port.load_inputs(None, 1, 5), selected)
        results = tuple(
            checker.run(pair, config, mode)
            for pair, config, modes in checker.cases()
            for mode in modes
        )
        return Checked(port.name, checker.versions(), checker.inputs, selected, results, (), 1.5)

    return check


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    program = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(_NAMES)} is installed")
    started = Browser(program, tmp_path_factory.mktemp("profile"))
    yield started
    started.close()
