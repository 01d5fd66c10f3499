"""The page of a check in a real browser, with scripts off."""

import pytest

from parity.report import html

# WCAG 2.2, 1.4.3: text against what it stands on.
CONTRAST = 4.5
COLOURS = """(() => {
  const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = name => { paint.fillStyle = name; paint.fillRect(0, 0, 1, 1);
                        return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3); };
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(['back', 'panel', 'text', 'dim', 'pass', 'warn', 'fail', 'unknown',
    'link', 'reference', 'candidate', 'double']
    .map(name => [name, rgb(style.getPropertyValue('--' + name))]));
})()"""


def contrast(one, other):
    """The ratio of luminances, as WCAG defines it, of two sRGB colours (0 to 255)."""

    def luminance(colour):
        parts = [c / 255 for c in colour]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def wrong(x):
    return {
        "mean": x.mean(-1) + x.dtype.type(1e-3),
        "scaled": x * x.dtype.type(1 / 3),
        "last/of/a/name/that/is/long/and/has/no/place/where/it/could/be/broken": x * 2,
    }


def right(x):
    return {
        "mean": x.mean(-1),
        "scaled": x * x.dtype.type(1 / 3),
        "last/of/a/name/that/is/long/and/has/no/place/where/it/could/be/broken": x * 2,
    }


@pytest.fixture(scope="module")
def failing(toy, checked, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "failing.html"
    path.write_text(html.render(checked(toy(wrong, right), configs=("default",))))
    return path


@pytest.fixture(scope="module")
def passing(toy, checked, tmp_path_factory):
    def nearly(x):
        return {"scaled": x / x.dtype.type(3)}

    path = tmp_path_factory.mktemp("page") / "passing.html"
    path.write_text(html.render(checked(toy(nearly, lambda x: {"scaled": right(x)["scaled"]}))))
    return path


@pytest.mark.parametrize("width", [360, 768, 1120, 1600])
def test_nothing_sticks_out_at_the_side(browser, failing, width):
    browser.open(failing, width)
    assert browser.value("document.documentElement.scrollWidth") <= width
    beyond = browser.all("h1, p, li, figure, summary, .scroll", "e.getBoundingClientRect().right")
    assert len(beyond) > 15
    assert max(beyond) <= width


def test_nothing_is_asked_of_the_network_and_no_script_is_run(browser, failing):
    browser.open(failing, 1000)
    assert browser.requests[0] == failing.as_uri()
    assert all(url.startswith("data:image/png;base64,") for url in browser.requests[1:])
    assert browser.value("document.scripts.length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_of_text_can_be_read(browser, failing, scheme):
    browser.open(failing, 1000, scheme=scheme)
    colours = browser.value(COLOURS)
    ground, panel = colours.pop("back"), colours.pop("panel")
    assert (sum(ground) < 384) is (scheme == "dark")
    poor = {
        name: round(contrast(colour, on), 2)
        for name, colour in colours.items()
        for on in (ground, panel)
        if contrast(colour, on) < CONTRAST
    }
    assert not poor


def test_a_failing_case_is_seen_at_once(browser, failing):
    browser.open(failing, 1000)
    assert browser.all("details", "e.open") == [True]
    heights = browser.all("details figure svg", "e.getBoundingClientRect().height")
    assert len(heights) >= 3
    assert min(heights) > 50


def test_a_passing_case_opens_by_a_click_and_by_its_link(browser, passing):
    browser.open(passing, 1000, height=2000)
    assert browser.all("details", "e.open") == [False, False]
    x, y = browser.value(
        "(r => [r.x + 9, r.y + 9])(document.querySelector('summary').getBoundingClientRect())"
    )
    for kind in ("mousePressed", "mouseReleased"):
        browser.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    assert browser.all("details", "e.open") == [True, False]
    assert min(browser.all("details[open] svg", "e.getBoundingClientRect().height")) > 50
    browser.send("Page.navigate", url=f"{passing.as_uri()}#case-2")
    assert browser.all("details", "e.open") == [True, True]


def test_pictures_can_be_read_on_a_telephone(browser, failing):
    browser.open(failing, 360)
    sizes = browser.all(
        "figure svg text",
        "(m => parseFloat(getComputedStyle(e).fontSize) * Math.hypot(m.a, m.b))(e.getScreenCTM())",
    )
    assert len(sizes) > 30
    assert min(sizes) > 6.5
    inside = browser.all(
        "figure svg text",
        "(t => (s => t.left >= s.left - 1 && t.right <= s.right + 1)"
        "(e.ownerSVGElement.getBoundingClientRect()))(e.getBoundingClientRect())",
    )
    assert all(inside)


def test_headings_of_the_table_stay_in_view(browser, failing):
    browser.open(failing, 1000)
    assert set(browser.all("thead th", "getComputedStyle(e).position")) == {"sticky"}


def test_what_is_closed_is_printed_all_the_same(browser, passing):
    browser.open(passing, 1000)
    seen = "e.checkVisibility({contentVisibilityAuto: true})"
    assert not any(browser.all("details figure", seen))
    browser.send("Emulation.setEmulatedMedia", media="print")
    try:
        assert min(browser.all("details figure", "e.getBoundingClientRect().height")) > 50
    finally:
        browser.send("Emulation.setEmulatedMedia", media="")


def test_a_page_that_is_too_wide_would_be_seen(browser, failing, tmp_path):
    """The control of the test of widths."""
    spoiled = tmp_path / "wide.html"
    spoiled.write_text(
        failing.read_text()
        .replace("overflow-x: auto", "overflow-x: visible")
        .replace("overflow: auto", "overflow: visible")
    )
    browser.open(spoiled, 360)
    assert browser.value("document.documentElement.scrollWidth") > 360
