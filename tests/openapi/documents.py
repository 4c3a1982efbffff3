"""The documents that the tools read: of the shop, of every golden case and of Google's protos, in both versions."""

import json
import os
import pathlib
import subprocess
import sysconfig

import yaml

ROOT = pathlib.Path(os.environ["RSVC_ROOT"])
GENERATOR = os.environ["GENERATOR"]
HOME = pathlib.Path(os.environ["OPENAPI_HOME"])
NODE = pathlib.Path(os.environ["OPENAPI_NODE"])
VERSIONS = ["3.1", "3.2"]

SHOP = "shop"
GOLDENS = ROOT / "tests/snapshots/gen"


def tool(name, *arguments):
    """A command of the Node packages."""
    return [str(NODE / "node_modules/.bin" / name), *arguments]


class Protos:
    """Files that are described together."""

    def __init__(self, name, folder, files, options=()):
        self.name, self.folder, self.files, self.options = name, folder, files, options

    def write(self, version):
        """Writes their document; where it is. Unary methods have their paths of Connect as well, except in the shop's."""
        path = HOME / version / f"{self.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        options = [f"openapi_version={version}", *self.options]
        if self.name != SHOP:
            options.append("openapi_connect=true")
        command = [GENERATOR, "openapi", "--out", path, "-I", self.folder]
        for option in options:
            command += ["--opt", option]
        done = subprocess.run([*command, *self.files], capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"no document of {self.name}: {done.stderr}")
        return path


def protos_in(folder):
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*.proto"))


def shop():
    files = [f"shop/v1/{name}.proto" for name in ("user", "order", "upload", "chat")]
    return Protos(SHOP, ROOT / "examples/shop/proto", files)


def golden(folder):
    files, options = [], []
    arguments = folder / "args"
    for line in arguments.read_text().splitlines() if arguments.exists() else []:
        kind, value = line.split(" ", 1)
        if kind == "file":
            files.append(value)
        # Which documents there are is said here.
        elif kind == "opt" and not value.startswith("openapi"):
            options.append(value.replace("\\,", ","))
    protos = folder / "proto"
    return Protos(folder.name, protos, files or protos_in(protos), options)


def googleapis():
    packages = pathlib.Path(sysconfig.get_paths()["purelib"])
    files = [file for file in protos_in(packages / "google") if not file.startswith("protobuf/")]
    return Protos("googleapis", packages, [f"google/{file}" for file in files])


def everything():
    """The protos that are described, by name; those of the golden cases that have a service or a message."""
    goldens = [golden(folder) for folder in sorted(GOLDENS.iterdir()) if (folder / "proto").is_dir()]
    return [shop(), *goldens, googleapis()]


def expected():
    """The documents that are goldens, by version and name."""
    files = [*GOLDENS.glob("*/expected/*openapi.*"), *(ROOT / "tests/snapshots/openapi").glob("*/openapi.*")]
    return {(str(file.relative_to(ROOT / "tests/snapshots")), load(file)["openapi"][:3]): file for file in files}


def load(path):
    text = path.read_text()
    return yaml.safe_load(text) if path.suffix == ".yaml" else json.loads(text)
