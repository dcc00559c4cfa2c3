"""Fixtures: estimator files, the command line in this process, a cache of its own."""

from __future__ import annotations

import json
import os
import textwrap
from dataclasses import dataclass

import pytest

from whestbench.cli import main

SMALL = ["--width", "6", "--depth", "2", "--n-mlps", "2", "--n-samples", "500", "--seed", "1"]


@pytest.fixture(autouse=True)
def own_environment(tmp_path_factory, monkeypatch):
    """No cache, key or setting of whoever runs the tests."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("WHEST_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setenv("WHEST_HISTORY", str(folder / "history.jsonl"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    monkeypatch.setenv("HOME", str(folder))
    for name in ("AICROWD_API_KEY", "RAILS_HOST", "AICROWD_API_ENDPOINT", "WHEST_MAX_THREADS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def write_estimator(tmp_path):
    """Write `estimator.py` with the given body of `predict`, or with a whole class."""

    def write(
        body="return fnp.zeros((mlp.depth, mlp.width))", *, rest="", top="", name="estimator"
    ):
        lines = [
            "import os, sys, time",
            "import numpy as np",
            "import flopscope as flops",
            "import flopscope.numpy as fnp",
            "from whestbench import BaseEstimator",
            top,
            "class Estimator(BaseEstimator):",
            textwrap.indent(textwrap.dedent(rest), "    "),
            "    def predict(self, mlp, budget):",
            textwrap.indent(textwrap.dedent(body), "        "),
        ]
        path = tmp_path / f"{name}.py"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@dataclass
class Ran:
    """Outcome of a command."""

    status: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def whest(capfd):
    """Run a command in this process."""

    def run(*arguments):
        capfd.readouterr()
        before = dict(os.environ)
        status = main([str(argument) for argument in arguments])
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)
        return Ran(status, *capfd.readouterr())

    return run


@pytest.fixture
def database(tmp_path):
    """URL of the evaluator's database."""
    return f"sqlite:///{tmp_path / 'db'}"


@pytest.fixture
def settings(tmp_path, database):
    """Those of an evaluator of four small networks, whose claims end soon."""
    from whestbench.server.settings import ServerSettings

    from .evaluator import SPEC

    found = ServerSettings(data=tmp_path / "data", database=database, spec=SPEC, lease_s=2.0)
    found.save()
    return found


@pytest.fixture
def store(settings):
    from whestbench.server.store import Store

    opened = Store(settings.database)
    yield opened
    opened.close()


@pytest.fixture
def web(settings, store):
    """A client of the evaluator in this process."""
    from fastapi.testclient import TestClient

    from whestbench.server.app import create_app

    with TestClient(create_app(settings, store)) as client:
        yield client
