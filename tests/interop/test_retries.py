"""gRPC's service config: the Rust client and grpcio's own against one server that fails on purpose.

Both get the same config. What arrives at the server, attempt by attempt, and how the calls end has to be the same.
"""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import time
import unittest

import grpc

from interop_stubs import messages, service
from support import PATIENCE

RUST_CLIENT = pathlib.Path(os.environ["INTEROP_CLIENT"]).with_name("retry-client")

Code = grpc.StatusCode


def retry(attempts=4, codes=("UNAVAILABLE",), initial="0.01s", **more):
    return {
        "maxAttempts": attempts,
        "initialBackoff": initial,
        "maxBackoff": "10s",
        "backoffMultiplier": 1.5,
        "retryableStatusCodes": list(codes),
        **more,
    }


def config(policy=None, name=None, **more):
    """A service config with a policy for all methods, or for those that are named."""
    names = [name if name is not None else {"service": "grpc.testing.TestService"}]
    methods = [{"name": names, "retryPolicy": policy}] if policy else []
    return {"methodConfig": methods, **more}


class Failing(service.TestServiceServicer):
    """Ends attempts as a script says: a code, and perhaps trailers, and for streams a number of responses before.

    DEADLINE_EXCEEDED comes late.
    """

    def __init__(self):
        self.begin([])

    def begin(self, script):
        self.script, self.previous, self.requests = list(script), [], []

    def attempt(self, context):
        metadata = dict(context.invocation_metadata())
        self.previous.append(metadata.get("grpc-previous-rpc-attempts"))
        index = min(len(self.previous), len(self.script)) - 1
        step = self.script[index]
        if step == Code.DEADLINE_EXCEEDED:
            time.sleep(2)
        return step if isinstance(step, tuple) else (step, (), 0)

    def end(self, context, code, trailers):
        context.set_trailing_metadata(trailers)
        if code != Code.OK:
            context.abort(code, "on purpose")

    def UnaryCall(self, request, context):
        code, trailers, _ = self.attempt(context)
        self.end(context, code, trailers)
        return messages.SimpleResponse()

    def StreamingInputCall(self, requests, context):
        self.requests.append(sum(len(request.payload.body) for request in requests))
        code, trailers, _ = self.attempt(context)
        self.end(context, code, trailers)
        return messages.StreamingInputCallResponse()

    def StreamingOutputCall(self, request, context):
        code, trailers, count = self.attempt(context)
        for _ in range(count):
            yield messages.StreamingOutputCallResponse()
        self.end(context, code, trailers)


