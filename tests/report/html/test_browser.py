"""Pages in a headless Chromium, from disk: clicked, filtered, sorted, paged, and attacked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from report_pages import HOSTILE, attack, fill, finding, grade, plan_run, tell, work, write_report
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from harness.compare.comparison import compare_runs
from harness.compare.side import read_side
from harness.report.html.comparison import write_comparison_html
from harness.results import Safety
from harness.schema.policy import Policy
from harness.testing.runs import write_attempt


@pytest.fixture
def browser(chrome: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The browser; whatever a test did in it, nothing was complained of and nothing went out."""
    chrome.get("about:blank")
    chrome.get_log("browser")
    chrome.get_log("performance")
    yield chrome
    complaints = chrome.get_log("browser")
    events = [json.loads(each["message"])["message"] for each in chrome.get_log("performance")]
    asked = [
        each["params"]["request"]["url"]
        for each in events
        if each["method"] == "Network.requestWillBeSent"
    ]
    assert complaints == []
    assert asked
    assert [url for url in asked if not url.startswith("file:///")] == []


def shown(browser):
    """The task and state of each row of the table that is to be seen, in order."""
    rows = browser.find_elements(By.CSS_SELECTOR, "#table tbody tr")
    return [row for row in rows if row.is_displayed()]


def column(browser, number):
    return [row.find_elements(By.TAG_NAME, "td")[number].text for row in shown(browser)]


def head(browser, text):
    (found,) = [
        each
        for each in browser.find_elements(By.CSS_SELECTOR, "#table th")
        if each.text.startswith(text)
    ]
    return found


def open_page(browser, path: Path):
    browser.get(path.as_uri())


def test_samples_are_filtered_by_text_status_verdict_suite_and_model(browser, filled):
    open_page(browser, write_report(filled))
    assert len(shown(browser)) == 16
    for name, value, count in (
        ("status", "not run", 1),
        ("status", "sandbox_error", 1),
        ("safety", "flagged", 1),
        ("suite", "beta", 8),
        ("arm", "lab/large · worker", 8),
    ):
        select = Select(browser.find_element(By.NAME, name))
        select.select_by_value(value)
        assert len(shown(browser)) == count, (name, value)
        assert browser.find_element(By.ID, "count").text == f"{count} of 16"
        select.select_by_value("")
    search = browser.find_element(By.NAME, "text")
    search.send_keys("SHORT large")
    assert {row.text.splitlines()[0].split()[0] for row in shown(browser)} == {"alpha/short"}
    search.send_keys(Keys.CONTROL, "a")
    search.send_keys("nothing is like this")
    assert shown(browser) == []
    browser.find_element(By.CSS_SELECTOR, "#filters button[type=reset]").click()


def test_samples_are_sorted_with_the_unscored_last_either_way(browser, filled):
    open_page(browser, write_report(filled))
    head(browser, "time")
    for ways in ("ascending", "descending"):
        head(browser, "score").find_element(By.TAG_NAME, "button").click()
        assert head(browser, "score").get_attribute("aria-sort") == ways
        scores = column(browser, 4)
        assert scores[-2:] == ["no score", "no score"]
        known = [float(text.split()[0]) for text in scores[:-2]]
        assert known == sorted(known, reverse=ways == "descending")
    head(browser, "sample").find_element(By.TAG_NAME, "button").click()
    names = column(browser, 0)
    assert names == sorted(names)
    assert head(browser, "score").get_attribute("aria-sort") is None


def test_a_sample_opens_a_tool_call_unfolds_and_a_finding_is_jumped_to(browser, filled, wait):
    open_page(browser, write_report(filled))
    Select(browser.find_element(By.NAME, "safety")).select_by_value("flagged")
    shown(browser)[0].find_element(By.TAG_NAME, "a").click()
    wait(lambda: "pages/0005.html" in browser.current_url)
    call = browser.find_element(By.CSS_SELECTOR, "details.k-tool_call")
    assert not call.find_element(By.TAG_NAME, "pre").is_displayed()
    call.find_element(By.TAG_NAME, "summary").click()
    assert call.find_element(By.TAG_NAME, "pre").is_displayed()
    coloured = call.find_element(By.CSS_SELECTOR, ".t-f2")
    assert (coloured.text, call.find_elements(By.TAG_NAME, "pre")[-1].text) == ("ok", "ok done")
    assert coloured.value_of_css_property("color") != call.value_of_css_property("color")
    browser.find_element(By.CSS_SELECTOR, "a.jump").click()
    target = browser.find_element(By.CSS_SELECTOR, "details.found")
    wait(lambda: target.get_attribute("open"))
    assert "sent to 192.0.2.9" in target.text
    top = browser.execute_script("return arguments[0].getBoundingClientRect().top", target)
    assert -5 <= top < 900


