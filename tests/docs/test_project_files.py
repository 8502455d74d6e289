"""What stands beside the code: the licence's own text, and one version everywhere."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib

import pytest
from packaging.version import Version

from tests.conftest import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CHANGELOG = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""The SHA-256 of the text that the Apache Software Foundation publishes."""


def test_the_licence_is_its_standard_text():
    assert hashlib.sha256((REPOSITORY / "LICENSE").read_bytes()).hexdigest() == APACHE_2
    assert PROJECT["license"] == "Apache-2.0"
    assert PROJECT["license-files"] == ["LICENSE"]


def test_the_changelog_has_its_form():
    headings = re.findall(r"^## \[(.+?)\](?: - (.+))?$", CHANGELOG, re.MULTILINE)
    assert headings
    versions = [Version(version) for version, _ in headings if version != "Unreleased"]
    assert versions == sorted(versions, reverse=True)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d|unreleased", day) for version, day in headings if version != "Unreleased")
    assert [day for _, day in headings[1:] if day == "unreleased"] == []
    kinds = set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_version_is_one_everywhere():
    newest = re.search(r"^## \[(\d.*?)\]", CHANGELOG, re.MULTILINE)
    assert newest
    assert newest[1] == PROJECT["version"]
    assert str(Version(PROJECT["version"])) == PROJECT["version"]


def test_the_component_package_has_the_version():
    schema = REPOSITORY / "components" / "schema.json"
    if not schema.is_file():
        pytest.skip("the schema is not kept here")
    assert json.loads(schema.read_text(encoding="utf-8"))["version"] == PROJECT["version"]
