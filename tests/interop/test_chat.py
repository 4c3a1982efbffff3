"""ChatService, called by Python's grpcio: streams in both directions at the same time."""

import time
import unittest
import uuid

import grpc
from google.protobuf import duration_pb2

import support
from shop.v1 import chat_pb2, user_pb2
from support import ADA, GRACE, MALLORY, NOBODY, Requests


def say(room, user_id, message="", **fields):
    return chat_pb2.ChatMessage(session_id=room, user_id=user_id, message=message, **fields)


class Chat(support.ShopTest):
    def setUp(self):
        self.room = f"room-{uuid.uuid4()}"

    def join(self, user_id, *messages, **options):
        requests = Requests(say(self.room, user_id), *(say(self.room, user_id, message) for message in messages))
        self.addCleanup(requests.close)
        return requests, self.chats.Chat(iter(requests), timeout=support.PATIENCE, **options)

    def test_two_people_talk(self):
        ada, heard_by_ada = self.join(ADA, "anybody here?")
        question = next(heard_by_ada)
        grace, heard_by_grace = self.join(GRACE)
        history = next(heard_by_grace)
        self.assertTrue(history.from_history)
        self.assertEqual((history.message, history.message_id), ("anybody here?", question.message_id))
        grace.send(say(self.room, GRACE, "me", reply_to=history.message_id))
        for heard in (heard_by_ada, heard_by_grace):
            answer = next(heard)
            self.assertEqual((answer.user_id, answer.message, answer.from_history), (GRACE, "me", False))
            self.assertTrue(answer.HasField("reply_to"))
            self.assertEqual(answer.reply_to, question.message_id)
            self.assertAlmostEqual(answer.timestamp.ToNanoseconds() / 1e9, time.time(), delta=60)
        ada.send(say(self.room, ADA, "good"))
        self.assertEqual((next(heard_by_ada).message, next(heard_by_grace).message), ("good", "good"))
        ada.close()
        self.assertEqual(list(heard_by_ada), [])
        self.assertEqual(heard_by_ada.code(), grpc.StatusCode.OK)
        grace.send(say(self.room, GRACE, "alone"))
        self.assertEqual(next(heard_by_grace).message, "alone")

    def test_who_stops_talking_hears_the_rest(self):
        texts = [f"message {number}" for number in range(50)]
        messages = [say(self.room, ADA, text) for text in texts]
        heard = list(self.chats.Chat(iter(messages), timeout=support.PATIENCE))
        self.assertEqual([message.message for message in heard], texts)
        self.assertEqual(len({message.message_id for message in heard}), len(texts))

    def test_a_room_remembers_its_last_messages(self):
        texts = [f"message {number}" for number in range(120)]
        list(self.chats.Chat(iter([say(self.room, ADA, text) for text in texts]), timeout=support.PATIENCE))
        heard = list(self.chats.Chat(iter([say(self.room, GRACE)]), timeout=support.PATIENCE))
        self.assertEqual([message.message for message in heard], texts[-100:])
        self.assertEqual({message.from_history for message in heard}, {True})

    def test_rooms_are_apart(self):
        ada, heard = self.join(ADA, "here")
        next(heard)
        other = list(self.chats.Chat(iter([say(self.room + "x", GRACE, "there")]), timeout=support.PATIENCE))
        self.assertEqual([message.message for message in other], ["there"])
        ada.close()
        self.assertEqual(list(heard), [])

    def test_an_empty_stream_is_an_empty_answer(self):
        self.assertEqual(list(self.chats.Chat(iter([]))), [])

    def test_cancelled(self):
        _, heard = self.join(ADA, "bye")
        next(heard)
        heard.cancel()
        with self.fails(grpc.StatusCode.CANCELLED):
            next(heard)

    def test_metadata_of_streams(self):
        requests, heard = self.join(ADA, metadata=[("x-request-id", "c-1"), ("x-client-context-bin", b"\x80")])
        self.assertEqual(dict(heard.initial_metadata())["x-request-id"], "c-1")
        requests.close()
        self.assertEqual(list(heard), [])
        self.assertEqual(dict(heard.trailing_metadata())["x-client-context-bin"], b"\x80")

    def test_a_deadline_ends_a_talk(self):
        requests = Requests(say(self.room, ADA))
        self.addCleanup(requests.close)
        with self.fails(grpc.StatusCode.DEADLINE_EXCEEDED):
            list(self.chats.Chat(iter(requests), timeout=0.3))

    def test_not_found(self):
        with self.fails(grpc.StatusCode.NOT_FOUND, NOBODY):
            list(self.chats.Chat(iter([say(self.room, NOBODY, "boo")])))

    def test_permission_denied(self):
        with self.fails(grpc.StatusCode.PERMISSION_DENIED, MALLORY):
            list(self.chats.Chat(iter([say(self.room, MALLORY, "let me in")])))

    def test_a_call_speaks_for_one_user(self):
        requests, heard = self.join(ADA, "it is me")
        next(heard)
        requests.send(say(self.room, GRACE, "no, me"))
        with self.fails(grpc.StatusCode.INVALID_ARGUMENT, "user_id"):
            next(heard)


