"""`python -m sandbox exec`, `serve` and `seed`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys

import httpx
import pytest

from sandbox import local_azure
from sandbox.state import StateDirectory
from tests.sandbox.conftest import SECONDS, STAY, assert_clear_failure

GROUP = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-seeded"
ESTATE = {
    "data": [
        {
            "id": f"{GROUP}/providers/Microsoft.HybridCompute/machines/arc01",
            "name": "arc01",
            "type": "microsoft.hybridcompute/machines",
            "location": "westeurope",
            "tags": {},
            "properties": {"osType": "linux", "status": "Connected"},
        }
    ]
}


# exec


@pytest.mark.parametrize("code", [0, 1, 32, 255])
def test_the_exit_status_is_the_commands(run, code):
    assert run("exec", "--", "sh", "-c", f"exit {code}").returncode == code


def test_a_command_ended_by_a_signal_ends_as_a_shell_says_it(run):
    assert run("exec", "--", "sh", "-c", "kill -KILL $$").returncode == 128 + signal.SIGKILL


def test_the_environment_is_what_the_design_promises(run, state):
    ended = run("exec", "--", "env", PULUMI_CONFIG_PASSPHRASE_FILE="/elsewhere")
    found = dict(line.split("=", 1) for line in ended.stdout.splitlines() if "=" in line)
    assert httpx.URL(found["AZURE_SANDBOX_URL"]).host == "127.0.0.1"
    assert found["AZURE_SANDBOX_HTTPS_URL"].startswith("https://127.0.0.1:")
    assert found["AZURE_SANDBOX_CA_BUNDLE"] == f"{state}/tls/ca.pem"
    backend = httpx.URL(found["PULUMI_BACKEND_URL"])
    assert (backend.scheme, backend.path) == ("file", f"{state}/backend")
    assert found["PULUMI_HOME"] == f"{state}/pulumi-home"
    assert found["PULUMI_CONFIG_PASSPHRASE"]
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in found
    assert shutil.which("pulumi", path=found["PATH"])


def test_the_passphrase_is_the_same_for_every_state_directory(run, tmp_path):
    command = ("--", "sh", "-c", 'echo "$PULUMI_CONFIG_PASSPHRASE"')
    one, other = run("exec", *command), run("exec", "--state", str(tmp_path / "other"), *command)
    assert one.stdout == other.stdout
    assert one.stdout.strip()


def test_the_azure_the_command_sees_answers_there(run):
    url = "os.environ['AZURE_SANDBOX_URL'] + '/subscriptions?api-version=2022-12-01'"
    ended = run("exec", "--", sys.executable, "-c", f"import httpx, os; print(httpx.get({url}).json())")
    assert ended.returncode == 0, ended.stderr
    assert "11111111-1111-4111-8111-111111111111" in ended.stdout


def test_https_is_there_beside_http_with_what_to_trust(run, state):
    program = """
import httpx, os, ssl
trust = ssl.create_default_context(cafile=os.environ["AZURE_SANDBOX_CA_BUNDLE"])
for url in (os.environ["AZURE_SANDBOX_URL"], os.environ["AZURE_SANDBOX_HTTPS_URL"]):
    for path in ("/subscriptions?api-version=2022-12-01", "/metadata/endpoints?api-version=2022-09-01"):
        print(httpx.URL(url).scheme, httpx.get(url + path, verify=trust).status_code)
