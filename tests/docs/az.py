"""A stand-in for the Azure CLI in the pages' commands: it asks the local Azure what `az` would ask Azure.

Run by `tests.docs.shell`. What it does not know it refuses, so that no page seems to work that was not run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.request

_URL = os.environ["AZURE_SANDBOX_URL"]


def main() -> None:
    """Answer one command as `az … -o json` prints it."""
    parser = argparse.ArgumentParser(prog="az")
    nouns = parser.add_subparsers(required=True)
    graph = nouns.add_parser("graph").add_subparsers(required=True).add_parser("query")
    graph.add_argument("-q", "--graph-query", dest="query", required=True)
    graph.add_argument("--first", type=int, default=100)
    graph.add_argument("-o", "--output", choices=["json"], required=True)
    graph.set_defaults(answer=_query)
    accounts = nouns.add_parser("account").add_subparsers(required=True).add_parser("list")
    accounts.add_argument("-o", "--output", choices=["json"], required=True)
    accounts.set_defaults(answer=_accounts)
    rest = nouns.add_parser("rest")
    rest.add_argument("--method", default="get")
    rest.add_argument("--url", required=True)
    rest.add_argument("--body")
    rest.set_defaults(answer=_rest)
    options = parser.parse_args()
    sys.stdout.write(json.dumps(options.answer(options), indent=2) + "\n")


def _query(options: argparse.Namespace) -> object:
    body = {"query": options.query, "options": {"$top": options.first}}
    found = _ask("POST", "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01", body)
    return {"count": found["count"], "data": found["data"], "skip_token": None, "total_records": found["totalRecords"]}


def _accounts(_: argparse.Namespace) -> object:
    found = _ask("GET", "/subscriptions?api-version=2022-12-01")["value"]
    return [{"id": one["subscriptionId"], "name": one["displayName"], "state": one["state"]} for one in found]


def _rest(options: argparse.Namespace) -> object:
    body = json.loads(options.body) if options.body else None
    return _ask(options.method.upper(), options.url.removeprefix("https://management.azure.com"), body)


def _ask(method: str, path: str, body: object = None) -> dict:
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - the local Azure's own address
        _URL + path, content, {"Content-Type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - the same
        return json.loads(answer.read() or b"{}")


if __name__ == "__main__":
    main()