class Monitor(support.ShopTest):
    def monitor(self, *requests):
        requests = Requests(*(chat_pb2.MonitorRequest(**request) for request in requests))
        self.addCleanup(requests.close)
        return requests, self.chats.Monitor(iter(requests), timeout=support.PATIENCE)

    def test_each_request_is_answered(self):
        requests, answers = self.monitor(
            {"service_id": "shop", "metric": chat_pb2.METRIC_TYPE_MEMORY},
            {"service_id": "shop.v1.ChatService", "metric": chat_pb2.METRIC_TYPE_REQUESTS},
            {"service_id": "shop"},
        )
        requests.close()
        memory, calls, everything = list(answers)
        self.assertGreater(memory.memory_usage, 1)
        self.assertFalse(memory.HasField("cpu_usage") or memory.HasField("request_count"))
        self.assertEqual(calls.service_id, "shop.v1.ChatService")
        self.assertGreaterEqual(calls.request_count_by_method["Monitor"], 1)
        self.assertEqual(calls.request_count, sum(calls.request_count_by_method.values()))
        self.assertFalse(calls.HasField("memory_usage"))
        for field in ("cpu_usage", "memory_usage", "request_count", "load_average"):
            self.assertTrue(everything.HasField(field), field)
        self.assertGreaterEqual(everything.cpu_usage, 0)
        self.assertAlmostEqual(everything.sampled_at_unix_nanos / 1e9, time.time(), delta=60)
        self.assertGreater(everything.uptime.ToNanoseconds(), 0)

    def test_it_counts(self):
        requests, answers = self.monitor({"service_id": "shop.v1.UserService"})
        before = next(answers).request_count_by_method["GetUser"]
        for _ in range(3):
            self.users.GetUser(user_pb2.GetUserRequest(user_id=ADA))
        requests.send(chat_pb2.MonitorRequest(service_id="shop.v1.UserService"))
        self.assertEqual(next(answers).request_count_by_method["GetUser"], before + 3)

    def test_it_measures_again_and_again(self):
        interval = duration_pb2.Duration(nanos=50_000_000)
        requests, answers = self.monitor({"service_id": "shop", "interval": interval})
        times = [next(answers).sampled_at_unix_nanos for _ in range(4)]
        self.assertEqual(times, sorted(times))
        # The first answers the request; those after it wait for the clock.
        self.assertGreaterEqual(times[3] - times[0], 140_000_000)
        requests.send(chat_pb2.MonitorRequest(service_id="shop", metric=chat_pb2.METRIC_TYPE_CPU))
        while next(answers).HasField("memory_usage"):
            pass
        requests.close()
        self.assertEqual(list(answers), [])

    def test_not_found(self):
        _, answers = self.monitor({"service_id": "shop.v1.NoService"})
        with self.fails(grpc.StatusCode.NOT_FOUND, "shop.v1.NoService"):
            next(answers)

    def test_invalid_argument(self):
        for interval in (duration_pb2.Duration(), duration_pb2.Duration(seconds=-1)):
            _, answers = self.monitor({"service_id": "shop", "interval": interval})
            with self.fails(grpc.StatusCode.INVALID_ARGUMENT, "interval"):
                list(answers)


if __name__ == "__main__":
    unittest.main()
