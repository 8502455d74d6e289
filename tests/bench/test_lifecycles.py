from rich.console import Console

from bench.assignments import lifecycle
from bench.costs import Cost
from bench.lifecycles import NEW, UP_WITH_CHECKPOINTS, Row, measure_lifecycle, print_rows, rows_as_data


def test_three_programs_that_declare_the_same_live_and_are_compared(engine):
    measured = lifecycle(3, full=False)
    rows = measure_lifecycle(measured, 1, lambda _: None)
    operations = {row.operation for row in rows}
    assert {NEW, "up", "preview, no change", "refresh", "destroy", UP_WITH_CHECKPOINTS} == operations
    assert len(rows) == 3 * len(operations)
    for row in rows:
        assert row.seconds > 0
        if "preview" in row.operation or row.operation.startswith("up"):
            assert row.costs[0].memory > 20
            assert row.costs[0].program > 0.05
    console = Console(record=True, width=200)
    print_rows(measured, rows, console)
    assert "plain azure-native" in console.export_text()
    assert rows_as_data(measured, rows)["resources"] == 3


def test_rounds_are_compared_by_their_medians():
    one = Row("one", NEW, [Cost(seconds, 1, 1, 0, 50) for seconds in (1, 2, 9)])
    other = Row("other", NEW, [Cost(4, 2, 4, 0, 50)])
    compared = other.beside(one)
    assert compared.ratio == 2
    assert compared.busy_ratio == 3
