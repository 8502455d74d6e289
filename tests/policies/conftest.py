"""The pack as the policy SDK serves it."""

import pytest
from pulumi_policy import EnforcementLevel
from pulumi_policy import policy as sdk

from policies.pack import policy
from policies.rules import RULES
from policies.serving import serve_with
from policies.values import Inputs


@pytest.fixture
def pack(monkeypatch):
    """The pack's servicer, as the SDK makes it."""
    monkeypatch.setattr(sdk, "_PolicyAnalyzerServicer", sdk._PolicyAnalyzerServicer)
    inputs = Inputs()
    serve_with(inputs)
    return sdk._PolicyAnalyzerServicer("p", "1", [policy(rule, inputs) for rule in RULES], EnforcementLevel.ADVISORY)
