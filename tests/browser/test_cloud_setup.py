"""A cloud is added, tried, used and removed from the panel or a notebook, without a file or a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from jupyter_mccom.models.store import Store
from tests.conftest import SMALL
from tests.served import serving

from . import pictures
from .lab import PATIENCE_MS, STATUS, Faults, Lab, Notebook, wait_for
from .pictures import PANEL

PROVIDER = "llama-server"
START = "import statistics\nvalues = [1, 2, 3]\n"
_TOLD_MS = 12_000
"""A page asks for the status by itself only every 15 s."""
THEMES = ("Light", "Dark", "Dark High Contrast")


@pytest.fixture(scope="module")
def served(models: Store) -> Iterator[tuple[str, str]]:
    """Address and key of a served model."""
    with serving("--model", SMALL) as there:
        yield there


@pytest.fixture
def fresh_lab(models: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A fresh install with a model, on a machine without a keyring, which would be the person's."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    patient = "--MCCom.cloud_timeout_s=100"
    lab = Lab(tmp_path, f"--MCCom.model={SMALL}", "--MCCom.show_threshold=0", "--MCCom.route_threshold=0", patient)
    yield lab
    lab.stop()


def _cloud(lab: Lab) -> Any:
    return lab.get("mccom/status")["cloud"]


def _routes(lab: Lab) -> list[tuple[str, str]]:
    """Tier and reason of each answer of a model so far."""
    traces = lab.get("mccom/traces")["traces"]
    return [(trace["route"]["to"], trace["route"]["reason"]) for trace in traces if trace["origin"] != "again"]


def _reject(book: Notebook, cell: int) -> None:
    """Types a line of which the local text was read, and then something else."""
    book.enter(cell)
    book.type("print(statistics.")
    ghost = book.wait_ghost()
    book.read()
    book.type("z" if not ghost.startswith("z") else "y")
    book.settle(500)


def _fits(panel: Locator) -> bool:
    """Nothing of the panel is cut off at its sides."""
    fits: bool = panel.evaluate("node => node.scrollWidth <= node.clientWidth")
    return fits


def _legible(page: Page, faults: Faults, shot: Path) -> None:
    """The open form in each theme, and in a window in which only a quarter of it finds room, as at 200 % zoom."""
    for name in THEMES:
        page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", f"JupyterLab {name}")
        page.locator(f"body[data-jp-theme-name='JupyterLab {name}']").wait_for(state="attached", timeout=PATIENCE_MS)
        assert faults(page, PANEL) == []
        page.screenshot(path=shot / f"cloud-form-{name.lower().replace(' ', '-')}.png")
    page.evaluate("jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})")
    page.emulate_media(forced_colors="active")
    page.screenshot(path=shot / "cloud-form-forced-colors.png")
    page.emulate_media(forced_colors="none")
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": 640, "height": 400})
    panel = page.locator(PANEL)
    wait_for(lambda: _fits(panel), "the panel to fit")
    for name in ("Test", "Save", "Cancel"):
        panel.get_by_role("button", name=name, exact=True).scroll_into_view_if_needed()
        expect(panel.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)
    page.screenshot(path=shot / "cloud-form-zoomed.png")
    page.set_viewport_size(size)


def test_a_key_leaves_with_its_form(fresh_lab: Lab, served: tuple[str, str], window: BrowserContext) -> None:
    """A key that was sent is gone when the form or the panel closes, and does not go to another address."""
    (url, key), said = served, []
    fresh_lab.notebook("key.ipynb", START)
    page = Notebook(window, fresh_lab, "key.ipynb").page
    page.on("console", lambda message: said.append(message.text))
    panel, sent = page.locator(PANEL), []
    field, test = panel.get_by_label("Key"), panel.get_by_role("button", name="Test")
    page.locator(STATUS).click()

    def filled() -> None:
        panel.get_by_role("button", name="Add a cloud model").click()
        panel.get_by_label("Provider").select_option(PROVIDER)
        panel.get_by_label("Address").fill(url)
        field.fill(key)
        field.press("Tab")
        expect(panel.get_by_label("Model", exact=True)).to_have_value(SMALL, timeout=PATIENCE_MS)

    filled()
    page.on("request", lambda request: sent.append(request.post_data or ""))
    panel.get_by_label("Address").fill("http://127.0.0.1:9")
    test.press("Enter")
    expect(panel.get_by_role("alert")).not_to_be_empty(timeout=PATIENCE_MS)
    expect(field).to_have_value("")
    assert not [body for body in sent if key in body]
    panel.get_by_role("button", name="Cancel").click()
    filled()
    panel.get_by_role("button", name="Cancel").click()
    assert _no_key_in(page, key)
    filled()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    page.locator(STATUS).click()
    expect(field).to_have_value("")
    assert _no_key_in(page, key)
    assert not [text for text in said if key in text]


def _test_with_the_kept_key(panel: Locator) -> None:
    """The cloud in use is opened and tested without its key being given anew; the form is closed again."""
    panel.get_by_role("button", name="Change…").press("Enter")
    expect(panel.locator("#jp-mccom-cloud-key-hint")).to_contain_text("the key that is kept")
    panel.get_by_role("button", name="Test").press("Enter")
    expect(panel.get_by_role("status")).to_contain_text("Written in", timeout=PATIENCE_MS)
    panel.get_by_role("button", name="Cancel").press("Enter")
    expect(panel.get_by_role("button", name="Change…")).to_be_focused()


_KEPT = """async () => {
  const bases = await indexedDB.databases();
  const kept = await Promise.all(bases.map(({name}) => new Promise((done, failed) => {
    const asked = indexedDB.open(name);
    asked.onerror = failed;
    asked.onsuccess = () => {
      const base = asked.result;
      const stores = [...base.objectStoreNames].map(store => new Promise(all => {
        const read = base.transaction(store).objectStore(store).getAll();
        read.onsuccess = () => all(read.result);
        read.onerror = () => all([]);
      }));
      Promise.all(stores).then(found => { base.close(); done(found); });
    };
  })));
  const state = await fetch(jupyterapp.serviceManager.serverSettings.baseUrl + 'api/workspaces', {
    headers: {Authorization: 'token ' + jupyterapp.serviceManager.serverSettings.token}
  });
  return document.documentElement.outerHTML + document.cookie
    + JSON.stringify([kept, {...localStorage}, {...sessionStorage}]) + (state.ok ? await state.text() : '');
}"""
"""The page as it would be saved, and all that the browser and JupyterLab keep of it."""


def _no_key_in(page: Page, key: str, *, fields: bool = True) -> bool:
    """Neither what is drawn nor what is kept holds the key, nor, with `fields`, what stands in a field."""
    held: str = page.evaluate(_KEPT)
    values = page.evaluate("() => [...document.querySelectorAll('input')].map(field => field.value).join()")
    return key not in held + (values if fields else "")


def test_a_cloud_is_added_tried_used_and_removed_in_the_panel(
    fresh_lab: Lab, served: tuple[str, str], window: BrowserContext, screenshots: Path, faults: Faults, tmp_path: Path
) -> None:
    """By keyboard, a cloud is added in the panel, tested, asked after a rejection, and removed."""
    lab, (url, key) = fresh_lab, served
    lab.notebook("cloud.ipynb", START, "", "")
    book = Notebook(window, lab, "cloud.ipynb")
    page, item, panel = book.page, book.page.locator(STATUS), book.page.locator(PANEL)
    item.focus()
    page.keyboard.press("Enter")
    panel.get_by_role("button", name="Add a cloud model").press("Enter")
    provider = panel.get_by_label("Provider")
    expect(provider).to_be_focused()
    provider.select_option(PROVIDER)
    expect(panel.get_by_label("Address")).to_be_visible()
    page.keyboard.press("Tab")
    expect(panel.get_by_label("Address")).to_be_focused()
    page.keyboard.insert_text(url)
    page.keyboard.press("Tab")
    expect(panel.get_by_label("Key")).to_be_focused()
    page.keyboard.insert_text("not-the-key")
    page.keyboard.press("Tab")
    expect(panel.get_by_role("alert")).to_contain_text("key", timeout=PATIENCE_MS)
    page.screenshot(path=screenshots / "cloud-refused.png")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(key)
    page.keyboard.press("Tab")
    model = panel.get_by_label("Model", exact=True)
    expect(model).to_have_value(SMALL, timeout=PATIENCE_MS)
    page.screenshot(path=screenshots / "cloud-models.png")
    panel.get_by_role("button", name="Test").press("Enter")
    expect(panel.locator(".jp-mccom-result pre")).not_to_be_empty(timeout=PATIENCE_MS)
    expect(panel.get_by_role("status")).to_contain_text("Written in")
    expect(panel.get_by_role("alert")).to_be_empty()
    page.screenshot(path=screenshots / "cloud-tested.png")
    expect(panel.get_by_label("Key")).to_have_value(key)  # it is needed once more, to save
    assert _no_key_in(page, key, fields=False)
    _legible(page, faults, screenshots)
    assert _cloud(lab) is None
    expect(panel.locator("#jp-mccom-consent")).to_contain_text("never sent")
    panel.get_by_role("button", name="Save").press("Enter")
    expect(panel.get_by_role("button", name="Change…")).to_be_focused(timeout=PATIENCE_MS)
    expect(panel.locator(".jp-mccom-cloud dl")).to_contain_text(SMALL)
    assert _no_key_in(page, key)
    assert faults(page, PANEL) == []
    page.screenshot(path=screenshots / "cloud-saved.png")
    assert (_cloud(lab)["provider"], _cloud(lab)["model"]) == (PROVIDER, SMALL)
    _test_with_the_kept_key(panel)
    page.keyboard.press("Escape")
    _reject(book, 1)
    wait_for(lambda: ("cloud", "rejected") in _routes(lab), "the cloud's answer")
    page.screenshot(path=screenshots / "cloud-used.png")
    item.click()
    expect(panel.get_by_label("Complete code")).to_be_focused()
    panel.get_by_role("button", name="Remove").press("Enter")
    expect(panel.get_by_role("button", name="Keep it")).to_be_focused()
    page.screenshot(path=screenshots / "cloud-removing.png")
    panel.get_by_role("button", name="Remove it").press("Enter")
    expect(panel.get_by_role("button", name="Add a cloud model")).to_be_focused(timeout=PATIENCE_MS)
    page.screenshot(path=screenshots / "cloud-removed.png")
    assert _cloud(lab) is None
    page.keyboard.press("Escape")
    before = len(_routes(lab))
    _reject(book, 2)
    wait_for(lambda: len(_routes(lab)) > before, "an answer")
    assert "cloud" not in {tier for tier, _ in _routes(lab)[before:]}
    assert lab.process.poll() is None
    written = [path for path in tmp_path.rglob("*") if path.is_file() and key in path.read_text(errors="replace")]
    assert written == []


def _used(route: Route) -> None:
    """The server's state, as it is after some use."""
    answer = route.fetch()
    status = answer.json()
    route.fulfill(response=answer, json={**status, "totals": {**status["totals"], "shown": 20}})


