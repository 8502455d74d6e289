"""Every step that needs neither GitHub nor Azure, run as the runner runs it; programs of theirs are stood in for."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from patching.report.changes_markdown import MARKER
from tests.conftest import REPOSITORY
from tests.pipelines.pipeline_files import (
    AZURE,
    GITHUB,
    STACKS,
    Runner,
    azure_steps,
    checked_out,
    github_steps,
    name_of,
    script_of,
    the_step,
)

APPLY, PULL_REQUEST = GITHUB
AZURE_APPLY, AZURE_PULL_REQUEST = AZURE
RUN_HERE = {
    "Check every stack",
    "Say what changes, in the job's summary",
    "Say what changes, in the run's summary",
    "Sign in",
    "Preview every stack",
    "Make the comment",
    "Put the comment on the pull request, or update the one that is there",
    "Apply",
}
NOT_RUN = {"Install": "it downloads what is pinned; of it, .ci/install-pulumi is run below"}
PROD = (REPOSITORY / "Pulumi.prod.yaml").read_text(encoding="utf-8")
MOVED = PROD.replace('start: "2027-01-31 06:00"', 'start: "2027-01-31 07:00"')
FAULTY = PROD.replace('"02:30"', '"01:00"')
TOKEN = "a-token-of-its-own"


@pytest.fixture
def checkout(tmp_path):
    def make(base, head) -> Runner:
        return checked_out(tmp_path, base, head)

    return make


def recording(name, *, status=0, output=""):
    """A program that writes down how it was called, says something and ends with a status."""
    return (
        "import json, os, sys\n"
        f"with open(os.path.join(os.environ['HOME'], {name + '.calls'!r}), 'a') as calls:\n"
        "    calls.write(json.dumps([sys.argv[1:], dict(os.environ)]) + '\\n')\n"
        f"print({output!r}, end='')\nsys.exit({status})\n"
    )


def calls(runner, name):
    path = runner.temporary / f"{name}.calls"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_every_step_is_run_here_or_says_why_not():
    steps = [step for path in GITHUB for _, step in github_steps(path)]
    steps += [step for path in AZURE for _, step in azure_steps(path)]
    assert {name_of(step) for step in steps if script_of(step)} == RUN_HERE | NOT_RUN.keys()


@pytest.mark.parametrize(("path", "job"), [(PULL_REQUEST, "check"), (AZURE_PULL_REQUEST, "check")])
def test_every_stack_is_checked_and_one_with_faults_fails(checkout, path, job):
    runner = checkout({"prod": PROD}, {"prod": PROD, "bad": FAULTY, "last": PROD})
    ended = runner.run(the_step(path, job, "Check every stack"))
    assert ended.returncode == 1
    assert "schedules.intranet-database.duration: got" in ended.stdout
    assert "Pulumi.prod.yaml: no faults" in ended.stdout
    assert "Pulumi.last.yaml: no faults" in ended.stdout
    (runner.checkout / "Pulumi.bad.yaml").unlink()
    assert runner.run(the_step(path, job, "Check every stack")).returncode == 0


def test_what_changes_is_in_the_job_s_summary(checkout):
    runner = checkout({"prod": PROD, "old": PROD}, {"prod": MOVED, "new": PROD})
    summary = runner.temporary / "summary.md"
    ended = runner.run(
        the_step(PULL_REQUEST, "check", "Say what changes, in the job's summary"), GITHUB_STEP_SUMMARY=str(summary)
    )
    assert ended.returncode == 0, ended.stderr
    text = summary.read_text(encoding="utf-8")
    assert text.startswith(MARKER)
    assert "| <code>new</code> (new) |" in text
    assert "| <code>old</code> (removed) |" in text
    assert "<code>intranet-database</code>" in text


@pytest.mark.parametrize(("head", "status"), [(MOVED, 0), (FAULTY, 1)])
def test_what_changes_is_in_the_run_s_summary(checkout, head, status):
    runner = checkout({"prod": PROD}, {"prod": head})
    ended = runner.run(the_step(AZURE_PULL_REQUEST, "check", "Say what changes, in the run's summary"))
    summary = runner.temporary / "changes.md"
    assert ended.returncode == status, ended.stderr
    assert ended.stdout.splitlines()[-1] == f"##vso[task.uploadsummary]{summary}"
    assert "intranet-database" in summary.read_text(encoding="utf-8")


STEP = {"op": "delete", "urn": "urn:pulumi:prod::azure-patching::a:b:C::gone"}
DIGEST = json.dumps({"steps": [STEP], "changeSummary": {"delete": 1}})


@pytest.mark.parametrize(("path", "job"), [(PULL_REQUEST, "preview"), (AZURE_PULL_REQUEST, "preview")])
def test_each_stack_is_previewed_and_the_comment_made_of_it(checkout, path, job):
    runner = checkout({"prod": PROD}, {"prod": MOVED, "dev": PROD})
    runner.stand_in("pulumi", recording("pulumi", output=DIGEST))
    login = {"servicePrincipalId": "id", "tenantId": "tenant", "idToken": TOKEN}
    ended = runner.run(the_step(path, job, "Preview every stack"), **login)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert TOKEN not in ended.stdout
    assert "gone" not in ended.stdout
    asked = calls(runner, "pulumi")
    assert [arguments[:3] for arguments, _ in asked] == [["preview", "--stack", stack] for stack in ("dev", "prod")]
    for arguments, environment in asked:
        assert {"--policy-pack", "policies", "--json", "--non-interactive"} <= set(arguments)
        assert environment["PULUMI_ENABLE_STREAMING_JSON_PREVIEW"] == "true"
        if path is AZURE_PULL_REQUEST:
            assert [
                environment[name] for name in ("ARM_USE_OIDC", "ARM_CLIENT_ID", "ARM_TENANT_ID", "ARM_OIDC_TOKEN")
            ] == [
                "true",
                "id",
                "tenant",
                TOKEN,
            ]
    ended = runner.run(the_step(path, job, "Make the comment"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    comment = (runner.temporary / "comment.md").read_text(encoding="utf-8")
    assert "1 resource deleted: <code>a&#58;b&#58;C gone</code>" in comment


def test_a_preview_that_fails_does_not_hide_the_others(checkout):
    runner = checkout({"prod": PROD}, {"prod": MOVED, "dev": PROD})
    runner.stand_in("pulumi", f"import sys\nif 'dev' in sys.argv: sys.exit(6)\nprint({DIGEST!r})\n")
    ended = runner.run(the_step(PULL_REQUEST, "preview", "Preview every stack"))
    assert ended.returncode == 1
    assert ended.stdout == "prod: previewed\n"
    assert ended.stderr.startswith("dev: the preview failed")
    ended = runner.run(the_step(PULL_REQUEST, "preview", "Make the comment"))
    assert ended.returncode == 1
    comment = (runner.temporary / "comment.md").read_text(encoding="utf-8")
    assert "dev.json" in comment
    assert "1 resource deleted" in comment


GH = """
import json, os, subprocess, sys
store = os.path.join(os.environ["HOME"], "comments.json")
comments = json.load(open(store)) if os.path.exists(store) else []
arguments = sys.argv[1:]
assert arguments.pop(0) == "api" and os.environ["GH_TOKEN"]
method = arguments[arguments.index("--method") + 1] if "--method" in arguments else "GET"
address = next(one for one in arguments if one.startswith("repos/"))
if method == "GET":
    pages = [comments[:2], comments[2:]]
    for page in pages if "--paginate" in arguments else pages[:1]:
        query = arguments[arguments.index("--jq") + 1]
        subprocess.run(["jq", "-r", query], input=json.dumps(page), text=True, check=True)
    sys.exit()
