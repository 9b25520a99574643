"""The board in Debian's Chromium: each view in both languages at three sizes, read aloud, updating itself."""

import datetime as dt
import json
import os
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from ingestor import config
from ingestor.board import views
from ingestor.config import Config
from ingestor.store import SqliteStore, store_file
from ingestor.store.ports import Block
from tests import board_world, bulletin_world
from tests.board_world import LAST, TOKEN
from tests.bulletin_world import CITY
from tests.support import server

SIZES = ((1920, 1080), (1280, 800), (390, 844))
VIEWS = (
    "/wall",
    "/plan",
    "/stations",
    "/stations/air/c-a001",
    "/notices",
    "/bulletins",
    f"/explain?name=air.good_day_ratio&scope=city:{CITY}&period=2020-06",
)
EVERY_VIEW = bool(os.environ.get("QINGJING_EVERY_VIEW"))
"""Whether axe-core reads all 42 pages in place of 21."""
World = tuple[Config, Path, str]
N_REPORTED = 10
MORE = """id = "more-2020"
title = "深圳市（模拟）2020年其他目标"
title_en = "Shenzhen (simulated): further targets 2020"
year = 2020
jurisdiction = "city:shenzhen"
source = "invented for tests"

[[target]]
id = "incidents"
name = "突发环境事件起数"
name_en = "sudden environmental incidents"
cumulative = true
comparison = "<="
limit = 1
unit = "cases"
text = "one at most (reported figure)"

[[reported]]
period = "2020-Q1"
target = "incidents"
value = 5
text = "five in the first quarter"
""" + "".join(
    f"""
[[target]]
id = "cut-{n}"
name = "重点工程减排量（第{n}项）"
name_en = "emission cut of key projects, number {n}"
comparison = ">="
limit = {100 * n}
unit = "t"
text = "{100 * n} t (reported figure)"
"""
    for n in range(N_REPORTED)
)
"""A second plan of the city: with it there are more targets than the wall shows at once."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The city with a notice, its folder, and the address of its board."""
    folder = tmp_path_factory.mktemp("board")
    directory = board_world.made(folder).directory
    (directory / "plans" / "more-2020.toml").write_text(MORE, encoding="utf-8")
    loaded = config.load(directory)
    board_world.told(folder)
    now = float(loaded.start_of(dt.date.fromisoformat(LAST)) + 86_400)
    with board_world.served(loaded, folder / "data", now) as address:
        yield loaded, folder, address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=server("chromium"), args=["--no-sandbox"])
        yield found
        found.close()


def opened(browser: Browser, size: tuple[int, int]) -> tuple[Page, list[str]]:
    """A page, and what its console complains of."""
    page = browser.new_context(viewport={"width": size[0], "height": size[1]}).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return page, said


def asked(address: str, path: str) -> Any:
    with urllib.request.urlopen(address + path) as answer:  # noqa: S310  # our own server on loopback
        return json.load(answer)


