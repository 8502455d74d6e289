"""The function app: two functions with Event Grid triggers, for the pre- and for the post-event of maintenance runs.

All that they do is in `start_and_stop`. They act as the function app's own identity.
"""

import logging

import azure.functions as func
from azure.identity import DefaultAzureCredential
from start_and_stop import Azure, handle

app = func.FunctionApp()
_log = logging.getLogger(__name__)


@app.function_name("before_maintenance")
@app.event_grid_trigger(arg_name="event")
def before_maintenance(event: func.EventGridEvent) -> None:
    """Start the machines of the run that are deallocated."""
    _act(event)


@app.function_name("after_maintenance")
@app.event_grid_trigger(arg_name="event")
def after_maintenance(event: func.EventGridEvent) -> None:
    """Deallocate those that were started for it."""
    _act(event)


def _act(event: func.EventGridEvent) -> None:
    changed = handle(event.event_type, event.get_json(), Azure(DefaultAzureCredential()))
    _log.info("%s %s: %s", event.event_type, event.subject, ", ".join(changed) or "nothing to do")
