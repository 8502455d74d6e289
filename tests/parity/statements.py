"""What is believed of the service, as requests and what must be answered: true of Azure, and so of the local Azure.

They cost nothing: configurations that no machine is assigned to, dynamic scopes whose tag matches nothing, and policy
assignments that do not enforce.
"""

from collections.abc import Callable
from typing import Any

import httpx

from tests.parity.service import ASSIGNMENT, POLICY_ASSIGNMENT, Service

MAINTENANCE = "2023-04-01"
POLICY = "2024-04-01"
GRAPH, GRAPH_VERSION = "/providers/Microsoft.ResourceGraph/resources", "2021-03-01"
PERIODIC_ASSESSMENT = "/providers/Microsoft.Authorization/policyDefinitions/bd876905-5b84-4f73-ab2d-2e7a7c4568d9"
Statement = Callable[[Service], None]
STATEMENTS: dict[str, Statement] = {}


def statement(function: Statement) -> Statement:
    STATEMENTS[function.__name__] = function
    return function


def body(service: Service, *, reboot: str = "IfRequired", **window: str) -> dict[str, Any]:
    """A maintenance configuration that the service takes, but for what is changed."""
    return {
        "location": service.location,
        "properties": {
            "maintenanceScope": "InGuestPatch",
            "extensionProperties": {"InGuestPatchMode": "User"},
            "maintenanceWindow": {
                "startDateTime": "2040-01-10 22:00",
                "duration": "03:00",
                "timeZone": "W. Europe Standard Time",
                "recurEvery": "Month Second Tuesday Offset4",
                **window,
            },
            "installPatches": {
                "rebootSetting": reboot,
                "linuxParameters": {"classificationsToInclude": ["Critical", "Security"]},
            },
        },
    }


def scope_body(configuration: str, **wanted: Any) -> dict[str, Any]:
    """A dynamic scope that reaches no machine."""
    tags = {"tags": {"azure-patching-parity": ["no machine has this"]}, "filterOperator": "All"}
    return {
        "location": "global",
        "properties": {"maintenanceConfigurationId": configuration, "filter": {"tagSettings": tags, **wanted}},
    }


def status(answer: httpx.Response, expected: int, code: str | None = None) -> Any:
    """Hold an answer to its status and, for a refusal, to its code; return its body."""
    assert answer.status_code == expected, f"{answer.request.method} {answer.request.url}: {answer.text}"
    found = answer.json() if answer.content else None
    assert code is None or found["error"]["code"] == code, answer.text
    return found


def made(service: Service, name: str) -> str:
    """Make a configuration; return its id."""
    path = service.configuration(name)
    status(service.ask("make the configuration", "PUT", path, MAINTENANCE, body(service)), 201)
    return path


@statement
def missing_configurations_are_404(service: Service) -> None:
    status(service.ask("read", "GET", service.configuration("none"), MAINTENANCE), 404, "ResourceNotFound")
    status(service.ask("delete", "DELETE", service.configuration("none"), MAINTENANCE), 204)


@statement
def configurations_come_back_in_the_services_own_words(service: Service) -> None:
    path = service.configuration("Never")
    status(service.ask("make", "PUT", path, MAINTENANCE, body(service, reboot="Never")), 201)
    found = status(service.ask("read", "GET", path, MAINTENANCE), 200)
    assert found["id"] == path.lower()
    assert found["properties"]["installPatches"]["rebootSetting"] == "NeverReboot"
    assert found["properties"]["maintenanceWindow"]["expirationDateTime"] == "9999-12-31 23:59:59"
    again = body(service, reboot="NeverReboot")
    status(service.ask("send its own words back", "PUT", path, MAINTENANCE, again), 200)


@statement
def always_comes_back_as_always_reboot(service: Service) -> None:
    path = service.configuration("Always")
    status(service.ask("make", "PUT", path, MAINTENANCE, body(service, reboot="Always")), 201)
    found = status(service.ask("read", "GET", path, MAINTENANCE), 200)
    assert found["properties"]["installPatches"]["rebootSetting"] == "AlwaysReboot"


