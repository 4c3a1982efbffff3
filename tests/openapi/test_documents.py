"""Every document is valid, and clients that other tools make of it type-check."""

import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib
import unittest
from concurrent.futures import ThreadPoolExecutor

import documents
from documents import HOME, NODE, ROOT, VERSIONS, load, tool

FAULTS = tomllib.loads((pathlib.Path(__file__).parent / "faults.toml").read_text())["fault"]
# Long enough for a slow machine.
PATIENCE = 900


class Documents(unittest.TestCase):
    """The documents of all protos, in all versions, and what of them has an operation."""

    @classmethod
    def setUpClass(cls):
        for version in VERSIONS:
            shutil.rmtree(HOME / version, ignore_errors=True)
        pairs = [(protos, version) for protos in documents.everything() for version in VERSIONS]
        with ThreadPoolExecutor() as pool:
            paths = pool.map(lambda pair: pair[0].write(pair[1]), pairs)
            cls.paths = dict(zip([(protos.name, version) for protos, version in pairs], paths))
        cls.all = cls.paths | documents.expected()
        # Without an operation there is nothing to call: a client of such a document is empty.
        cls.callable = {key: path for key, path in cls.paths.items() if load(path).get("paths")}

    def fine(self, outcomes):
        """No outcome is bad; how many there were."""
        bad = [f"{name}: {problem}" for name, problem in outcomes.items() if problem]
        if bad:
            self.fail(f"{len(bad)} of {len(outcomes)}:\n" + "\n".join(bad))
        self.assertGreater(len(outcomes), 0)

    def test_there_are_documents(self):
        for version in VERSIONS:
            self.assertGreater(sum(key[1] == version for key in self.callable), 15)
        operations = sum(len(item) for path in self.callable.values() for item in load(path)["paths"].values())
        print(f"documents: {len(self.all)}, of them goldens {len(self.all) - len(self.paths)}; of the rest which {len(self.callable)} have operations: {operations}")

    def test_openapi_spec_validator(self):
        from openapi_spec_validator import OpenAPIV31SpecValidator, OpenAPIV32SpecValidator

        validators = {"3.1": OpenAPIV31SpecValidator, "3.2": OpenAPIV32SpecValidator}

        def problems(key):
            document = load(self.all[key])
            self.assertTrue(document["openapi"].startswith(key[1]))
            found = validators[key[1]](document).iter_errors()
            return "; ".join(f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in found)

        self.fine({key: problems(key) for key in self.all})

    def test_redocly_lint(self):
        outcomes, warnings = {}, collections.Counter()
        for version in VERSIONS:
            paths = {str(path): key for key, path in self.all.items() if key[1] == version}
            outcomes |= dict.fromkeys(paths.values(), "")
            settings = ROOT / "tests/openapi/node/redocly.yaml"
            command = tool("redocly", "lint", "--format=json", "--max-problems=100000", f"--config={settings}", *paths)
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
            found = list(objects(done.stdout))
            self.assertEqual(len(found), len(paths), done.stderr)
            for problem in (problem for report in found for problem in report["problems"]):
                place = problem["location"][0]
                if problem["severity"] == "error":
                    # The place is named as seen from here.
                    key = paths[os.path.abspath(place["source"]["ref"])]
                    outcomes[key] += f"\n  {place.get('pointer')}: {problem['ruleId']}: {problem['message']}"
                else:
                    warnings[problem["ruleId"]] += 1
        print(f"redocly: {len(outcomes)} documents; warnings: {dict(warnings)}")
        self.fine(outcomes)

    def test_typescript(self):
        out = NODE / "clients"
        shutil.rmtree(out, ignore_errors=True)
        script = NODE / "scripts/tests/openapi/node/clients.mjs"
        done = subprocess.run(
            ["node", script, out, *self.callable.values()], capture_output=True, text=True, timeout=PATIENCE
        )
        lines = re.findall(r"^((?:openapi-typescript|hey-api) \S+): (.*)$", done.stdout, re.M)
        self.fine({name: "" if outcome == "ok" else outcome for name, outcome in lines})
        self.assertEqual(len(lines), 2 * len(self.callable), done.stderr)
        settings = {"compilerOptions": {"strict": True, "noEmit": True, "skipLibCheck": True, "target": "es2022"}}
        settings["compilerOptions"] |= {"module": "esnext", "moduleResolution": "bundler", "lib": ["es2022", "dom", "dom.iterable"]}
        (out / "tsconfig.json").write_text(json.dumps(settings | {"include": ["**/*.ts"]}))
        checked = subprocess.run(tool("tsc", "--project", out), capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(checked.returncode, 0, checked.stdout[:10000])
        print(f"typescript: {len(lines)} clients, checked by tsc --strict")

    def test_openapi_python_client(self):
        out = HOME / "python-clients"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        settings = out / "settings.json"
        settings.write_text(json.dumps({"post_hooks": []}))
        # It takes no other version.
        names = {key: re.sub(r"\W", "_", key[0]) for key in self.callable if key[1] == "3.1"}
        limits = collections.Counter()

        def write(key):
            command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--config", settings]
            command += ["--path", self.callable[key], "--output-path", out / names[key]]
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
            if done.returncode != 0:
                return done.stdout + done.stderr
            warnings = re.findall(r"^(?:WARNING|ERROR) ([^\n]*)\n\n([^\n]*)", done.stdout + done.stderr, re.M)
            problems = []
            for where, what in warnings:
                unknown = re.search(r"Unsupported content.type ([^\s)]*)", what)
                if unknown:
                    limits[unknown[1]] += 1
                else:
                    problems.append(f"{where}: {what}")
            return "; ".join(problems)

        with ThreadPoolExecutor() as pool:
            outcomes = dict(zip(names, pool.map(write, names)))
        self.fine(outcomes)
        command = [sys.executable, "-m", "mypy", "--no-error-summary", *sorted(names.values())]
        checked = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, cwd=out)
        excused, lines = collections.Counter(), []
        for line in re.findall(r"^.*: error: .*$", checked.stdout, re.M):
            fault = next((fault for fault in FAULTS if re.search(fault["line"], line)), None)
            if fault:
                excused[fault["why"]] += 1
            else:
                lines.append(line)
        self.assertEqual(lines, [])
        self.assertTrue(checked.returncode == 0 or excused, checked.stdout + checked.stderr)
        for why, count in excused.items():
            print(f"  excused {count}: {why}")
        print(f"openapi-python-client: {len(outcomes)} clients, checked by mypy; media types that it leaves out: {dict(limits)}")


def objects(text):
    """The JSON objects in a text, one after the other."""
    decoder, place = json.JSONDecoder(), text.find("{")
    while place >= 0:
        found, end = decoder.raw_decode(text, place)
        yield found
        place = text.find("{", end)


if __name__ == "__main__":
    unittest.main()
