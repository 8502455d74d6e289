"""Projects of other people that use the components as a package, through the engine."""

import json
import subprocess
import uuid

import pytest

from sandbox.arm.seed import seed
from tests.arm.policy.clouds import subscription as subscription_row
from tests.conftest import REPOSITORY, Stack
from tests.contract.world import Subscription

SDK = '''"""What an SDK made of the schema does for each component; Pulumi's own has a class for each besides."""

import pulumi

OUTPUTS = {outputs}


class Component(pulumi.ComponentResource):
    def __init__(self, kind, name, inputs, opts=None):
        outputs = dict.fromkeys(OUTPUTS[kind])
        super().__init__(f"azure-patching:index:{{kind}}", name, {{**outputs, **inputs}}, opts, True)
'''


@pytest.fixture(scope="session")
def schema():
    """The package's schema, as it is kept."""
    return json.loads((REPOSITORY / "components" / "schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def seeded(local_azure):
    """Load rows, as Resource Graph prints them, into the running local Azure."""
    return lambda *rows: seed(local_azure.state, list(rows))


@pytest.fixture
def subscription(local_azure, seeded):
    """Make subscriptions of one test alone."""

    def make() -> Subscription:
        made = str(uuid.uuid4())
        seeded(subscription_row(made))
        return Subscription(made, local_azure.clients(made))

    return make


@pytest.fixture
def somebody_elses(local_azure, schema, tmp_path):
    """Make a stack of a project outside of the repository, which has the package by its path: `somebody_elses(config)`.

    Its program is `__main__.py` in `stack.program`, beside `sdk.py`.
    """

    def make(config: dict[str, str], program: str) -> Stack:
        home = tmp_path / f"shop-{uuid.uuid4().hex[:8]}"
        home.mkdir()
        project = {"name": "shop", "runtime": "python", "packages": {"azure-patching": str(REPOSITORY / "components")}}
        (home / "Pulumi.yaml").write_text(json.dumps(project))
        outputs = {token.rpartition(":")[2]: list(one["properties"]) for token, one in schema["resources"].items()}
        (home / "sdk.py").write_text(SDK.format(outputs=outputs))
        (home / "__main__.py").write_text(program)
        stack = Stack(home.name, home, home, local_azure.environment)
        command = ["pulumi", "stack", "init", stack.name, "--non-interactive"]
        subprocess.run(command, cwd=home, env=stack.environment, check=True, capture_output=True, text=True)
        stack.configure(config)
        return stack

    return make