key, _, value = arguments[arguments.index("--field") + 1].partition("=@")
body = open(value).read()
if method == "POST":
    assert address == "repos/owner/name/issues/7/comments"
    comments.append({"id": 100 + len(comments), "user": {"login": "github-actions[bot]"}, "body": body})
else:
    number = int(address.removeprefix("repos/owner/name/issues/comments/"))
    next(one for one in comments if one["id"] == number)["body"] = body
json.dump(comments, open(store, "w"))
"""


def test_one_comment_is_put_there_and_then_updated(checkout):
    runner = checkout({}, {})
    runner.stand_in("gh", GH)
    store = runner.temporary / "comments.json"
    others = [
        {"id": 1, "user": {"login": "somebody"}, "body": f"{MARKER}\nnot ours"},
        {"id": 2, "user": {"login": "github-actions[bot]"}, "body": f"another's\n{MARKER}"},
        {"id": 3, "user": {"login": "somebody"}, "body": "hello"},
    ]
    store.write_text(json.dumps(others))
    step = the_step(PULL_REQUEST, "comment", "Put the comment on the pull request, or update the one that is there")
    environment = {"GH_TOKEN": TOKEN, "PULL_REQUEST": "7", "GITHUB_REPOSITORY": "owner/name"}
    for text in ("first $(touch x) `y`", "second"):
        (runner.checkout / "comment.md").write_text(f"{MARKER}\n{text}\n", encoding="utf-8")
        ended = runner.run(step, **environment)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
        comments = json.loads(store.read_text())
        assert comments[:3] == others
        assert [one["body"] for one in comments[3:]] == [f"{MARKER}\n{text}\n"]


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("path", [APPLY, AZURE_APPLY], ids=["github", "azure"])
def test_a_stack_is_checked_and_applied(checkout, path, stack):
    runner = checkout({stack: PROD}, {stack: PROD})
    runner.stand_in("pulumi", recording("pulumi"))
    ended = runner.run(the_step(path, stack, "Apply"), servicePrincipalId="id", tenantId="tenant", idToken=TOKEN)
    assert ended.returncode == 0, ended.stderr
    assert TOKEN not in ended.stdout + ended.stderr
    ((arguments, environment),) = calls(runner, "pulumi")
    assert arguments[:3] == ["up", "--stack", stack]
    assert {"--yes", "--non-interactive", "--suppress-outputs", "--policy-pack"} <= set(arguments)
    assert environment.get("ARM_OIDC_TOKEN") == (TOKEN if path is AZURE_APPLY else None)


def test_a_stack_with_faults_is_not_applied(checkout):
    runner = checkout({"prod": FAULTY}, {"prod": FAULTY})
    runner.stand_in("pulumi", recording("pulumi"))
    ended = runner.run(the_step(APPLY, "prod", "Apply"))
    assert ended.returncode == 1
    assert calls(runner, "pulumi") == []


def test_a_job_signs_in_with_its_own_token(checkout):
    runner = checkout({}, {})
    runner.stand_in("az", recording("az"))
    runner.stand_in(
        "curl", "import sys\n" + recording("curl", output=json.dumps({"value": TOKEN})) + "sys.stdin.read()\n"
    )
    ended = runner.run(
        the_step(APPLY, "dev", "Sign in"),
        ACTIONS_ID_TOKEN_REQUEST_TOKEN="for-asking",
        ACTIONS_ID_TOKEN_REQUEST_URL="https://tokens.example/?api-version=2.0",
        ARM_CLIENT_ID="client",
        ARM_TENANT_ID="tenant",
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"::add-mask::{TOKEN}\n"
    ((asked, _),) = calls(runner, "curl")
    assert asked[-1] == "https://tokens.example/?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange"
    assert "for-asking" not in " ".join(asked), "other processes see a command's arguments"
    ((signed_in, _),) = calls(runner, "az")
    assert signed_in[:2] == ["login", "--service-principal"]
    assert signed_in[signed_in.index("--federated-token") + 1] == TOKEN
    assert signed_in[-2:] == ["--output", "none"]


CURL = """
import os, shutil, sys
target = sys.argv[sys.argv.index("--output") + 1]
with open(os.path.join(os.environ["HOME"], "asked"), "a") as asked:
    asked.write(sys.argv[-1] + "\\n")
