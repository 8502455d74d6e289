"""Maintenance configurations: what the service takes, what it refuses, and how it answers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.arm.errors import ArmError
from sandbox.arm.providers.maintenance.recurrence import check_recurrence
from sandbox.arm.providers.maintenance.time_zones import exists_in, zone
from tests.arm.conftest import SUBSCRIPTION, configuration_body, made, refused

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
PATH = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/Weekly"


def put(arm, **changes):
    return arm.put(PATH, configuration_body(**changes))


@pytest.fixture(autouse=True)
def _in_a_group(group):
    assert group == GROUP


class TestTaken:
    def test_by_microsofts_client(self, clients):
        client = clients.maintenance.maintenance_configurations
        created = client.create_or_update(
            "rg",
            "Weekly",
            {
                "location": "westeurope",
                "tags": {"owner": "platform"},
                "maintenance_scope": "InGuestPatch",
                "extension_properties": {"InGuestPatchMode": "User"},
                "start_date_time": "2027-01-05 22:00",
                "duration": "03:00",
                "time_zone": "W. Europe Standard Time",
                "recur_every": "Day",
                "install_patches": {"linux_parameters": {"classifications_to_include": ["Critical"]}},
            },
        )
        read = client.get("rg", "Weekly")
        assert (read.recur_every, read.duration, read.tags) == ("Day", "03:00", {"owner": "platform"})
        assert read.install_patches.reboot_setting == "IfRequired"
        assert created.system_data.created_at <= read.system_data.last_modified_at
        assert [one.name for one in clients.maintenance.maintenance_configurations.list()] == ["Weekly"]
        assert [one.name for one in clients.maintenance.maintenance_configurations_for_resource_group.list("rg")]
        changed = client.update("rg", "Weekly", {"duration": "02:00"})
        assert (changed.duration, changed.recur_every) == ("02:00", "Day")
        client.delete("rg", "Weekly")
        assert list(client.list()) == []

    def test_created_then_updated(self, arm):
        assert put(arm).status_code == 201
        assert put(arm, window={"duration": "02:30"}).status_code == 200
        assert made(arm.get(PATH))["properties"]["maintenanceWindow"]["duration"] == "02:30"

    @pytest.mark.parametrize("duration", ["01:30", "03:55", "04:00"])
    def test_durations(self, arm, duration):
        made(put(arm, window={"duration": duration}))

    @pytest.mark.parametrize("mode", ["User", "Platform"])
    def test_patch_modes(self, arm, mode):
        made(put(arm, extensionProperties={"InGuestPatchMode": mode}))

    def test_a_start_in_the_past(self, arm):
        made(put(arm, window={"startDateTime": "2020-04-30 08:00"}))

    def test_what_it_answers_is_taken_again(self, arm):
        made(put(arm, installPatches={"rebootSetting": "Never"}))
        answered = made(arm.get(PATH))
        body = {key: answered[key] for key in ("location", "properties")}
        again = made(arm.put(PATH, body))
        assert again["properties"] == answered["properties"]

    def test_an_expiry_that_has_passed_since_can_stay(self, arm, clock):
        soon = (datetime.fromtimestamp(clock(), UTC) + timedelta(days=2)).strftime("%Y-%m-%d %H:%M")
        window = {"startDateTime": "2020-04-30 08:00", "expirationDateTime": soon, "timeZone": "UTC"}
        made(put(arm, window=window))
        clock.advance(3 * 24 * 3600)
        made(put(arm, window={**window, "duration": "02:00"}))

    def test_another_scope_needs_no_patches(self, arm):
        properties = {"maintenanceScope": "OSImage", "maintenanceWindow": {"duration": "05:00"}}
        body = {"location": "westeurope", "properties": {**properties}}
        body["properties"]["maintenanceWindow"] |= {
            "startDateTime": "2027-01-01 08:00",
            "timeZone": "UTC",
            "recurEvery": "Day",
        }
        made(arm.put(PATH, body))

    def test_delete_twice(self, arm):
        made(put(arm))
        assert arm.delete(PATH).status_code == 200
        assert arm.delete(PATH).status_code == 204
        refused(arm.get(PATH), 404, "ResourceNotFound")


class TestRefused:
    @pytest.mark.parametrize(
        ("window", "message"),
        [
            ({"recurEvery": "Month"}, "Monthly maintenance window is missing day of month or week of month."),
            ({"recurEvery": "2Months"}, "Monthly maintenance window is missing day of month or week of month."),
            ({"startDateTime": None}, "StartDateTime is not set for maintenance window"),
            (
                {"startDateTime": "2025-10-05 02:00", "timeZone": "AUS Eastern Standard Time"},
                "StartDateTime 10/5/2025 2:00:00 AM of maintenance window is invalid in timezone AUS Eastern",
            ),
            ({"timeZone": "Europe/Amsterdam"}, "Europe/Amsterdam"),
            ({"timeZone": "w. europe standard time"}, "w. europe standard time"),
            ({"duration": "01:29"}, "01:29"),
            ({"duration": "04:01"}, "04:01"),
            ({"duration": "3:00"}, "HH:mm"),
            ({"duration": "02:60"}, "HH:mm"),
            ({"startDateTime": "2027-02-30 10:00"}, "2027-02-30"),
            ({"startDateTime": "2027-01-05T22:00"}, "YYYY-MM-DD"),
            ({"expirationDateTime": "2027-01-05 22:00"}, "not after StartDateTime"),
            ({"startDateTime": "2020-01-01 10:00", "expirationDateTime": "2020-02-01 10:00"}, "not in the future"),
            ({"recurEvery": None}, "RecurEvery is not set"),
        ],
    )
    def test_windows(self, arm, window, message):
        assert message in refused(put(arm, window=window), 400, "InvalidMaintenanceWindow")
        refused(arm.get(PATH), 404, "ResourceNotFound")

    def test_no_patch_mode(self, arm):
        message = refused(put(arm, extensionProperties=None), 400, "BadRequest")
        assert message == "Extension properties must contain Patch mode"

    @pytest.mark.parametrize(
        "changes",
        [
            {"extensionProperties": {"InGuestPatchMode": "Sometimes"}},
            {"installPatches": None},
            {"installPatches": {"windowsParameters": {}}},
            {"installPatches": {"linuxParameters": {"packageNameMasksToExclude": ["kernel*"]}}},
            {"installPatches": {"linuxParameters": {"classificationsToInclude": ["Tools"]}}},
            {"installPatches": {"windowsParameters": {"classificationsToInclude": ["UpdateRollUp"]}}},
            {"installPatches": {"rebootSetting": "Sometimes"}},
            {"visibility": "Public"},
            {"maintenanceScope": None},
        ],
    )
    def test_properties(self, arm, changes):
        refused(put(arm, **changes), 400, "BadRequest")

    def test_no_window(self, arm):
        refused(put(arm, maintenanceWindow=None), 400, "InvalidMaintenanceWindow")

    @pytest.mark.parametrize("value", [1, [], "text", True])
    def test_wrong_types(self, arm, value):
        refused(put(arm, maintenanceWindow=value), 400, "InvalidRequestContent")

    def test_another_location(self, arm):
        made(put(arm))
        refused(arm.put(PATH, {**configuration_body(), "location": "northeurope"}), 409, "InvalidResourceLocation")

    def test_no_location(self, arm):
        body = {"properties": configuration_body()["properties"]}
        refused(arm.put(PATH, body), 400, "LocationRequired")

    def test_no_group(self, arm):
        path = PATH.replace("/rg/", "/none/")
        refused(arm.put(path, configuration_body()), 404, "ResourceGroupNotFound")

    def test_names_that_are_too_long_together(self, arm):
        longest = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/{'n' * 125}"
        made(arm.put(longest, configuration_body()))
        refused(arm.put(longest + "n", configuration_body()), 400, "BadRequest")

    def test_a_subscription_that_is_not_registered(self, arm):
        namespace = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Maintenance"
        made(arm.post(f"{namespace}/unregister"))
        refused(put(arm), 409, "MissingSubscriptionRegistration")
        made(arm.post(f"{namespace}/register"))
        made(put(arm))


class TestQuirks:
    """On by default, and each switchable."""

    @staticmethod
    def switch_off(server):
        import dataclasses

        server.azure.settings = dataclasses.replace(server.azure.settings, quirks=frozenset())

    def test_lower_cased_ids(self, arm, server):
        assert made(put(arm))["id"] == PATH.lower()
        self.switch_off(server)
        assert made(arm.get(PATH))["id"] == PATH

    def test_reboot_spelling(self, arm, server):
        sent = {"rebootSetting": "Never"}
        assert made(put(arm, installPatches=sent))["properties"]["installPatches"]["rebootSetting"] == "NeverReboot"
        sent = {"rebootSetting": "Always"}
        assert made(put(arm, installPatches=sent))["properties"]["installPatches"]["rebootSetting"] == "AlwaysReboot"
        self.switch_off(server)
        assert made(arm.get(PATH))["properties"]["installPatches"]["rebootSetting"] == "Always"

    def test_default_expiry(self, arm, server):
        window = made(put(arm))["properties"]["maintenanceWindow"]
        assert window["expirationDateTime"] == "9999-12-31 23:59:59"
        self.switch_off(server)
        assert "expirationDateTime" not in made(arm.get(PATH))["properties"]["maintenanceWindow"]

    def test_long_ids_fail(self, arm, server):
        group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{'g' * 60}"
        made(arm.put(group, {"location": "westeurope"}))
        path = f"{group}/providers/Microsoft.Maintenance/maintenanceConfigurations/{'n' * 90}"
        refused(arm.put(path, configuration_body()), 500, "InternalServerError")
        self.switch_off(server)
        refused(arm.put(path, configuration_body()), 400, "BadRequest")

    def test_a_name_held_after_deletion(self, arm, server, clock):
        made(put(arm))
        arm.delete(PATH)
        refused(arm.get(PATH), 404, "ResourceNotFound")
        refused(put(arm), 409, "Conflict")
        clock.advance(119)
        refused(put(arm), 409, "Conflict")
        clock.advance(2)
        made(put(arm))
        self.switch_off(server)
        arm.delete(PATH)
        made(put(arm))

    def test_a_name_is_held_as_well_when_its_group_is_deleted(self, arm, clock):
        made(put(arm))
        group, body = PATH.partition("/providers/")[0], {"location": "westeurope"}
        arm.delete(group)
        made(arm.put(group, body))
        refused(put(arm), 409, "Conflict")
        clock.advance(121)
        made(put(arm))


WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
weekday_lists = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=7, unique=True).map(",".join)
day_lists = st.lists(st.sampled_from([-1, *range(1, 32)]), min_size=1, unique=True).map(
    lambda days: ",".join(f"day{day}" for day in days)
)
counts = st.one_of(st.just(""), st.integers(1, 35).map(str))
ends = st.sampled_from(["", "s"])
nth = st.sampled_from(["First", "Second", "Third", "Fourth", "Last"])
offsets = st.one_of(st.just(""), st.integers(-6, 6).map(lambda k: f" Offset{k}"))
good = st.one_of(
    st.builds("{}Day{}".format, counts, ends),
    st.builds("{}Hour{}".format, st.integers(6, 35), ends),
    st.builds("{}Week{}".format, counts, ends),
    st.builds("{}Week{} {}".format, counts, ends, weekday_lists),
    st.builds("{}Month{} {}".format, counts, ends, day_lists),
    st.builds("{}Month{} {} {}{}".format, counts, ends, nth, st.sampled_from(WEEKDAYS), offsets),
)
outside = st.one_of(st.just(0), st.integers(36, 10**30))
bad = st.one_of(
    st.builds("{}Day".format, outside),
    st.builds("{}Week Monday".format, outside),
    st.builds("{}Month day1".format, outside),
    st.builds("{}Hours".format, st.one_of(st.integers(0, 5), outside)),
    st.just("Hour"),
    st.builds("{}Day {}".format, counts, weekday_lists),
    st.builds("Month day{}".format, st.one_of(st.just(0), st.integers(32, 99), st.integers(-31, -2))),
    st.builds("Month Second Tuesday Offset{}".format, st.one_of(st.integers(7, 10**20), st.integers(-(10**20), -7))),
    st.builds("{}Month Fifth {}".format, counts, st.sampled_from(WEEKDAYS)),
    st.sampled_from(["１Day", "Month day１", "Month First Monday Offset１"]),  # noqa: RUF001 (digits of another script)
    st.builds("{}Month Second {},{}".format, counts, st.sampled_from(WEEKDAYS), st.sampled_from(WEEKDAYS)),
    st.sampled_from(["", " ", "Year", "Week Mon", "day1", "Month day1 day2", "Week Monday Tuesday", "-1Day", "1 Day"]),
)


class TestRecurrence:
    @given(good, st.sampled_from([str, str.lower, str.upper]), st.booleans())
    def test_taken_in_any_case_and_with_spaces_after_commas(self, text, cased, spaced):
        check_recurrence(cased(text.replace(",", ", ") if spaced else text))

    @given(bad)
    def test_refused(self, text):
        with pytest.raises(ArmError) as refusal:
            check_recurrence(text)
        assert (refusal.value.status, refusal.value.code) == (400, "InvalidMaintenanceWindow")

    @given(st.text(max_size=40))
    def test_any_text_is_taken_or_refused(self, text):
        code = "InvalidMaintenanceWindow"
        try:
            check_recurrence(text)
        except ArmError as error:
            code = error.code
        assert code == "InvalidMaintenanceWindow"


class TestTimeZones:
    def test_the_hour_that_is_left_out(self):
        rules = zone("W. Europe Standard Time")
        assert rules is not None
        assert not exists_in(datetime.fromisoformat("2027-03-28T02:30"), rules)
        assert exists_in(datetime.fromisoformat("2027-03-28T03:00"), rules)
        assert exists_in(datetime.fromisoformat("2027-10-31T02:30"), rules)

    def test_the_last_moment_there_is(self):
        rules = zone("Samoa Standard Time")
        assert rules is not None
        assert exists_in(datetime.fromisoformat("9999-12-31T23:59"), rules)
        assert exists_in(datetime.fromisoformat("0001-01-01T00:00"), rules)

    @pytest.mark.parametrize("name", ["", "Utc", "Europe/Amsterdam", "../../etc/passwd", "W. Europe Standard Time "])
    def test_no_zone(self, name):
        assert zone(name) is None

    def test_every_zone_has_rules(self):
        from tzlocal.windows_tz import win_tz

        assert all(zone(name) for name in win_tz)