@statement
def months_need_a_day(service: Service) -> None:
    refused = body(service, recurEvery="Month")
    answer = service.ask("make", "PUT", service.configuration("month"), MAINTENANCE, refused)
    status(answer, 400, "InvalidMaintenanceWindow")


@statement
def starts_in_the_hour_left_out_are_refused(service: Service) -> None:
    refused = body(service, startDateTime="2040-03-25 02:30", recurEvery="Day")
    answer = service.ask("make", "PUT", service.configuration("gap"), MAINTENANCE, refused)
    status(answer, 400, "InvalidMaintenanceWindow")


@statement
def guest_patching_needs_its_mode(service: Service) -> None:
    refused = body(service)
    del refused["properties"]["extensionProperties"]
    answer = service.ask("make", "PUT", service.configuration("mode"), MAINTENANCE, refused)
    assert "Extension properties must contain Patch mode" in str(status(answer, 400))


@statement
def names_are_held_after_deletion(service: Service) -> None:
    path = made(service, "held")
    status(service.ask("delete", "DELETE", path, MAINTENANCE), 200)
    status(service.ask("read", "GET", path, MAINTENANCE), 404)
    status(service.ask("make again", "PUT", path, MAINTENANCE, body(service)), 409)


@statement
def configurations_stay_where_they_are(service: Service) -> None:
    path = made(service, "placed")
    moved = {**body(service), "location": "northeurope" if service.location != "northeurope" else "westeurope"}
    status(service.ask("make elsewhere", "PUT", path, MAINTENANCE, moved), 409, "InvalidResourceLocation")


@statement
def what_is_not_json_is_not_taken(service: Service) -> None:
    path, plain = service.configuration("text"), {"Content-Type": "text/plain"}
    answer = service.ask("make", "PUT", path, MAINTENANCE, body(service), **plain)
    status(answer, 415, "UnsupportedMediaType")


@statement
def a_request_keeps_its_clients_id(service: Service) -> None:
    own = {"x-ms-client-request-id": f"parity-{service.run}", "x-ms-return-client-request-id": "true"}
    answer = service.ask("read what is not there", "GET", service.configuration("none"), MAINTENANCE, **own)
    status(answer, 404)
    assert answer.headers["x-ms-client-request-id"] == own["x-ms-client-request-id"]


@statement
def long_ids_are_an_internal_error(service: Service) -> None:
    configuration = made(service, "for-a-long-name")
    path = f"{service.scope}/providers/{ASSIGNMENT}/{'n' * 200}"
    status(service.ask("make", "PUT", path, MAINTENANCE, scope_body(configuration)), 500)


@statement
def dynamic_scopes_at_a_subscription(service: Service) -> None:
    configuration = made(service, "Scoped")
    path = f"{service.scope}/providers/{ASSIGNMENT}/parity-{service.run}"
    status(service.ask("read what is not there", "GET", path, MAINTENANCE), 404)
    status(service.ask("make", "PUT", path, MAINTENANCE, scope_body(configuration, osTypes=["Linux"])), 201)
    found = status(service.ask("read", "GET", path, MAINTENANCE), 200)
    assert found["properties"]["maintenanceConfigurationId"] == configuration.lower()
    assert found["properties"]["filter"]["osTypes"] == ["Linux"]
    assert found["properties"]["filter"]["locations"] is None
    status(service.ask("change the filter", "PUT", path, MAINTENANCE, scope_body(configuration)), 200)
    status(service.ask("delete", "DELETE", path, MAINTENANCE), 200)
    status(service.ask("delete again", "DELETE", path, MAINTENANCE), 204)


