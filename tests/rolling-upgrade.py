"""The load of rolling-upgrade.sh, and the check of what came of it.

load WORK PORT...   starts executions on whichever silo answers until WORK/enough exists; ids that were acknowledged go to WORK/acknowledged
check WORK PORT...  waits for the end of each and compares the histories with what the tasks themselves have left in WORK/ledger
"""
import collections
import json
import pathlib
import sys
import time
import urllib.error
import urllib.request
import uuid

action, work, ports = sys.argv[1], pathlib.Path(sys.argv[2]), [int(port) for port in sys.argv[3:]]
ledger = work / "ledger"
TASKS = ["first", "nap", "middle", "last"]
WORKFLOW = f"""
name: rolling
version: 1.0.0
tasks:
  first: {{script: {{language: bash, content: 'echo "$PERIPLON_ATTEMPT_KEY" >> {ledger}; sleep 0.3'}}}}
  nap: {{sleep: 2s, depends_on: [first]}}
  middle: {{depends_on: [nap], script: {{language: bash, content: 'echo "$PERIPLON_ATTEMPT_KEY" >> {ledger}; sleep 0.5'}}}}
  last: {{depends_on: [middle], script: {{language: bash, content: 'echo "$PERIPLON_ATTEMPT_KEY" >> {ledger}'}}}}
"""


def call(method, path, body=None, key=None, patience=120):
    """One request, repeated on the next silo with the same key until one answers."""
    end = time.monotonic() + patience
    turn = 0
    while True:
        turn += 1
        request = urllib.request.Request(
            f"http://127.0.0.1:{ports[turn % len(ports)]}/api/v1{path}", method=method,
            data=None if body is None else json.dumps(body).encode(), headers={"Content-Type": "application/json"})
        if key:
            request.add_header("Idempotency-Key", key)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            problem = error.read().decode()
            if error.code != 503 or time.monotonic() > end:
                sys.exit(f"{method} {path}: {error.code} {problem}")
        except OSError as error:
            if time.monotonic() > end:
                sys.exit(f"{method} {path}: no silo answers: {error}")
        time.sleep(0.1)


def load():
    call("POST", "/workflows", {"definition": WORKFLOW}, key=str(uuid.uuid4()))
    with open(work / "acknowledged", "a", buffering=1) as acknowledged:
        while not (work / "enough").exists():
            print(call("POST", "/executions", {"workflow": "rolling"}, key=str(uuid.uuid4()))["id"], file=acknowledged)
            time.sleep(0.1)


def check():
    ids = (work / "acknowledged").read_text().split()
    for each in ids:
        end = time.monotonic() + 120
        while not (status := call("GET", f"/executions/{each}?wait=20")["status"]) in ("completed", "failed", "cancelled", "timed_out"):
            if time.monotonic() > end:
                sys.exit(f"execution {each} is {status}: {json.dumps(call('GET', f'/executions/{each}/why'))}")
        events = [(event["type"], event.get("task")) for event in call("GET", f"/executions/{each}/events")["events"]]
        counts = collections.Counter(events)
        wrong = [task for task in TASKS if counts["task_completed", task] != 1]
        if status != "completed" or wrong or sum(kind == "execution_finished" for kind, _ in events) != 1:
            sys.exit(f"execution {each} is {status}; tasks not completed exactly once: {wrong}; its events: {events}")
    runs = collections.Counter(ledger.read_text().split())
    missing = [f"{each}/{task}/1" for each in ids for task in TASKS if task != "nap" and runs[f"{each}/{task}/1"] == 0]
    if missing or len(ids) == 0:
        sys.exit(f"recorded as completed, but never run: {missing}")
    again = sum(count - 1 for count in runs.values())
    print(f"{len(ids)} executions were acknowledged, and each ended once; {again} attempts were handed back and ran again")


load() if action == "load" else check()
