"""What a request carries: its media type, its size, and the ids by which its client knows it."""

import json
import uuid

import pytest

from tests.arm.conftest import SUBSCRIPTION, configuration_body, made, refused

PATH = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Maintenance/maintenanceConfigurations/x"
UNSUPPORTED = (415, "UnsupportedMediaType")
CONTENT = json.dumps(configuration_body()).encode()


@pytest.fixture
def send(arm, group):
    def send(content, method="PUT", path=PATH, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        path += "" if "?" in path else "?api-version=2023-04-01"
        return arm.http.request(method, path, content=content, headers=headers)

    return send


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "application/json;charset=UTF-8"]
)
def test_json_is_taken(send, kind):
    made(send(CONTENT, content_type=kind))


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "text/json"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "POST", "DELETE"])
def test_what_is_not_json_is_refused(send, arm, method, kind):
    path = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01" if method == "POST" else PATH
    message = refused(send(CONTENT, method, path, content_type=kind), *UNSUPPORTED)
    assert message == f"The content media type '{kind}' is not supported. Only 'application/json' is supported."
    refused(arm.get(PATH), 404, "ResourceNotFound")


def test_a_missing_media_type_is_refused_but_where_there_is_nothing(send):
    assert "'<null>'" in refused(send(CONTENT), *UNSUPPORTED)
    refused(send(b""), 400, "LocationRequired")
    made(send(CONTENT, content_type="application/json"))
    made(send(b"{}", "GET"))
    made(send(b"", "DELETE"))


def of_size(size):
    padding = size - len(json.dumps({**configuration_body(), "tags": {"a": ""}}))
    return json.dumps({**configuration_body(), "tags": {"a": "x" * padding}}).encode()


def test_there_is_no_more_than_four_megabytes(send):
    limit = 4 * 1024 * 1024
    assert len(of_size(limit)) == limit
    refused(send(of_size(limit), content_type="application/json"), 400, "InvalidTags")
    message = refused(send(of_size(limit + 1), content_type="application/json"), 413, "RequestContentTooLarge")
    assert message == "The request content size exceeds the maximum size of 4 MB."
    refused(send(of_size(10 * limit), content_type="application/json"), 413, "RequestContentTooLarge")
    made(send(CONTENT, content_type="application/json"))


@pytest.mark.parametrize("shape", ['{"a": %s}', "[%s]"])
def test_there_are_no_more_than_a_hundred_levels(send, shape):
    value = "1"
    for _ in range(98):
        value = shape % value
    for too_deep in (False, True):
        answer = send(f'{{"properties": {value}}}'.encode(), content_type="application/json")
        assert answer.status_code == 400
        assert ("nested more than 100 levels deep" in answer.text) is too_deep
        value = shape % value


def test_a_stream_without_a_length_is_taken(send):
    made(send(iter([CONTENT[:50], CONTENT[50:]]), content_type="application/json"))


def test_a_clients_ids_come_back(send):
    own, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    ids = {"x_ms_client_request_id": own, "x_ms_correlation_request_id": correlation}
    answer = send(None, "GET", x_ms_return_client_request_id="True", **ids)
    assert answer.status_code == 404
    assert answer.headers["x-ms-client-request-id"] == own
    assert answer.headers["x-ms-correlation-request-id"] == correlation
    assert answer.headers["x-ms-request-id"] != correlation
    silent = send(None, "GET", x_ms_client_request_id=own)
    assert "x-ms-client-request-id" not in silent.headers
    assert silent.headers["x-ms-correlation-request-id"] == silent.headers["x-ms-request-id"]