class Retries(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Failing()
        cls.server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
        service.add_TestServiceServicer_to_server(cls.service, cls.server)
        cls.port = cls.server.add_insecure_port("127.0.0.1:0")
        cls.server.start()
        cls.addClassCleanup(lambda: cls.server.stop(None).wait())

    def rust(self, config, method, calls, timeout):
        command = [RUST_CLIENT, "--target", f"http://127.0.0.1:{self.port}", "--config", json.dumps(config)]
        command += ["--method", method, "--calls", str(calls), "--timeout", str(timeout)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return [(line.split()[0], int(line.split()[1])) for line in done.stdout.splitlines()]

    def python(self, config, method, calls, timeout):
        options = [("grpc.service_config", json.dumps(config)), ("grpc.enable_retries", 1)]
        outcomes = []
        with grpc.insecure_channel(f"127.0.0.1:{self.port}", options) as channel:
            stub = service.TestServiceStub(channel)
            for _ in range(calls):
                count = 0
                try:
                    if method == "unary":
                        stub.UnaryCall(messages.SimpleRequest(), timeout=timeout / 1000)
                        count = 1
                    elif method == "input":
                        request = messages.StreamingInputCallRequest(payload=messages.Payload(body=bytes(100)))
                        stub.StreamingInputCall(iter([request] * 3), timeout=timeout / 1000)
                        count = 1
                    else:
                        request = messages.StreamingOutputCallRequest()
                        for _ in stub.StreamingOutputCall(request, timeout=timeout / 1000):
                            count += 1
                    outcomes.append(("OK", count))
                except grpc.RpcError as error:
                    outcomes.append((error.code().name, count))
        return outcomes

    def check(self, config, script, outcomes, previous, method="unary", timeout=30_000):
        """Both clients: how their calls end, and what each attempt says of those before it."""
        for client in (self.python, self.rust):
            with self.subTest(client=client.__name__):
                self.service.begin(script)
                self.assertEqual(client(config, method, len(outcomes), timeout), outcomes)
                self.assertEqual(self.service.previous, previous)
                if method == "input":
                    self.assertEqual(self.service.requests, [300] * len(previous))

    def test_until_it_works(self):
        script = [Code.UNAVAILABLE, Code.UNAVAILABLE, Code.OK]
        self.check(config(retry()), script, [("OK", 1)], [None, "1", "2"])

    def test_the_last_error_is_the_outcome(self):
        script = [Code.UNAVAILABLE]
        self.check(config(retry(3)), script, [("UNAVAILABLE", 0)], [None, "1", "2"])

    def test_at_most_five_attempts(self):
        script = [Code.UNAVAILABLE]
        self.check(config(retry(9)), script, [("UNAVAILABLE", 0)], [None, "1", "2", "3", "4"])

    def test_other_codes_are_the_outcome(self):
        script = [Code.UNAVAILABLE, Code.NOT_FOUND]
        self.check(config(retry()), script, [("NOT_FOUND", 0)], [None, "1"])

    def test_several_codes(self):
        script = [Code.ABORTED, Code.INTERNAL, Code.OK]
        policy = retry(codes=["ABORTED", "INTERNAL"])
        self.check(config(policy), script, [("OK", 1)], [None, "1", "2"])

    def test_without_a_policy_there_is_one_attempt(self):
        self.check(config(), [Code.UNAVAILABLE], [("UNAVAILABLE", 0)], [None])

    def test_the_policy_of_another_method(self):
        name = {"service": "grpc.testing.TestService", "method": "EmptyCall"}
        self.check(config(retry(), name), [Code.UNAVAILABLE], [("UNAVAILABLE", 0)], [None])

    def test_the_policy_of_all_methods(self):
        self.check(config(retry(), {}), [Code.UNAVAILABLE, Code.OK], [("OK", 1)], [None, "1"])

    def test_pushback(self):
        later = (Code.UNAVAILABLE, (("grpc-retry-pushback-ms", "10"),), 0)
        policy = retry(initial="9s")
        self.check(config(policy), [later, Code.OK], [("OK", 1)], [None, "1"])

    def test_pushback_that_stops(self):
        never = (Code.UNAVAILABLE, (("grpc-retry-pushback-ms", "-1"),), 0)
        self.check(config(retry()), [never, Code.OK], [("UNAVAILABLE", 0)], [None])

    def test_throttling(self):
        # 4 tokens: after the first failure 3 are left, after the second 2, which is half of them.
        throttled = config(retry(), retryThrottling={"maxTokens": 4, "tokenRatio": 0.1})
        outcomes = [("UNAVAILABLE", 0)] * 3
        self.check(throttled, [Code.UNAVAILABLE], outcomes, [None, "1", None, None])

    def test_successes_fill_the_bucket(self):
        throttled = config(retry(2), retryThrottling={"maxTokens": 4, "tokenRatio": 1})
        script = [Code.UNAVAILABLE, Code.UNAVAILABLE, Code.OK, Code.UNAVAILABLE, Code.OK]
        outcomes = [("UNAVAILABLE", 0), ("OK", 1), ("UNAVAILABLE", 0), ("OK", 1)]
        self.check(throttled, script, outcomes, [None, "1", None, None, None])

    def test_responses_that_have_not_begun(self):
        script = [Code.UNAVAILABLE, (Code.OK, (), 2)]
        self.check(config(retry()), script, [("OK", 2)], [None, "1"], "output")

    def test_responses_that_have_begun(self):
        script = [(Code.UNAVAILABLE, (), 1), Code.OK]
        self.check(config(retry()), script, [("UNAVAILABLE", 1)], [None], "output")

    def test_requests_are_sent_again(self):
        script = [Code.UNAVAILABLE, Code.UNAVAILABLE, Code.OK]
        self.check(config(retry()), script, [("OK", 1)], [None, "1", "2"], "input")

    def test_a_deadline_before_the_pause_is_over(self):
        """The Rust client says at once what went wrong; grpcio waits for the deadline."""
        self.service.begin([Code.UNAVAILABLE])
        policy = config(retry(initial="9s"))
        self.assertEqual(self.rust(policy, "unary", 1, 5_000), [("UNAVAILABLE", 0)])
        self.assertEqual(self.service.previous, [None])

    def test_the_timeout_of_the_config(self):
        slow = config()
        slow["methodConfig"] = [{"name": [{}], "timeout": "0.2s"}]
        for client in (self.python, self.rust):
            self.service.begin([Code.DEADLINE_EXCEEDED])
            self.assertEqual(client(slow, "unary", 1, 30_000), [("DEADLINE_EXCEEDED", 0)])

    def test_the_sizes_of_the_config(self):
        small = config()
        small["methodConfig"] = [{"name": [{}], "maxRequestMessageBytes": 50}]
        for client in (self.python, self.rust):
            self.service.begin([Code.OK])
            self.assertEqual(client(small, "input", 1, 30_000), [("RESOURCE_EXHAUSTED", 0)])

    def test_what_is_wrong_is_refused_by_both(self):
        wrong = config(retry(1))
        done = subprocess.run(
            [RUST_CLIENT, "--target", "http://127.0.0.1:1", "--config", json.dumps(wrong)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        self.assertIn("methodConfig[0].retryPolicy.maxAttempts: it must be an integer above 1", done.stderr)
        self.service.begin([Code.OK])
        self.assertNotEqual(self.python(wrong, "unary", 1, 1_000), [("OK", 1)])


if __name__ == "__main__":
    unittest.main()
