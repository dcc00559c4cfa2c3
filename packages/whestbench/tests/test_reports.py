"""Reports as files: what they say, that they stand alone, and how they look."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from .conftest import SMALL

BODY = """
if mlp.name.endswith(OTHER):
    raise ValueError("<b>no</b> | `answer` ```")
return fnp.full((mlp.depth, mlp.width), 0.5)
"""


@pytest.fixture
def run(whest, write_estimator, tmp_path):
    """A run of three networks, one of which fails, and the files it wrote."""
    path = write_estimator(BODY, top="OTHER = 'none of them'")
    first = whest("run", "--estimator", path, *SMALL, "--n-mlps", 3, "--json", "--no-history")
    name = first.json["results"]["per_mlp"][1]["mlp_name"]
    path.write_text(
        path.read_text(encoding="utf-8").replace("'none of them'", repr(name)), encoding="utf-8"
    )
    files = [tmp_path / f"out.{kind}" for kind in ("html", "md", "json")]
    options = [item for file in files for item in ("--report", file)]
    ran = whest("run", "--estimator", path, *SMALL, "--n-mlps", 3, "--no-history", *options)
    assert ran.status == 1
    return ran, *files


class Page(HTMLParser):
    """Tags and text, and whether every tag is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_the_three_say_the_same(run):
    ran, html, markdown, as_json = run
    report = json.loads(as_json.read_text(encoding="utf-8"))
    score = f"{report['results']['adjusted_final_layer_score']:.6e}"
    assert report["schema_version"] == "1.1"
    assert score in ran.out
    page = Page(html.read_text(encoding="utf-8"))
    assert page.open == []
    text = "".join(page.text)
    assert [tag for tag, _ in page.tags].count("h1") == 1
    # Nothing is loaded from anywhere, and what participants write is text.
    assert not any("src" in attrs or "href" in attrs for _, attrs in page.tags)
    assert "b" not in {tag for tag, _ in page.tags}
    assert "<b>no</b> | `answer` ```" in text
    md = markdown.read_text(encoding="utf-8")
    for entry in report["results"]["per_mlp"]:
        row = f"{entry['final_layer_mse']:.4e}"
        assert row in text
        assert row in md
    for part in (
        score,
        "full",
        "Error by layer",
        "Networks",
        "Machine",
        report["run_meta"]["host"]["hostname"],
    ):
        assert part in text
        assert part.replace("_", "\\_") in md
    failing = [attrs for tag, attrs in page.tags if tag == "tr" and attrs.get("class") == "bad"]
    assert len(failing) == 1


def test_markdown_tables_have_as_many_cells_as_heads(run):
    lines = run[2].read_text(encoding="utf-8").splitlines()
    rules = [i for i, line in enumerate(lines) if re.fullmatch(r"\|( -{3}:? \|)+", line)]
    assert len(rules) >= 5
    for rule in rules:
        wanted = lines[rule].count("|")
        for line in lines[rule - 1 :]:
            if not line.startswith("|"):
                break
            assert len(re.findall(r"(?<!\\)\|", line)) == wanted
    # A fence longer than those of the text within.
    assert "````text" in run[2].read_text(encoding="utf-8")


def test_the_page_in_a_browser(run, tmp_path):
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("there is no Chromium")
    picture = tmp_path / "page.png"
    subprocess.run(
        [browser, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1100,2400",
         f"--screenshot={picture}", run[1].as_uri()],
        capture_output=True, timeout=120, check=True, cwd=tmp_path,
    )  # fmt: skip
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 20_000


@pytest.mark.parametrize(("name", "said"), [("out.pdf", ".html, .md, .json"),
                                             ("none/out.md", "there is no folder")])  # fmt: skip
def test_names_are_checked_before_any_work(whest, write_estimator, tmp_path, name, said):
    path = write_estimator("raise SystemExit('ran')")
    ran = whest("run", "--estimator", path, "--report", tmp_path / name, "--json")
    assert ran.status == 1
    assert ran.json["error"]["code"] == "REPORT_PATH"
    assert said in ran.json["error"]["message"]


def test_an_old_report_stays_if_the_new_one_cannot_be_written(
    whest, write_estimator, tmp_path, monkeypatch
):
    target = tmp_path / "r.md"
    target.write_text("old", encoding="utf-8")

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", full)
    ran = whest("run", "--estimator", write_estimator(), *SMALL, "--report", target, "--no-history")
    assert ran.status == 1
    assert "disk full" in " ".join(ran.err.replace("│", " ").split())
    assert "final score" in ran.out
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.glob(".r.md*")) == []