shutil.copy(os.path.join(os.environ["HOME"], "release", sys.argv[-1].rpartition("/")[2]), target)
"""


@pytest.fixture
def released(checkout):
    """A runner for which a release of Pulumi can be had, and the release's folder."""
    runner = checkout({}, {})
    runner.stand_in("curl", CURL)
    runner.stand_in("uname", "print('x86_64')\n")
    release = runner.temporary / "release"
    release.mkdir()
    version = next(
        line.split("==")[1].split()[0]
        for line in (REPOSITORY / "requirements.txt").read_text().splitlines()
        if line.startswith("pulumi==")
    )
    content = b"#!/bin/sh\necho v1.2.3\n"
    archive = release / f"pulumi-v{version}-linux-x64.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        entry = tarfile.TarInfo("pulumi/pulumi")
        entry.size, entry.mode = len(content), 0o755
        packed.addfile(entry, io.BytesIO(content))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    sums = release / f"pulumi-{version}-checksums.txt"
    sums.write_text(f"{'0' * 64}  pulumi-v{version}-darwin-x64.tar.gz\n{digest}  {archive.name}\n")
    return runner, version, sums


def test_pulumi_is_installed_in_the_version_that_is_pinned(released):
    runner, version, _ = released
    ended = runner.command(".ci/install-pulumi", str(runner.temporary / "pulumi"))
    assert (ended.returncode, ended.stdout) == (0, "v1.2.3\n"), ended.stderr
    asked = (runner.temporary / "asked").read_text().splitlines()
    assert asked == [
        f"https://github.com/pulumi/pulumi/releases/download/v{version}/pulumi-v{version}-linux-x64.tar.gz",
        f"https://github.com/pulumi/pulumi/releases/download/v{version}/pulumi-{version}-checksums.txt",
    ]