@statement
def only_the_filter_of_an_assignment_changes(service: Service) -> None:
    first, second = made(service, "first"), made(service, "second")
    path = f"{service.scope}/providers/{ASSIGNMENT}/parity-{service.run}"
    status(service.ask("assign the first", "PUT", path, MAINTENANCE, scope_body(first)), 201)
    answer = service.ask("assign the second under the same name", "PUT", path, MAINTENANCE, scope_body(second))
    assert answer.is_client_error, answer.text
    found = status(service.ask("read", "GET", path, MAINTENANCE), 200)
    assert found["properties"]["maintenanceConfigurationId"] == first.lower()


@statement
def dynamic_scopes_at_a_group_need_locations(service: Service) -> None:
    configuration = made(service, "grouped")
    path = f"{service.group}/providers/{ASSIGNMENT}/parity-{service.run}"
    without = {**scope_body(configuration), "location": service.location}
    status(service.ask("make without", "PUT", path, MAINTENANCE, without), 400)
    wanted = {**scope_body(configuration, locations=[service.location]), "location": service.location}
    status(service.ask("make", "PUT", path, MAINTENANCE, wanted), 201)


@statement
def assignments_are_not_listed_at_a_subscription(service: Service) -> None:
    path = f"{service.scope}/providers/{ASSIGNMENT}"
    status(service.ask("list", "GET", path, MAINTENANCE), 501)


@statement
def configurations_that_are_not_there_cannot_be_assigned(service: Service) -> None:
    path = f"{service.scope}/providers/{ASSIGNMENT}/parity-{service.run}"
    refused = scope_body(service.configuration("none"))
    status(service.ask("make", "PUT", path, MAINTENANCE, refused), 404)


@statement
def policy_assignments_that_do_not_enforce(service: Service) -> None:
    path = f"{service.group}/providers/{POLICY_ASSIGNMENT}/parity-{service.run}"
    wanted = {"properties": {"policyDefinitionId": PERIODIC_ASSESSMENT, "enforcementMode": "DoNotEnforce"}}
    missing = service.ask("read what is not there", "GET", path, POLICY)
    status(missing, 404, "PolicyAssignmentNotFound")
    found = status(service.ask("make", "PUT", path, POLICY, wanted), 201)
    assert found["properties"]["scope"] == service.group
    assert found["properties"]["enforcementMode"] == "DoNotEnforce"
    status(service.ask("make again", "PUT", path, POLICY, wanted), 201)
    status(service.ask("read", "GET", path, POLICY), 200)
    status(service.ask("delete", "DELETE", path, POLICY), 200)
    status(service.ask("delete again", "DELETE", path, POLICY), 204)


@statement
def versions_that_do_not_exist_are_refused(service: Service) -> None:
    answer = service.ask("read", "GET", service.configuration("none"), "2000-01-01")
    assert status(answer, 400)["error"]["code"] in {"InvalidApiVersionParameter", "InvalidResourceType"}


@statement
def groups_that_are_not_there_are_404(service: Service) -> None:
    path = service.configuration("none").replace("rg-Parity-", "rg-Parity-none-")
    status(service.ask("make", "PUT", path, MAINTENANCE, body(service)), 404, "ResourceGroupNotFound")


@statement
def resource_graph_finds_nothing(service: Service) -> None:
    query = f"resources | where name == 'none-{service.run}' | project id, name"
    found = status(service.ask("ask", "POST", GRAPH, GRAPH_VERSION, graph_body(service, query)), 200)
    assert (found["totalRecords"], found["count"], found["data"]) == (0, 0, [])


@statement
def resource_graph_refuses_what_is_no_query(service: Service) -> None:
    answer = service.ask("ask", "POST", GRAPH, GRAPH_VERSION, graph_body(service, "resources | nonsense"))
    error = status(answer, 400, "BadRequest")["error"]
    assert error["details"][0]["code"] == "InvalidQuery"


def graph_body(service: Service, query: str) -> dict[str, Any]:
    """A query over the run's own subscription."""
    return {"subscriptions": [service.subscription], "query": query, "options": {"resultFormat": "objectArray"}}
