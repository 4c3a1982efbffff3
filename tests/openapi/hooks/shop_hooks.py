"""What Schemathesis loads when it calls the shop: coverage, streams that end, and failures that have a reason."""

import json
import os
import pathlib
import re
import tomllib

import schemathesis
import tracecov

import protojson

EXCEPTIONS = tomllib.loads(pathlib.Path(os.environ["EXCEPTIONS"]).read_text())["exception"]
# A line of JSON for each failure: which exception it is, or none.
LOG = pathlib.Path(os.environ["FAILURES"])

tracecov.schemathesis.install()


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Ends the streams that would go on."""
    if case.path.endswith(":watch"):
        case.headers["X-Request-Timeout"] = "200ms"


@schemathesis.hook
def filter_failure(ctx, failure, case, response):
    """Whether a failure is one: none of those with a reason."""
    text = response.content.decode("utf-8", "replace")
    message = str(failure.message)
    found = next((index for index, exception in enumerate(EXCEPTIONS) if excuses(exception, failure, case, response, text)), None)
    described = {"exception": found, "code": failure.code, "operation": case.operation.label, "status": response.status_code}
    if found is None:
        described |= {"message": message, "answer": text[:3000], "call": case.as_curl_command()[:3000]}
    with LOG.open("a") as log:
        log.write(json.dumps(described) + "\n")
    return found is None


def excuses(exception, failure, case, response, text):
    """Whether it is of this check, operation and status, and its message or every reason in the answer fits."""
    if failure.code not in exception["codes"]:
        return False
    if not re.search(exception.get("operation", ""), case.operation.label):
        return False
    if response.status_code not in exception.get("statuses", [response.status_code]):
        return False
    if "query" in exception and exception["query"] not in (case.query or {}):
        return False
    if "message" in exception and not re.search(exception["message"], str(failure.message)):
        return False
    if "answer" in exception and not re.search(exception["answer"], text):
        return False
    if exception.get("as_written") and not protojson.is_allowed_as_written(case):
        return False
    if "reasons" in exception:
        reasons = set(reasons_of(text))
        return bool(reasons) and reasons <= set(exception["reasons"])
    return True


def reasons_of(text):
    """The ids of the rules that a request breaks, and the names of typed errors."""
    try:
        details = json.loads(text).get("details", [])
    except (ValueError, AttributeError):
        return
    for detail in details:
        if detail.get("@type") == "type.googleapis.com/google.rpc.ErrorInfo":
            yield detail["reason"]
        for violation in detail.get("fieldViolations", []):
            yield violation.get("reason", "?")