@pytest.mark.parametrize("wrong", ["another digest", "no digest"])
def test_a_pulumi_that_is_not_the_release_s_is_not_installed(released, wrong):
    runner, version, sums = released
    line = f"{'f' * 64}  pulumi-v{version}-linux-x64.tar.gz\n" if wrong == "another digest" else "\n"
    sums.write_text(line)
    ended = runner.command(".ci/install-pulumi", str(runner.temporary / "pulumi"))
    assert ended.returncode != 0
    assert not (runner.temporary / "pulumi" / "bin" / "pulumi").exists()


class AzureDevOps(BaseHTTPRequestHandler):
    """As much of Azure DevOps's threads as the script asks for."""

    threads: ClassVar[list[dict]] = []
    PATH = "/org/project-id/_apis/git/repositories/repository-id/pullRequests/7/threads"

    def _answer(self, document):
        assert self.headers["Authorization"] == f"Bearer {TOKEN}"
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _given(self):
        assert self.headers["Content-Type"] == "application/json"
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def do_GET(self):
        assert self.path == f"{self.PATH}?api-version=7.1"
        self._answer({"value": self.threads})

    def do_POST(self):
        assert self.path == f"{self.PATH}?api-version=7.1"
        given = self._given()
        self.threads.append({"id": 10 + len(self.threads), "status": given["status"], "comments": given["comments"]})
        self._answer({})

    def do_PATCH(self):
        thread, comment = self.path.removeprefix(f"{self.PATH}/").removesuffix("?api-version=7.1").split("/comments/")
        (found,) = [one for one in self.threads if one["id"] == int(thread)]
        found["comments"][int(comment) - 1]["content"] = self._given()["content"]
        self._answer({})

    def log_message(self, *_):
        """Nothing is said."""


def test_one_comment_is_put_on_a_pull_request_of_azure_devops(checkout):
    runner = checkout({}, {})
    others = [
        {"id": 1, "isDeleted": True, "comments": [{"content": f"{MARKER}\ndeleted"}]},
        {"id": 2, "isDeleted": False, "comments": [{"content": "hello"}]},
        {"id": 3, "isDeleted": False, "comments": [{}]},
    ]
    AzureDevOps.threads = list(others)
    server = ThreadingHTTPServer(("127.0.0.1", 0), AzureDevOps)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        step = the_step(
            AZURE_PULL_REQUEST, "preview", "Put the comment on the pull request, or update the one that is there"
        )
        environment = {
            "SYSTEM_COLLECTIONURI": f"http://127.0.0.1:{server.server_port}/org/",
            "SYSTEM_TEAMPROJECTID": "project-id",
            "BUILD_REPOSITORY_ID": "repository-id",
            "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
            "SYSTEM_ACCESSTOKEN": TOKEN,
        }
        for text in ('first "quoted" \\ é', "second"):
            (runner.temporary / "comment.md").write_text(f"{MARKER}\n{text}\n", encoding="utf-8")
            ended = runner.run(step, **environment)
            assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
            assert AzureDevOps.threads[:3] == others
            (ours,) = AzureDevOps.threads[3:]
            assert (ours["status"], ours["comments"][0]["content"]) == ("closed", f"{MARKER}\n{text}\n")
    finally:
        server.shutdown()
        server.server_close()
