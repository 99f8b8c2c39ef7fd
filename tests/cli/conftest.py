"""The application with a database of its own and no workers: what a command writes is looked at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app import create_app
from settings import Settings
from store.engine import Store
from wizard.services import Services


@pytest.fixture
def application(tmp_path: Path, sqlite_template: Path) -> Iterator[Flask]:
    settings = Settings.from_env({"DATA_DIR": str(tmp_path)})
    shutil.copy(sqlite_template, tmp_path / "mailhaul.db")
    app = create_app(settings)
    yield app
    services: Services = app.extensions["mailhaul"]
    services.store.dispose()
    services.bell.close()


@pytest.fixture
def cli(application: Flask) -> FlaskCliRunner:
    return application.test_cli_runner()


@pytest.fixture
def store(application: Flask) -> Store:
    services: Services = application.extensions["mailhaul"]
    return services.store
