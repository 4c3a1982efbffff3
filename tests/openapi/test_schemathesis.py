"""Schemathesis calls the shop by its own document: no 5xx, no answer that the document does not know, nothing accepted that it
forbids, nothing refused that it allows, except what `exceptions.toml` has a reason for."""

import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import tomllib
import unittest

import documents
from support import Shop

HERE = pathlib.Path(__file__).parent
# Each test run makes the same calls, as many as this for each operation, so that a failure can be repeated. A long run goes on for
# as long as it is told, and looks elsewhere each time.
SECONDS = os.environ.get("SCHEMATHESIS_SECONDS")
BOUNDS = ["--max-time", SECONDS] if SECONDS else ["--max-examples", "10", "--seed", "17"]
PATIENCE = int(SECONDS or 0) + 1200
EXCEPTIONS = HERE / "exceptions.toml"


class Calls(unittest.TestCase):
    def test_the_shop_is_as_its_document_says(self):
        folder = tempfile.TemporaryDirectory(prefix="schemathesis-")
        self.addCleanup(folder.cleanup)
        home = pathlib.Path(folder.name)
        (home / "data").mkdir()
        shop = Shop(home / "data")
        self.addCleanup(shop.stop)
        failures, coverage = home / "failures", home / "coverage.json"
        failures.touch()
        command = [sys.executable, "-m", "schemathesis.cli", "run", documents.shop().write("3.1")]
        command += ["--url", f"http://{shop.addr}", "-H", f"Authorization: Bearer {shop.token}", "--checks", "all"]
        command += [*BOUNDS, "--continue-on-failure", "--request-timeout", "30"]
        command += ["--coverage-format", "json,text", "--coverage-report-json-path", coverage]
        done = subprocess.run(
            command,
            cwd=home,
            env=os.environ
            | {
                "SCHEMATHESIS_HOOKS": "shop_hooks",
                # Without those of the other tests: one is named as a package that Schemathesis wants.
                "PYTHONPATH": os.pathsep.join([str(HERE / "hooks"), str(HERE), os.environ["STUBS"]]),
                "EXCEPTIONS": str(EXCEPTIONS),
                "FAILURES": str(failures),
                "NO_COLOR": "1",
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        report = done.stdout[max(0, done.stdout.find("= ERRORS =")) :]
        report = report[report.find("= SUMMARY =") :] if done.returncode == 0 else report
        print(report)
        found = [json.loads(line) for line in failures.read_text().splitlines()]
        excused = collections.Counter(failure["exception"] for failure in found)
        for index, exception in enumerate(tomllib.loads(EXCEPTIONS.read_text())["exception"]):
            print(f"excused {excused[index]:5}: {exception['why']}")
        kinds = {}
        for failure in found:
            if failure["exception"] is None:
                kinds.setdefault((failure["code"], failure["operation"], failure["status"]), failure)
        lines = [f"{key}\n  {failure['message']}\n  {failure['call']}\n  {failure['answer']}" for key, failure in kinds.items()]
        if kinds:
            self.fail(f"{len(kinds)} kinds of failures:\n" + "\n".join(lines))
        # Failures that no answer is part of: an operation that cannot be called, a connection that breaks.
        self.assertEqual(done.returncode, 0, done.stdout[-20000:] + done.stderr[-5000:])
        self.assertGreater(covered(coverage), 0.95, "too few operations were called")


def covered(path):
    """The part of the operations that were called."""
    summary = json.loads(path.read_text())["summary"]["operations"]
    return summary["covered"] / summary["total"]


if __name__ == "__main__":
    unittest.main()
