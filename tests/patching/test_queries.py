from patching.queries import queries_for


def test_queries_name_the_stack_s_configurations_in_lower_case(stack):
    settings = stack.schedules(a={}, b={"name": "MC-B"}).settings()
    queries = queries_for(settings)
    for name in ("runs", "failures", "assignments"):
        for schedule in settings.schedules.values():
            assert f'"{schedule.resource_id.lower()}"' in queries[name]
        assert "CONFIGURATIONS" not in queries[name]


def test_without_schedules_there_is_nothing_to_ask_about_them(stack):
    assert set(queries_for(stack.settings())) == {"machinesNotReady", "machinesNotAssessed"}