def serious(page: Page) -> list[tuple[str, str]]:
    """What hinders a reader of a page, by axe-core: rules that are broken, and where."""
    return [
        (each["id"], node["html"])
        for each in Axe().run(page).response["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def figures_shown(loaded: Config, address: str, language: str) -> dict[str, list[str]]:
    """What views other than the wall and the plan have to show, as the API has it, by view."""

    def printed(value: float) -> str:
        return str(Decimal(repr(value)).quantize(Decimal(10) ** -loaded.quantities.of("air")["pm25"].decimals))

    (stations,) = (each for each in asked(address, "/api/stations") if each["id"] == "c-a002")
    readings = asked(address, "/api/stations/air/c-a001/readings?quantity=pm25")[0]["values"]
    (figure,) = asked(address, f"/api/indicators?scope=city:{CITY}&period=2020-06&name=air.good_day_ratio")
    return {
        "/stations": [f"PM2.5 {printed(stations['values']['pm25'])} "],
        "/stations/air/c-a001": [f"PM2.5 {printed([each for each in readings if each is not None][-1])} "],
        "/notices": [asked(address, f"/api/notices?lang={language}")[0]["title"]],
        VIEWS[-1]: [str(figure["value"]), f"{figure['valid']}/{figure['expected']}"],
    }


@pytest.mark.parametrize("language", ["zh", "en"])
def test_views_are_whole_and_hinder_no_reader_at_any_size(world: World, browser: Browser, language: str) -> None:
    """axe-core reads each view at all sizes and in both languages, at each size in one of them: or in all, if asked."""
    loaded, _, address = world
    to_show = figures_shown(loaded, address, language)
    verdicts = asked(address, "/api/targets")["targets"]
    figures = {f"city-2020/{each['target']['id']}": each["figure"] for each in verdicts if each["figure"]}
    for size in SIZES:
        page, said = opened(browser, size)
        for view in VIEWS:
            page.goto(f"{address}{view}{'&' if '?' in view else '?'}lang={language}", wait_until="load")
            if view == "/plan":
                page.wait_for_selector("[data-loaded]")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, (view, size, wide)
            assert page.locator("h1").count() == 1, view
            text = " ".join(page.locator("main").inner_text().split())
            assert [each for each in to_show.get(view, []) if each not in text] == [], (view, size)
            assert page.locator("html").get_attribute("lang") == ("zh-CN" if language == "zh" else "en")
            if view in ("/wall", "/plan"):
                shown = page.evaluate(
                    "Object.fromEntries([...document.querySelectorAll('[data-figure]')]"
                    ".map((e) => [e.dataset.figure, e.innerText]))"
                )
                for name in ("city-2020/pm25", "city-2020/good-days", "city-2020/night-noise"):
                    assert shown[name].split()[0].rstrip("%") == str(figures[name]["value"])
            if EVERY_VIEW or language == ("zh", "en")[(VIEWS.index(view) + SIZES.index(size)) % 2]:
                assert serious(page) == [], (view, size)
        assert said == [], size
        page.context.close()


OUTSIDE = """() => {
    const wide = document.documentElement.clientWidth;
    const tall = document.body.classList.contains("wall") && wide > 1000 ? innerHeight : Infinity;
    const beyond = (each, box) => {
        const own = each.getBoundingClientRect();
        return own.left < box.left - 1 || own.right > box.right + 1 || own.bottom > box.bottom + 1;
    };
    const page = {left: 0, right: wide, bottom: tall};
    return [
        ...[...document.querySelectorAll("main section, main table, main form")].filter((each) => beyond(each, page)),
        ...[...document.querySelectorAll("svg.map circle")].filter(
            (each) => beyond(each, each.ownerSVGElement.getBoundingClientRect())),
    ].map((each) => each.outerHTML.slice(0, 80));
}"""
"""What stands beyond the edge of the page, on a large screen below the end of the wall, and marks beyond their map."""
SEEN = (
    "[...document.querySelectorAll('.tile.target')].filter((each) => each.offsetWidth > 100)"
    ".map((each) => each.querySelector('[data-figure]').dataset.figure)"
)
"""The targets whose tiles are to be seen, in order."""


def test_every_target_has_its_turn_and_what_is_missed_stays(world: World, browser: Browser) -> None:
    _, _, address = world
    page, said = opened(browser, SIZES[0])
    page.clock.install()
    page.goto(f"{address}/wall?lang=en")
    every = page.evaluate("[...document.querySelectorAll('[data-figure]')].map((each) => each.dataset.figure)")
    assert len(every) == 6 + N_REPORTED
    turns = [page.evaluate(SEEN)]
    expect(page.locator("#turns span")).to_have_text(f"targets 2 to 5 of {len(every)}")
    while len(turns) < 5:
        page.clock.fast_forward(10_500)
        turns.append(page.evaluate(SEEN))
    assert {len(turn) for turn in turns} == {5}
    assert {name for turn in turns for name in turn} == {*every}
    assert turns[0] == turns[-1], "the first come again"
    assert {turn[0] for turn in turns} == {"more-2020/incidents"}
    assert page.evaluate("document.documentElement.scrollHeight") <= SIZES[0][1]

    page.get_by_role("button", name="next targets").press("Enter")
    hold = page.get_by_role("button", name="Pause")
    hold.press("Enter")
    page.evaluate("() => { refresh(); $('content').dataset.before = ''; }")  # as when a reading comes
    page.locator("#content:not([data-before])").wait_for()
    page.clock.fast_forward(10_500)
    expect(hold).to_be_focused()
    assert page.evaluate(SEEN) == turns[1]
    page.locator(f'a[data-figure="{turns[0][-1]}"]').focus()
    assert turns[0][-1] in page.evaluate(SEEN), "a target that is reached by keyboard is turned to"

    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(SEEN) == every
    page.emulate_media(reduced_motion="no-preference")
    page.set_viewport_size({"width": SIZES[2][0], "height": SIZES[2][1]})
    assert page.evaluate(SEEN) == every
    assert said == []
    page.context.close()


def test_3003_stations_are_shown_a_page_at_a_time(tmp_path: Path, browser: Browser) -> None:
    loaded = config.load(bulletin_world.configuration(tmp_path / "config", air=1500, water=500, noise=1003))
    (tmp_path / "data").mkdir()
    now = loaded.start_of(dt.date.fromisoformat(LAST)) + 86_400
    with closing(SqliteStore(store_file(tmp_path / "data"))) as store:
        one = (np.array([20.0]), np.array([1]))
        times = np.array([now - 3600])
        store.load([Block("air", each.id, 3600, times, {"pm25": one}) for each in loaded.register.of("air")])
    with board_world.served(loaded, tmp_path / "data", float(now)) as address:
        assert len(asked(address, "/api/stations")) == 3003
        assert len(board_world.asked(f"{address}/stations")) < 100_000
        assert board_world.asked(f"{address}/stations?page=31").count(b"/stations/noise/") == 3
        for size in (SIZES[0], SIZES[2]):
            page, said = opened(browser, size)
            page.goto(f"{address}/wall")
            page.locator("svg.map circle").first.wait_for()
            assert "1500/1500 站有数据" in page.locator("main").inner_text()
            assert page.evaluate(OUTSIDE) == [], size
            assert page.locator("svg.map circle").count() == views.STATIONS_WITH_INDEX
            page.goto(f"{address}/stations")
            assert "共 3003 站" in page.locator("main").inner_text()
            assert page.evaluate(OUTSIDE) == [], size
            assert said == [], size
            page.context.close()


def test_a_figure_is_explained_on_click_and_by_keyboard(world: World, browser: Browser) -> None:
    _, _, address = world
    page, said = opened(browser, SIZES[1])
    page.goto(f"{address}/wall")
    link = page.locator('a[data-figure="city-2020/pm25"]')
    link.focus()
    page.evaluate("refresh()")  # as when a reading comes: who stands on a figure still stands on it
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_be_visible(timeout=20_000)
    expect(page.locator("#dialog")).to_contain_text("GB 3095")
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).not_to_be_visible()
    assert said == []
    page.context.close()


def test_a_notice_is_acknowledged_with_the_token_only(world: World, browser: Browser) -> None:
    _, _, address = world
    page, _ = opened(browser, SIZES[2])
    page.goto(f"{address}/notices")
    page.get_by_label("确认人").fill("李雷")
    page.get_by_label("口令").fill("wrong")
    page.get_by_role("button", name="确认").click()
    expect(page.locator("#said")).to_contain_text("expected the token")
    page.get_by_label("口令").fill(TOKEN)
    page.get_by_role("button", name="确认").click()
    expect(page.locator("article")).to_contain_text("已确认：李雷")
    page.context.close()


def test_wall_follows_a_new_reading_though_the_browsers_clock_is_a_day_off(world: World, browser: Browser) -> None:
    loaded, folder, address = world
    page, said = opened(browser, SIZES[0])
    page.add_init_script("Date.now = ((now) => () => now() + 86400000)(Date.now)")
    page.goto(f"{address}/wall")
    ages = page.locator(".arriving time[data-at], .newest time[data-at]").all_inner_texts()
    assert ages
    assert not any("天" in age for age in ages), ages
    time = loaded.start_of(dt.date.fromisoformat(LAST)) + 86_400 - 60
    one = (np.array([654.4937]), np.array([1]))
    page.wait_for_timeout(1200)  # the page has begun to listen
    with closing(SqliteStore(store_file(folder / "data"))) as store:
        store.load([Block("air", "c-a003", 60, np.array([time]), {"pm25": one})])
    expect(page.locator(".newest")).to_contain_text("PM2.5 654 μg/m³", timeout=5000)
    assert said == []
    page.context.close()