def test_after_some_use_a_cloud_is_offered_once(fresh_lab: Lab, window: BrowserContext, screenshots: Path) -> None:
    """After some use a notice says that a cloud can be added; it opens the form, and does not come again."""
    window.route("**/mccom/status*", _used)
    fresh_lab.notebook("used.ipynb", START)
    page = Notebook(window, fresh_lab, "used.ipynb").page
    notice = page.locator(".Toastify__toast").filter(has_text="add one")
    expect(notice).to_be_visible(timeout=PATIENCE_MS)
    page.screenshot(path=screenshots / "cloud-offered.png")
    notice.get_by_role("button", name="Add a Cloud Model").click()
    expect(page.locator(PANEL).get_by_label("Provider")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(PANEL)).to_have_count(0)
    again = Notebook(window, fresh_lab, "used.ipynb").page
    again.locator(STATUS).click()
    expect(again.locator(PANEL).get_by_role("button", name="Add a cloud model")).to_be_visible()
    expect(again.locator(".Toastify__toast").filter(has_text="add one")).to_have_count(0)


def test_what_the_configuration_sets_is_shown(
    tmp_path: Path, window: BrowserContext, screenshots: Path, faults: Faults
) -> None:
    """An address and a model that the configuration sets stand in the form as text, and the rest can be filled in."""
    fixed = ("--MCCom.cloud_url=http://127.0.0.1:9", "--MCCom.cloud_model=house-model")
    lab = Lab(tmp_path, *fixed, "--MCCom.find_servers=False")
    try:
        lab.notebook("fixed.ipynb", START)
        page = Notebook(window, lab, "fixed.ipynb").page
        panel = page.locator(PANEL)
        page.locator(STATUS).click()
        panel.get_by_role("button", name="Add a cloud model").click()
        panel.get_by_label("Provider").select_option(PROVIDER)
        expect(panel).to_contain_text("http://127.0.0.1:9 (set by the server's configuration)")
        expect(panel).to_contain_text("house-model (set by the server's configuration)")
        expect(panel.get_by_label("Address")).to_have_count(0)
        expect(panel.get_by_label("Model", exact=True)).to_have_count(0)
        assert faults(page, PANEL) == []
        page.screenshot(path=screenshots / "cloud-fixed.png")
        panel.get_by_role("button", name="Test").press("Enter")
        expect(panel.get_by_role("alert")).to_contain_text("cannot be reached", timeout=PATIENCE_MS)
    finally:
        lab.stop()


