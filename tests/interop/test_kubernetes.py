"""The manifests of `examples/scale-out/kubernetes` are what Kubernetes takes, and fit the shop that they run."""

import os
import re
import subprocess
import tempfile
import unittest

import grpc
import kubernetes_validate
import requests
import yaml
from grpc_health.v1 import health_pb2, health_pb2_grpc

from support import PATIENCE, ROOT, Shop

FOLDER = ROOT / "examples/scale-out/kubernetes"
VERSION = "1.37"
# What a shop takes of PostgreSQL's connections, and what that has if nobody says otherwise.
CONNECTIONS = 13
MAX_CONNECTIONS = 100


def manifests():
    files = sorted(FOLDER.glob("*.yaml"))
    return [document for file in files for document in yaml.safe_load_all(file.read_text())]


def of_kind(kind):
    (found,) = [manifest for manifest in manifests() if manifest["kind"] == kind]
    return found


class Kubernetes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.help = subprocess.run(
            [os.environ["SHOP_BIN"], "--help"], capture_output=True, text=True, check=True, timeout=PATIENCE
        ).stdout
        cls.pod = of_kind("Deployment")["spec"]["template"]
        (cls.container,) = cls.pod["spec"]["containers"]
        cls.flags = dict((flag.removeprefix("--") + "=").split("=")[:2] for flag in cls.container["args"])
        cls.ports = {port["name"]: port["containerPort"] for port in cls.container["ports"]}

    def test_kubernetes_takes_them(self):
        self.assertGreaterEqual(len(manifests()), 6)
        for manifest in manifests():
            with self.subTest(manifest["kind"]):
                kubernetes_validate.validate(manifest, VERSION, strict=True)

    def test_the_validator_refuses_what_is_wrong(self):
        wrong = of_kind("Deployment")
        wrong["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(wrong, VERSION, strict=True)
        wrong = of_kind("PodDisruptionBudget")
        wrong["spec"]["maxUnavailable"] = [1]
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(wrong, VERSION, strict=True)

    def test_the_shop_has_the_flags_and_variables(self):
        for flag in self.flags:
            self.assertRegex(self.help, rf"(?m)^\s+--{re.escape(flag)}\b")
        for variable in self.container["env"]:
            self.assertIn(f"[env: {variable['name']}", self.help)

    def test_ports_are_those_of_the_flags(self):
        self.assertEqual(self.flags["listen"], f"0.0.0.0:{self.ports['grpc']}")
        self.assertEqual(self.flags["admin"], f"0.0.0.0:{self.ports['admin']}")
        (service,) = of_kind("Service")["spec"]["ports"]
        self.assertEqual((service["targetPort"], service["port"]), ("grpc", self.ports["grpc"]))
        self.assertEqual(of_kind("Service")["spec"]["clusterIP"], "None")
        for rule in of_kind("NetworkPolicy")["spec"]["ingress"]:
            for port in rule["ports"]:
                self.assertIn(port["port"], self.ports)

    def test_probes_find_what_they_ask_for(self):
        data = tempfile.TemporaryDirectory(prefix="shop-kubernetes-")
        self.addCleanup(data.cleanup)
        shop = Shop(data.name, "--admin", "127.0.0.1:0")
        self.addCleanup(shop.stop)
        admin = re.search(r"^admin on (http://\S+)$", "".join(shop.lines), re.M)[1]
        probes = [self.container[f"{name}Probe"] for name in ("startup", "readiness", "liveness")]
        for probe in probes:
            if "grpc" in probe:
                self.assertEqual(probe["grpc"]["port"], self.ports["grpc"])
                request = health_pb2.HealthCheckRequest(service=probe["grpc"].get("service", ""))
                with grpc.insecure_channel(shop.addr) as channel:
                    answer = health_pb2_grpc.HealthStub(channel).Check(request, timeout=PATIENCE)
                self.assertEqual(answer.status, health_pb2.HealthCheckResponse.SERVING)
            else:
                self.assertEqual(probe["httpGet"]["port"], "admin")
                answer = requests.get(admin + probe["httpGet"]["path"], timeout=PATIENCE)
                self.assertEqual(answer.status_code, 200)

    def test_it_has_time_to_end(self):
        pause = self.container["lifecycle"]["preStop"]["sleep"]["seconds"]
        drain = int(self.flags["drain-delay"]) + int(self.flags["drain-timeout"])
        self.assertGreater(self.pod["spec"]["terminationGracePeriodSeconds"], pause + drain)
        readiness = self.container["readinessProbe"]
        self.assertGreaterEqual(int(self.flags["drain-delay"]), readiness["periodSeconds"] * readiness["failureThreshold"])

    def test_all_mean_the_same_shops(self):
        labels = self.pod["metadata"]["labels"]
        self.assertEqual(of_kind("Deployment")["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(of_kind("Service")["spec"]["selector"], labels)
        self.assertEqual(of_kind("PodDisruptionBudget")["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(of_kind("NetworkPolicy")["spec"]["podSelector"]["matchLabels"], labels)
        self.assertEqual(self.pod["spec"]["serviceAccountName"], of_kind("ServiceAccount")["metadata"]["name"])
        scaled = of_kind("HorizontalPodAutoscaler")["spec"]
        deployment = of_kind("Deployment")
        self.assertEqual(
            scaled["scaleTargetRef"],
            {"apiVersion": deployment["apiVersion"], "kind": "Deployment", "name": deployment["metadata"]["name"]},
        )
        self.assertNotIn("replicas", deployment["spec"])
        self.assertLess((scaled["maxReplicas"] + 1) * CONNECTIONS, MAX_CONNECTIONS)

    def test_it_has_no_rights_that_it_does_not_need(self):
        self.assertTrue(self.pod["spec"]["securityContext"]["runAsNonRoot"])
        rights = self.container["securityContext"]
        self.assertTrue(rights["readOnlyRootFilesystem"])
        self.assertFalse(rights["allowPrivilegeEscalation"])
        self.assertEqual(rights["capabilities"], {"drop": ["ALL"]})
        # All that the shop writes is in a volume.
        (mount,) = self.container["volumeMounts"]
        self.assertEqual(mount["mountPath"], self.flags["data"])
        for variable in self.container["env"]:
            self.assertNotIn("value", variable, "what is secret is in a Secret")


if __name__ == "__main__":
    unittest.main()