def test_what_the_harness_did_is_shown_when_asked_for_and_all_unfolds(browser, filled):
    index = write_report(filled)
    open_page(browser, index.parent / "pages" / "0001.html")
    calls = browser.find_elements(By.CSS_SELECTOR, "details.k-tool_call")
    assert len(calls) == 5
    for button, state in (("open", "true"), ("close", None)):
        browser.find_element(By.CSS_SELECTOR, f"[data-fold={button}]").click()
        assert {call.get_attribute("open") for call in calls} == {state}


def test_findings_lead_across_the_pages_of_a_long_transcript(browser, tmp_path, wait):
    run = plan_run(tmp_path, epochs=1)
    late = Safety(verdict="flagged", reason="egress", events=[finding(290, "call-290")])
    attempt = write_attempt(run, run.samples[0], grade=grade(1), safety=late)
    tell(attempt, work(300))
    index = write_report(run)
    open_page(browser, index.parent / "pages" / "0001.html")
    browser.find_element(By.CSS_SELECTOR, ".pager a[rel=next]").click()
    wait(lambda: "0001-p2.html" in browser.current_url)
    browser.find_element(By.CSS_SELECTOR, ".pager a[rel=prev]").click()
    wait(lambda: browser.current_url.endswith("0001.html"))
    browser.find_element(By.CSS_SELECTOR, "a.jump").click()
    wait(lambda: "0001-p3.html#e" in browser.current_url)
    target = browser.find_element(By.CSS_SELECTOR, "details.found")
    wait(lambda: target.get_attribute("open"))
    assert "look 290" in target.text


def test_the_safety_matrix_leads_to_its_samples(browser, filled, wait):
    open_page(browser, write_report(filled))
    cell = browser.find_elements(By.CSS_SELECTOR, ".matrix td a")[0]
    cell.click()
    opened = wait(lambda: browser.find_elements(By.CSS_SELECTOR, "details.findings[open]"))
    opened[0].find_element(By.TAG_NAME, "a").click()
    wait(lambda: "pages/0005.html#findings" in browser.current_url)


def test_a_hostile_transcript_does_not_run(browser, tmp_path, wait):
    run = plan_run(tmp_path, epochs=1)
    fill(run, skip=4)
    attack(run, run.samples[-1])
    index = write_report(run, notices=[HOSTILE])
    for path in (index, index.parent / "pages" / "0008.html"):
        open_page(browser, path)
        title = browser.title
        assert title not in {"", "pwned"}
        browser.execute_script(
            "for (const e of document.querySelectorAll('details')) e.open = true"
        )
        for link in browser.find_elements(By.CSS_SELECTOR, ".transcript a, .tiles a"):
            assert "javascript" not in str(link.get_attribute("href"))
        wait(lambda: browser.execute_script("return document.readyState") == "complete")
        assert browser.execute_script("return window.pwned") is None
        assert browser.title == title
        assert browser.execute_script("return document.images.length + frames.length") == 0
        body = browser.find_element(By.TAG_NAME, "body")
        assert "window.pwned=1" in body.text
        assert browser.find_element(By.TAG_NAME, "h1").is_displayed()


def test_the_policy_would_stop_a_script_that_got_in(chrome, filled):
    index = write_report(filled)
    page = index.read_text("utf-8")
    index.write_text(
        page.replace(
            "</main>", "<script>window.pwned=1</script><img src=x onerror='window.pwned=1'></main>"
        )
    )
    chrome.get(index.as_uri())
    assert chrome.execute_script("return window.pwned") is None
    assert any("Content Security Policy" in each["message"] for each in chrome.get_log("browser"))
    assert chrome.execute_script("return document.documentElement.classList.contains('scripted')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_are_followed_and_text_stands_out(browser, filled, scheme):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    open_page(browser, write_report(filled))
    colours = browser.execute_script(
        "const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]"
    )
    ink, ground = (sum(map(int, each.strip("rgb()").split(","))) for each in colours)
    assert abs(ink - ground) > 400
    assert (ground > ink) == (scheme == "light")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_a_comparison_opens_and_unfolds(browser, tmp_path):
    base, candidate = (plan_run(tmp_path / name) for name in ("base", "candidate"))
    fill(base)
    fill(candidate)
    attack(candidate, candidate.samples[-1])
    found = compare_runs(read_side(base), read_side(candidate), Policy())
    open_page(browser, write_comparison_html(found, tmp_path / "pages"))
    assert "The gate" in browser.find_element(By.CSS_SELECTOR, ".gate").text
    last = browser.find_elements(By.TAG_NAME, "details")[-1]
    last.find_element(By.TAG_NAME, "summary").click()
    assert "alpha" in last.text
    assert browser.execute_script("return window.pwned") is None
