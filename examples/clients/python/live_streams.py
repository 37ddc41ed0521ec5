"""Prints the live streams with the most viewers. Arguments: names of accounts; all that can list when left out."""

import json
import os
import sys
import time
import urllib.error
import urllib.request

WEIR = os.environ.get("WEIR_URL", "http://127.0.0.1:4000")
KEY = os.environ.get("WEIR_KEY")
SHOWN = 10
TRIES = 3

LIVE_STREAMS = """
query LiveStreams($accounts: [String!], $after: String) {
  liveStreams(accounts: $accounts, first: 100, after: $after) {
    nodes { key account { name } live { onlineViewers bandwidthBitsPerSecond } }
    failures { account code message }
    pageInfo { hasNextPage endCursor }
  }
}
"""


class WeirError(Exception):
    """What the gateway says went wrong."""

    def __init__(self, error):
        extensions = error.get("extensions", {})
        super().__init__(f"{extensions.get('code', 'unknown')}: {error.get('message')}")
        self.retryable = extensions.get("retryable", False)
        self.retry_after = extensions.get("retryAfterMs", 1000) / 1000


def send(query, variables):
    """Asks once. Data may come beside errors; here all of it or an error is wanted."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if KEY:
        headers["X-API-Key"] = KEY
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{WEIR}/graphql", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as refusal:
        # Refusals are GraphQL too.
        answer = json.load(refusal)
    if answer.get("errors"):
        raise WeirError(answer["errors"][0])
    return answer["data"]


def ask(query, variables):
    """Asks, and again where the gateway says that this helps."""
    for attempt in range(1, TRIES + 1):
        try:
            return send(query, variables)
        except WeirError as error:
            if not error.retryable or attempt == TRIES:
                raise
            time.sleep(error.retry_after)


def list_live_streams(accounts):
    """All live streams of the accounts, and the accounts that could not answer, by their name."""
    streams, failures, after = [], {}, None
    while True:
        page = ask(LIVE_STREAMS, {"accounts": accounts or None, "after": after})["liveStreams"]
        streams += page["nodes"]
        failures.update({failure["account"]: failure for failure in page["failures"]})
        if not page["pageInfo"]["hasNextPage"]:
            return streams, failures
        after = page["pageInfo"]["endCursor"]


def viewers(stream):
    """None is not measured, which is not 0."""
    return (stream["live"] or {}).get("onlineViewers")


def main():
    try:
        streams, failures = list_live_streams(sys.argv[1:])
    except (WeirError, OSError) as error:
        sys.exit(str(error))
    for stream in sorted(streams, key=lambda stream: -(viewers(stream) or 0))[:SHOWN]:
        count = viewers(stream)
        print(f"{'-' if count is None else count:>8}  {stream['account']['name']}  {stream['key']}")
    print(f"{len(streams)} streams are live")
    for failure in failures.values():
        print(f"{failure['account']} could not answer: {failure['code']} {failure['message']}", file=sys.stderr)


main()