"""
    ended = run("exec", "--", sys.executable, "-c", program)
    assert ended.stdout.splitlines() == ["http 200", "http 200", "https 401", "https 200"], ended.stderr
    assert [file.name for file in state.glob("tls/.*")] == []


def test_a_later_run_is_trusted_as_the_first_was(run, state):
    for _ in range(2):
        assert run("exec", "--", "sh", "-c", 'cat "$AZURE_SANDBOX_CA_BUNDLE"').stdout
    first = (state / "tls" / "server.pem").read_bytes()
    run("exec", "--", "true")
    assert (state / "tls" / "server.pem").read_bytes() == first


def test_a_certificate_that_was_left_half_written_is_no_obstacle(run, state):
    first = run("exec", "--", "sh", "-c", 'cat "$AZURE_SANDBOX_CA_BUNDLE"').stdout
    (state / "tls" / "server.pem").write_text("-----BEGIN PRIVATE KEY-----\nMIGHA")
    (state / "tls" / "ca.pem").unlink()
    again = run("exec", "--", "sh", "-c", 'cat "$AZURE_SANDBOX_CA_BUNDLE"')
    assert again.stdout.startswith("-----BEGIN CERTIFICATE-----")
    assert again.stdout != first


def test_options_after_the_command_are_the_commands(run):
    assert run("exec", "--", "echo", "--port", "1", "--", "-x").stdout == "--port 1 -- -x\n"


def test_a_command_that_is_not_there_is_said_to_be(run):
    assert_clear_failure(run("exec", "--", "no-such-program"), "no-such-program")


def test_exec_without_a_command_is_wrong_usage(run):
    assert_clear_failure(run("exec"), "COMMAND", code=2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reaches_the_command_which_may_finish_in_peace(start, number):
    take = f"signal.signal(signal.{number.name}, lambda *_: sys.exit(9))"
    script = f"import signal, sys; {take}; print('ready', flush=True); signal.pause()"
    process = start("exec", "--", sys.executable, "-c", script)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert process.wait(SECONDS) == 9


def test_a_second_exec_shares_the_first_ones_azure_and_the_first_waits_for_it(start, state):
    first = start("exec", "--", *STAY)
    here = first.stdout.readline()
    second = start("exec", "--", *STAY)
    assert second.stdout.readline() == here
    first.stdin.close()
    assert first.stderr.readline().startswith("The local Azure stays for 1 more command")
    url = here.split()[0]
    assert httpx.get(f"{url}/subscriptions", params={"api-version": "2022-12-01"}).status_code == 200
    second.stdin.close()
    assert second.wait(SECONDS) == 7
    assert first.wait(SECONDS) == 7
    assert not (state / "server.json").exists()


def test_many_at_once_share_one_azure(start):
    processes = [start("exec", "--", *STAY) for _ in range(4)]
    lines = {process.stdout.readline() for process in processes}
    assert len(lines) == 1
    for process in processes:
        process.stdin.close()
    assert [process.wait(SECONDS) for process in processes] == [7] * 4


@pytest.mark.parametrize(("option", "at"), [("--port", 0), ("--https-port", 2)])
def test_a_port_that_differs_from_the_running_ones_is_refused(start, run, option, at):
    first = start("exec", "--", *STAY)
    url = first.stdout.readline().split()[at]
    assert_clear_failure(run("exec", option, "1", "--", "true"), url, f"{option} 1")
    assert run("exec", option, url.rpartition(":")[2], "--", "true").returncode == 0


@pytest.mark.parametrize("option", ["--port", "--https-port"])
@pytest.mark.parametrize("verb", [["exec", "--", "true"], ["serve"]])
def test_a_port_in_use_says_who_which_and_what_to_do(run, verb, option):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run(verb[0], option, port, *verb[1:])
        assert_clear_failure(ended, f"port {port}", str(os.getpid()), f"{option} 0")
    assert run("exec", option, port, "--", "true").returncode == 0


def test_one_port_for_both_is_refused(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    assert_clear_failure(
        run("exec", "--port", port, "--https-port", port, "--", "true"), f"port {port}", "--https-port 0"
    )


# Killed runs


def test_after_a_kill_the_next_run_works_and_ignores_what_was_left(start, run, state):
    first = start("exec", "--", *STAY)
    before = first.stdout.readline()
    first.kill()
    first.wait(SECONDS)
    assert (state / "server.json").exists()
    ended = run("exec", "--", "sh", "-c", "echo $AZURE_SANDBOX_URL")
    assert ended.returncode == 0
    assert ended.stdout.strip()
    assert ended.stdout.strip() != before.split()[0]


def test_a_killed_attached_command_does_not_keep_the_azure_up(start):
    first = start("exec", "--", *STAY)
    first.stdout.readline()
    second = start("exec", "--", *STAY)
    second.stdout.readline()
    second.kill()
    second.wait(SECONDS)
    first.stdin.close()
    assert first.wait(SECONDS) == 7


def abandoned_lock(state):
    lock = state / "backend/.pulumi/locks/organization/azure-patching/dev/one.json"
    lock.parent.mkdir(parents=True)
    lock.write_text("{}")
    return lock


def test_stack_locks_of_a_killed_run_are_freed(run, state):
    run("exec", "--", "true")
    lock = abandoned_lock(state)
    ended = run("exec", "--", "true")
    assert not lock.exists()
    assert "Freed 1 stack lock" in ended.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a command die with who started it")
def test_a_killed_exec_takes_its_command_with_it(start, ends):
    first = start("exec", "--", "sh", "-c", "echo $$; read -r _")
    command = int(first.stdout.readline())
    first.kill()
    assert ends(command)


def test_stack_locks_stay_while_a_command_of_the_killed_run_lives(start, state, monkeypatch):
    # What the command itself starts does not die with it.
    first = start("exec", "--", "sh", "-c", "exec 3<&0; cat <&3 & echo ready; wait")
    first.stdout.readline()
    lock = abandoned_lock(state)
    first.kill()
    first.wait(SECONDS)
    told = []
    monkeypatch.setattr(local_azure, "_PATIENCE_SECONDS", 0.2)
    local_azure.clear_abandoned_engine_locks(StateDirectory(state), told.append)
    assert lock.exists()
    assert "still runs" in told[-1]
    monkeypatch.setattr(local_azure, "_PATIENCE_SECONDS", float(SECONDS))
    first.stdin.close()
    local_azure.clear_abandoned_engine_locks(StateDirectory(state), told.append)
    assert not lock.exists()


def test_stack_locks_stay_while_the_azure_is_shared(start, run, state):
    first = start("exec", "--", *STAY)
    first.stdout.readline()
    lock = abandoned_lock(state)
    run("exec", "--", "true")
    assert lock.exists()


# State directories


def test_the_engine_leaves_no_file_that_a_kill_could_leave_half_written(run, project, state):
    run("up", "--no-seed", cwd=project)
    backend = [file.name for file in (state / "backend").rglob("*") if file.is_file()]
    assert "dev.json" in backend
    assert not [name for name in backend if name.endswith(".attrs")]


def test_a_state_directory_of_another_version_is_refused_with_the_fix(run, state):
    run("exec", "--", "true")
    (state / "version").write_text("0\n")
    assert_clear_failure(run("exec", "--", "true"), "version '0'", f"rm -r {state}", "--state")


def test_a_directory_that_is_not_ours_is_left_alone(run, state):
    state.mkdir()
    (state / "thesis.txt").write_text("mine")
    assert_clear_failure(run("exec", "--", "true"), "thesis.txt", "--state")
    assert [entry.name for entry in state.iterdir()] == ["thesis.txt"]


def test_a_run_killed_while_it_made_the_directory_is_no_obstacle(run, state):
    state.mkdir()
    (state / "version.new").write_text("")
    assert run("exec", "--", "true").returncode == 0


def test_a_state_directory_that_cannot_be_made_is_said_to_be(run, state):
    state.write_text("a file")
    assert_clear_failure(run("serve"), str(state), code=2)
    assert_clear_failure(run("serve", "--state", "/proc/nowhere"), "/proc/nowhere", "--state")


def test_an_azure_that_cannot_be_read_is_said_to_be(run, state):
    run("exec", "--", "true")
    (state / "azure.db").write_bytes(b"not a database at all, whatever its name" * 100)
    assert_clear_failure(run("exec", "--", "true"), f"rm -r {state}")


# serve and seed


def test_serve_serves_until_it_is_told_to_stop(start, run, state):
    server = start("serve")
    url = server.stdout.readline().strip().removeprefix("AZURE_SANDBOX_URL=")
    assert run("exec", "--", "sh", "-c", "echo $AZURE_SANDBOX_URL").stdout.strip() == url
    assert server.stdout.readline().startswith("AZURE_SANDBOX_HTTPS_URL=https://127.0.0.1:")
    assert server.stdout.readline() == f"AZURE_SANDBOX_CA_BUNDLE={state}/tls/ca.pem\n"
    assert_clear_failure(run("serve"), url, str(server.pid))
    server.send_signal(signal.SIGTERM)
    assert server.wait(SECONDS) == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def machines(run):
    script = (
        f'curl -sf "$AZURE_SANDBOX_URL{GROUP}/providers/Microsoft.HybridCompute/machines/arc01?api-version=2024-07-10"'
    )
    return run("exec", "--", "sh", "-c", script).stdout


def test_seed_loads_machines_with_and_without_a_server(start, run, tmp_path):
    file = tmp_path / "estate.json"
    file.write_text(json.dumps(ESTATE))
    first = run("seed", str(file))
    assert first.returncode == 0, first.stderr
    assert "arc01" in machines(run)

    server = start("serve")
    server.stdout.readline()
    other = json.loads(json.dumps(ESTATE["data"]).replace("arc01", "arc02"))
    file.write_text(json.dumps(other + ESTATE["data"]))
    second = run("seed", str(file))
    assert second.returncode == 0, second.stderr
    assert "1 left as they are" in second.stdout


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '"text"',
        "[1]",
        '{"data": 3}',
        '[{"id": 3}]',
        '[{"id": "/nonsense"}]',
        "\x00",
        '{"data": [null]}',
        "[]]",
    ],
)
def test_seed_refuses_what_is_no_inventory_and_says_why(run, tmp_path, text):
    file = tmp_path / "estate.json"
    file.write_text(text)
    assert_clear_failure(run("seed", str(file)), "estate.json")


def test_seed_refuses_a_file_that_is_not_there(run, tmp_path):
    assert_clear_failure(run("seed", str(tmp_path / "none.json")), "none.json")
