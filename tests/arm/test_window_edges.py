"""Maintenance windows from the first day of the calendar to the last: taken or refused, never a fault of our own."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.arm.conftest import configuration_body

EDGES = ["0001-01-01 00:00", "0001-03-01 00:00", "9999-12-25 23:00", "9999-12-31 23:59"]
moments = st.sampled_from(EDGES) | st.datetimes().map(lambda moment: moment.isoformat(" ")[:16])
recurrences = st.sampled_from(
    [
        "Day", "35Days", "6Hours", "35Weeks Sunday", "Week", "Month day31", "Month day-1", "Month Last Friday Offset6",
        "35Months First Monday Offset-6", "Month First Saturday Offset-6",
    ]
)  # fmt: skip
zones = st.sampled_from(["UTC", "Line Islands Standard Time", "Dateline Standard Time", "W. Europe Standard Time"])


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.fixed_dictionaries(
        {
            "startDateTime": moments,
            "expirationDateTime": st.none() | moments,
            "recurEvery": recurrences,
            "timeZone": zones,
        }
    )
)
def test_a_window_at_any_time(arm, configuration, window):
    response = arm.put(configuration, configuration_body(window=window))
    assert response.is_success or response.json()["error"]["code"] == "InvalidMaintenanceWindow", response.text
    assert arm.get(configuration).is_success