def test_the_picture_of_the_form_can_be_taken_again(
    fresh_lab: Lab, served: tuple[str, str], window: BrowserContext, tmp_path: Path
) -> None:
    """The README's picture of the form can be taken again, and nothing is set up by it."""
    pictures.take_form(window, fresh_lab, served, tmp_path)
    assert (tmp_path / pictures.CLOUD).is_file()
    assert f"binder/{pictures.CLOUD}" in (Path(__file__).parents[2] / "README.md").read_text()
    assert _cloud(fresh_lab) is None


def test_a_cloud_is_added_by_the_magic(
    fresh_lab: Lab, served: tuple[str, str], window: BrowserContext, screenshots: Path
) -> None:
    """`%mccom cloud add` asks for the key hidden, and the panel shows the cloud at once, an open one elsewhere too."""
    lab, (url, key) = fresh_lab, served
    add = f"%load_ext jupyter_mccom\n%mccom cloud add {PROVIDER} --url {url} --model {SMALL}"
    path = lab.notebook("magic.ipynb", add, "", f"%mccom cloud remove {PROVIDER}")
    book = Notebook(window, lab, "magic.ipynb")
    page, panel = book.page, book.page.locator(PANEL)
    lab.notebook("elsewhere.ipynb", START)
    elsewhere = Notebook(window, lab, "elsewhere.ipynb").page
    elsewhere.locator(STATUS).click()
    expect(elsewhere.locator(PANEL).get_by_role("button", name="Add a cloud model")).to_be_visible()
    page.bring_to_front()
    book.enter(0)
    book.press("Control+Enter")
    asked = page.locator(".jp-Stdin-input")
    expect(asked).to_have_attribute("type", "password", timeout=PATIENCE_MS)
    asked.fill(key)
    asked.press("Enter")
    wait_for(lambda: _cloud(lab) is not None, "the cloud")
    expect(elsewhere.locator(PANEL).locator(".jp-mccom-cloud dl")).to_contain_text(SMALL, timeout=_TOLD_MS)
    elsewhere.close()
    page.screenshot(path=screenshots / "magic-added.png")
    page.locator(STATUS).click()
    expect(panel.locator(".jp-mccom-cloud dl")).to_contain_text(SMALL)
    page.screenshot(path=screenshots / "magic-panel.png")
    page.keyboard.press("Escape")
    _reject(book, 1)
    wait_for(lambda: ("cloud", "rejected") in _routes(lab), "the cloud's answer")
    book.enter(2)
    book.press("Control+Enter")
    wait_for(lambda: _cloud(lab) is None, "the cloud to be gone")
    book.execute("docmanager:save")
    wait_for(lambda: "cloud remove" in path.read_text(), "the notebook to be saved")
    assert key not in path.read_text()
    assert _no_key_in(page, key)
