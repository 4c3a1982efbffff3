"""Every document is valid, and clients that other tools make of it type-check."""

import json
import re
import shutil
import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor

import documents
from documents import HOME, NODE, VERSIONS, load, tool

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
        # Without an operation there is nothing to call: a client of such a document is empty.
        cls.callable = {key: path for key, path in cls.paths.items() if load(path).get("paths")}

    def fine(self, outcomes):
        """No outcome is bad; how many there were."""
        bad = [f"{name}: {problem}" for name, problem in outcomes.items() if problem]
        self.assertFalse(bad, f"{len(bad)} of {len(outcomes)}:\n" + "\n".join(bad))
        self.assertGreater(len(outcomes), 0)

    def test_there_are_documents(self):
        for version in VERSIONS:
            self.assertGreater(sum(key[1] == version for key in self.callable), 15)
        operations = sum(len(item) for path in self.callable.values() for item in load(path)["paths"].values())
        print(f"documents: {len(self.paths)}, of which {len(self.callable)} have operations: {operations}")

    def test_openapi_spec_validator(self):
        from openapi_spec_validator import OpenAPIV31SpecValidator, OpenAPIV32SpecValidator

        validators = {"3.1": OpenAPIV31SpecValidator, "3.2": OpenAPIV32SpecValidator}

        def problems(key):
            document = load(self.paths[key])
            self.assertTrue(document["openapi"].startswith(key[1]))
            found = validators[key[1]](document).iter_errors()
            return "; ".join(f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in found)

        self.fine({key: problems(key) for key in self.paths})

    def test_redocly_lint(self):
        done = subprocess.run(
            tool("redocly", "lint", *self.paths.values(), "--format=json", "--max-problems=100000", f"--config={NODE}/redocly.yaml"),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        found = json.loads(done.stdout[done.stdout.index("{") :])
        outcomes = {str(path.relative_to(HOME)): "" for path in self.paths.values()}
        warnings = {}
        for problem in found["problems"]:
            place = problem["location"][0]
            name = "/".join(place["source"]["ref"].split("/")[-2:])
            if problem["severity"] == "error":
                outcomes[name] += f"\n  {place.get('pointer')}: {problem['ruleId']}: {problem['message']}"
            else:
                warnings[problem["ruleId"]] = warnings.get(problem["ruleId"], 0) + 1
        print(f"redocly: {len(outcomes)} documents, {found['totals']['errors']} errors, warnings: {warnings}")
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
        names = {key: re.sub(r"\W", "_", f"{key[0]}_{key[1]}") for key in self.callable}

        def write(key):
            command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
            command += ["--path", self.callable[key], "--output-path", out / names[key], "--overwrite"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
            return "" if done.returncode == 0 else done.stdout + done.stderr

        out.mkdir(parents=True)
        with ThreadPoolExecutor() as pool:
            outcomes = dict(zip(self.callable, pool.map(write, self.callable)))
        self.fine(outcomes)
        command = [sys.executable, "-m", "mypy", "--no-error-summary", *sorted(names.values())]
        checked = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, cwd=out)
        self.assertEqual(checked.returncode, 0, checked.stdout[:10000])
        print(f"openapi-python-client: {len(outcomes)} clients, checked by mypy")


if __name__ == "__main__":
    unittest.main()
