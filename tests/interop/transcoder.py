"""A real Envoy with its `grpc_json_transcoder` in front of a gRPC server: the peer of our REST adapter."""

import json
import os
import pathlib
import subprocess
import tempfile
import time
import urllib.request

import grpc
from google.protobuf import descriptor_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_reflection.v1alpha import reflection_pb2

SERVICES = [f"shop.v1.{name}Service" for name in ("Chat", "Order", "Upload", "User")]
VERSION = "1.40"
# A program inside of a Python package, among xtask's requirements.
PROGRAM = pathlib.Path(os.environ.get("RSVC_VENV", "/nowhere")) / "bin" / "envoy"
PATIENCE = 60


def why_not():
    """Why there can be no Envoy on this machine; `None` where it runs."""
    if not PROGRAM.exists():
        return "there is no envoy in RSVC_VENV"
    tried = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, timeout=PATIENCE, env=clean())
    if tried.returncode == 0 and f"/{VERSION}." in tried.stdout:
        return None
    said = (tried.stdout + tried.stderr).strip().splitlines()
    return f"Envoy {VERSION} does not run here: {said[-1] if said else f'it ended with {tried.returncode}'}"


def clean():
    """The environment without what is for the tests' own Python."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


class Envoy:
    """The program, on a port that the system picks, until `stop`."""

    def __init__(self, backend):
        self.folder = tempfile.TemporaryDirectory(prefix="envoy-test-")
        folder = pathlib.Path(self.folder.name)
        with grpc.insecure_channel(backend) as channel:
            (folder / "descriptors").write_bytes(descriptors(channel).SerializeToString())
        (folder / "config.json").write_text(json.dumps(config(folder, backend)))
        self.log = (folder / "log").open("w+")
        self.process = subprocess.Popen(
            [PROGRAM, "--config-path", folder / "config.json", "--concurrency", "1"]
            + ["--admin-address-path", folder / "admin", "--use-dynamic-base-id", "--log-level", "warning"],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            env=clean(),
        )
        try:
            self.addr = self.wait_for_listener(folder / "admin")
        except BaseException:
            self.stop()
            raise

    def wait_for_listener(self, admin):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            if admin.exists() and admin.read_text():
                for listener in self.ask(admin.read_text(), "listeners?format=json").get("listener_statuses", []):
                    address = listener["local_address"]["socket_address"]
                    return f"{address['address']}:{address['port_value']}"
            time.sleep(0.05)
        self.log.seek(0)
        raise AssertionError(f"Envoy does not listen: {self.log.read()}")

    @staticmethod
    def ask(admin, path):
        try:
            with urllib.request.urlopen(f"http://{admin}/{path}", timeout=PATIENCE) as answer:
                return json.load(answer)
        except OSError:
            return {}

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.folder.cleanup()


def descriptors(channel):
    """The descriptor set that the server was generated from, as its reflection tells it.

    Envoy prints what is packed in an `Any` only if it knows the type, so the standard error details go along.
    """
    ask = channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    ordered = {}

    def put(file):
        """Behind all that it imports."""
        if file.name not in ordered:
            for imported in file.dependency:
                if imported not in ordered:
                    put(find(file_by_filename=imported))
            ordered[file.name] = file

    def find(**wanted):
        (answer,) = ask(iter([reflection_pb2.ServerReflectionRequest(**wanted)]), timeout=PATIENCE)
        (encoded, *_) = answer.file_descriptor_response.file_descriptor_proto
        return descriptor_pb2.FileDescriptorProto.FromString(encoded)

    def put_with_imports(descriptor):
        for imported in descriptor.dependencies:
            put_with_imports(imported)
        put(descriptor_pb2.FileDescriptorProto.FromString(descriptor.serialized_pb))

    for name in SERVICES:
        put(find(file_containing_symbol=name))
    for module in (status_pb2, error_details_pb2):
        put_with_imports(module.DESCRIPTOR)
    return descriptor_pb2.FileDescriptorSet(file=ordered.values())


def config(folder, backend):
    def typed(name, **fields):
        return {"@type": f"type.googleapis.com/envoy.{name}", **fields}

    def address(host, port):
        return {"socket_address": {"address": host, "port_value": int(port)}}

    anywhere = address("127.0.0.1", 0)
    transcoder = typed(
        "extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
        proto_descriptor=str(folder / "descriptors"),
        services=SERVICES,
        convert_grpc_status=True,
    )
    # What the transcoder did not turn into gRPC must not reach the server, which speaks REST itself.
    route = {"match": {"prefix": "/shop.v1."}, "route": {"cluster": "shop", "timeout": "0s"}}
    manager = typed(
        "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="rest",
        generate_request_id=False,
        route_config={"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        http_filters=[
            {"name": "transcoder", "typed_config": transcoder},
            {"name": "router", "typed_config": typed("extensions.filters.http.router.v3.Router")},
        ],
    )
    http2 = typed(
        "extensions.upstreams.http.v3.HttpProtocolOptions", explicit_http_config={"http2_protocol_options": {}}
    )
    listener = {
        "name": "rest",
        "address": anywhere,
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    cluster = {
        "name": "shop",
        "type": "STATIC",
        "connect_timeout": "10s",
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2},
        "load_assignment": {
            "cluster_name": "shop",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(*backend.split(":"))}}]}],
        },
    }
    return {"admin": {"address": anywhere}, "static_resources": {"listeners": [listener], "clusters": [cluster]}}
