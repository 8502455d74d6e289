"""A name that Azure still holds is waited for in the component host, too."""

import datetime as dt
import subprocess

import httpx

PROGRAM = """
import pulumi
import pulumi_azure_native as azure
from sdk import Component

main = pulumi.ResourceOptions(provider=azure.Provider("main", subscription_id=pulumi.Config().require("main")))
group = azure.resources.ResourceGroup("group", resource_group_name="rg-team", location="westeurope", opts=main)
for name in ("nightly", "weekly"):
    Component("MaintenanceSchedule", name, {
        "resourceGroupName": group.name, "location": "westeurope", "start": "2027-01-05 22:00", "timeZone": "UTC",
        "duration": "02:00", "recurEvery": "Day", "updates": {"linux": {"classifications": ["Security"]}},
        "protect": False,
    }, main)
"""


def test_what_was_destroyed_comes_again(somebody_elses, subscription, local_azure):
    here = subscription()
    stack = somebody_elses({"shop:main": here.id}, PROGRAM)
    stack.up()
    stack.destroy()
    waited = []
    with subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--stack", stack.name, "--config-file", str(stack.file)],
        cwd=stack.program, env=stack.environment, stdout=subprocess.PIPE, text=True,
    ) as again:  # fmt: skip
        for line in again.stdout:
            if "Azure answers 409" in line and not waited:
                clock = f"{local_azure.url}/_sandbox/clock"
                now = dt.datetime.fromisoformat(httpx.get(clock).json()["now"])
                later = (now + dt.timedelta(minutes=3)).isoformat()
                httpx.post(clock, json={"until": later}, timeout=60).raise_for_status()
            waited += [line] if "Azure answers 409" in line else []
    assert again.returncode == 0, waited
    assert {one for one in ("nightly", "weekly") if any(f"{one}-configuration: " in line for line in waited)} == {
        "nightly", "weekly",
    }  # fmt: skip
    assert here.configuration("rg-team", "nightly").recur_every == "Day"
    assert stack.up().changes == {}
    stack.destroy()
