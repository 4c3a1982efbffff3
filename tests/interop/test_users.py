"""UserService, called by Python's grpcio."""

import threading
import time
import unittest
import uuid

import grpc
from google.protobuf import empty_pb2, field_mask_pb2, struct_pb2, wrappers_pb2

import support
from shop.v1 import user_pb2
from support import ADA, MALLORY, NOBODY


class Users(support.ShopTest):
    def register(self, **fields):
        fields.setdefault("name", "Edith Clarke")
        fields.setdefault("email", f"{uuid.uuid4()}@shop.example")
        return self.users.CreateUser(user_pb2.CreateUserRequest(**fields))

    def test_the_seed_is_there(self):
        user = self.users.GetUser(user_pb2.GetUserRequest(user_id=ADA))
        self.assertEqual((user.id, user.name, user.email, user.age), (ADA, "Ada Lovelace", "ada@shop.example", 36))
        self.assertTrue(user.active)
        self.assertEqual(user.status, user_pb2.USER_STATUS_ACTIVE)
        self.assertEqual(list(user.roles), ["admin", "customer"])
        self.assertEqual(dict(user.metadata), {"tier": "gold"})
        self.assertEqual(user.created_at.ToJsonString(), "2026-01-01T00:00:00Z")
        self.assertEqual((user.HasField("nickname"), user.nickname, user.version), (True, "Ada", 1))

    def test_create_keeps_every_field(self):
        settings = struct_pb2.Struct()
        settings.update({"zoom": 1.5, "tabs": ["a", None, True], "deep": {"er": {}}})
        preferences = user_pb2.Preferences(
            theme=user_pb2.Preferences.THEME_DARK,
            newsletter=wrappers_pb2.BoolValue(value=False),
            languages=["de", "en-GB"],
            client_settings=settings,
        )
        before = time.time()
        user = self.register(
            name="Zoë 🦀",
            email="zoe@shop.example",
            age=150,
            roles=["writer", "admin"],
            metadata={"k": "v" * 1000, "ключ": ""},
            nickname="z",
            utc_offset_minutes=-720,
            preferences=preferences,
        )
        self.assertEqual(str(uuid.UUID(user.id)), user.id)
        self.assertEqual((user.name, user.email, user.age), ("Zoë 🦀", "zoe@shop.example", 150))
        self.assertEqual(list(user.roles), ["admin", "writer"])
        self.assertEqual(dict(user.metadata), {"k": "v" * 1000, "ключ": ""})
        self.assertEqual((user.nickname, user.utc_offset_minutes), ("z", -720))
        self.assertEqual(user.preferences, preferences)
        self.assertTrue(user.preferences.HasField("newsletter"))
        self.assertAlmostEqual(user.created_at.ToNanoseconds() / 1e9, before, delta=60)
        self.assertEqual(self.users.GetUser(user_pb2.GetUserRequest(user_id=user.id)), user)

    def test_absent_is_not_empty(self):
        user = self.register()
        self.assertFalse(user.HasField("nickname"))
        self.assertFalse(user.HasField("preferences"))
        self.assertEqual((user.age, user.version), (0, 1))

    def test_update_changes_what_is_present(self):
        user = self.register(age=40, nickname="E", roles=["customer"])
        changed = self.users.UpdateUser(
            user_pb2.UpdateUserRequest(user_id=user.id, age=0, status=user_pb2.USER_STATUS_INACTIVE)
        )
        self.assertEqual((changed.age, changed.active, changed.version), (0, False, 2))
        self.assertEqual((changed.name, changed.nickname, list(changed.roles)), (user.name, "E", ["customer"]))
        self.assertGreater(changed.updated_at.ToNanoseconds(), user.updated_at.ToNanoseconds())
        self.assertEqual(changed.created_at, user.created_at)

    def test_update_by_mask_empties_what_is_absent(self):
        user = self.register(nickname="E", metadata={"a": "1"}, age=7)
        mask = field_mask_pb2.FieldMask(paths=["nickname", "metadata"])
        request = user_pb2.UpdateUserRequest(user_id=user.id, age=99, metadata={"b": "2"}, update_mask=mask)
        changed = self.users.UpdateUser(request)
        self.assertFalse(changed.HasField("nickname"))
        self.assertEqual((dict(changed.metadata), changed.age), ({"b": "2"}, 7))

    # Theme, newsletter and languages after a change of the languages without a mask.
    without_mask = (user_pb2.Preferences.THEME_UNSPECIFIED, False, ["fr"])

    def test_update_preferences(self):
        chosen = user_pb2.Preferences(theme=user_pb2.Preferences.THEME_DARK, languages=["de", "en"])
        user = self.register(preferences=chosen)

        def change(*paths, **fields):
            request = user_pb2.UpdatePreferencesRequest(user_id=user.id, preferences=user_pb2.Preferences(**fields))
            if paths:
                request.update_mask.paths.extend(paths)
            answer = self.users.UpdatePreferences(request)
            self.assertEqual(self.users.GetUser(user_pb2.GetUserRequest(user_id=user.id)).preferences, answer)
            return answer.theme, answer.HasField("newsletter"), list(answer.languages)

        dark, light = user_pb2.Preferences.THEME_DARK, user_pb2.Preferences.THEME_LIGHT
        no = wrappers_pb2.BoolValue(value=False)
        self.assertEqual(change("newsletter", newsletter=no, theme=light), (dark, True, ["de", "en"]))
        self.assertEqual(change("languages", "theme", "theme", theme=light), (light, True, []))
        self.assertEqual(change(languages=["fr"]), self.without_mask)

    def test_preferences_are_validated_by_the_mask(self):
        user = self.register()

        def change(*paths, **fields):
            request = user_pb2.UpdatePreferencesRequest(user_id=user.id, preferences=user_pb2.Preferences(**fields))
            request.update_mask.paths.extend(paths)
            answer = self.users.UpdatePreferences(request)
            return [answer.quiet_from if answer.HasField("quiet_from") else None, answer.quiet_until]

        with self.fails(grpc.StatusCode.INVALID_ARGUMENT, "preferences.quiet_from"):
            change("quiet_from", quiet_from=1440, quiet_until=-1)
        # The user has no end of quiet hours yet.
        with self.fails(grpc.StatusCode.INVALID_ARGUMENT, "quiet hours have a beginning and an end"):
            change("quiet_from", quiet_from=1320)
        self.assertEqual(change("quiet_from", "quiet_until", quiet_from=1320, quiet_until=360), [1320, 360])
        # One alone, and what is not named is wrong.
        self.assertEqual(change("quiet_until", quiet_from=-1, quiet_until=420), [1320, 420])
        with self.fails(grpc.StatusCode.INVALID_ARGUMENT, "quiet hours have a beginning and an end"):
            change("quiet_from")
        with self.fails(grpc.StatusCode.INVALID_ARGUMENT, "update_mask: `colour` is not in the message"):
            change("colour")
        # Without a mask everything is meant; over REST what is in the JSON, which is half of it.
        half = user_pb2.Preferences(quiet_from=1)
        request = user_pb2.UpdatePreferencesRequest(user_id=self.register().id, preferences=half)
        with self.fails(grpc.StatusCode.INVALID_ARGUMENT, "quiet hours have a beginning and an end"):
            self.users.UpdatePreferences(request)

    def test_delete(self):
        user = self.register()
        answer = self.users.DeleteUser(user_pb2.DeleteUserRequest(user_id=user.id), metadata=self.staff)
        self.assertEqual(answer, empty_pb2.Empty())
        with self.fails(grpc.StatusCode.NOT_FOUND, user.id):
            self.users.GetUser(user_pb2.GetUserRequest(user_id=user.id))

    def test_metadata_goes_both_ways(self):
        blob = bytes(range(256))
        sent = [("x-request-id", "r-42"), ("x-client-context-bin", blob)]
        _, call = self.users.GetUser.with_call(user_pb2.GetUserRequest(user_id=ADA), metadata=sent)
        self.assertEqual(dict(call.initial_metadata())["x-request-id"], "r-42")
        self.assertEqual(dict(call.trailing_metadata())["x-client-context-bin"], blob)

    def test_metadata_comes_back_with_an_error(self):
        with self.assertRaises(grpc.RpcError) as caught:
            self.users.GetUser(
                user_pb2.GetUserRequest(user_id=NOBODY),
                metadata=[("x-request-id", "r-43"), ("x-client-context-bin", b"\xff\x00")],
            )
        received = dict(caught.exception.initial_metadata()) | dict(caught.exception.trailing_metadata())
        self.assertEqual((received["x-request-id"], received["x-client-context-bin"]), ("r-43", b"\xff\x00"))

    def test_compressed_requests(self):
        user = self.users.CreateUser(
            user_pb2.CreateUserRequest(name="x" * 200, email="gzip@shop.example"), compression=grpc.Compression.Gzip
        )
        self.assertEqual(user.name, "x" * 200)

    def test_many_calls_at_once(self):
        futures = [self.users.GetUser.future(user_pb2.GetUserRequest(user_id=ADA)) for _ in range(200)]
        self.assertEqual({future.result(support.PATIENCE).name for future in futures}, {"Ada Lovelace"})

    def test_of_changes_at_once_one_wins(self):
        user = self.register()
        codes = []

        def change(age):
            try:
                self.users.UpdateUser(user_pb2.UpdateUserRequest(user_id=user.id, age=age, version=1))
                codes.append("OK")
            except grpc.RpcError as error:
                codes.append(error.code().name)

        threads = [threading.Thread(target=change, args=[age]) for age in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(codes), ["ABORTED"] * 7 + ["OK"])

    # Errors, each of its kind.

    def test_already_exists(self):
        with self.fails(grpc.StatusCode.ALREADY_EXISTS, "ADA@shop.example"):
            self.register(email="ADA@shop.example")
        user = self.register()
        with self.fails(grpc.StatusCode.ALREADY_EXISTS, "ada@shop.example"):
            self.users.UpdateUser(user_pb2.UpdateUserRequest(user_id=user.id, email="ada@shop.example"))

    def test_not_found(self):
        with self.fails(grpc.StatusCode.NOT_FOUND, NOBODY):
            self.users.GetUser(user_pb2.GetUserRequest(user_id=NOBODY))
        with self.fails(grpc.StatusCode.NOT_FOUND, NOBODY):
            self.users.UpdateUser(user_pb2.UpdateUserRequest(user_id=NOBODY, name="x"))
        with self.fails(grpc.StatusCode.NOT_FOUND, NOBODY):
            self.users.DeleteUser(user_pb2.DeleteUserRequest(user_id=NOBODY), metadata=self.staff)

    def test_invalid_argument(self):
        with self.fails(grpc.StatusCode.INVALID_ARGUMENT):
            self.register(age=-1)
        with self.fails(grpc.StatusCode.INVALID_ARGUMENT):
            self.register(name="")
        for path in ("created_at", "name.first"):
            with self.fails(grpc.StatusCode.INVALID_ARGUMENT, "update_mask"):
                mask = field_mask_pb2.FieldMask(paths=[path])
                self.users.UpdateUser(user_pb2.UpdateUserRequest(user_id=ADA, update_mask=mask))

    def test_aborted(self):
        user = self.register()
        with self.fails(grpc.StatusCode.ABORTED, "version"):
            self.users.UpdateUser(user_pb2.UpdateUserRequest(user_id=user.id, age=1, version=77))
        with self.fails(grpc.StatusCode.ABORTED, "version"):
            self.users.DeleteUser(user_pb2.DeleteUserRequest(user_id=user.id, version=77), metadata=self.staff)
        self.assertEqual(self.users.GetUser(user_pb2.GetUserRequest(user_id=user.id)), user)

    def test_failed_precondition(self):
        with self.fails(grpc.StatusCode.FAILED_PRECONDITION, "orders"):
            self.users.DeleteUser(user_pb2.DeleteUserRequest(user_id=ADA), metadata=self.staff)

    def test_unauthenticated(self):
        request = user_pb2.DeleteUserRequest(user_id=MALLORY)
        with self.fails(grpc.StatusCode.UNAUTHENTICATED):
            self.users.DeleteUser(request)
        with self.fails(grpc.StatusCode.UNAUTHENTICATED, "token"):
            self.users.DeleteUser(request, metadata=[("authorization", "Bearer of bad news")])
        self.assertEqual(self.users.GetUser(user_pb2.GetUserRequest(user_id=MALLORY)).name, "Mallory Malone")

    def test_unimplemented(self):
        nothing = {"request_serializer": bytes, "response_deserializer": bytes}
        with self.fails(grpc.StatusCode.UNIMPLEMENTED):
            self.channel.unary_unary("/shop.v1.UserService/Nothing", **nothing)(b"")
        with self.fails(grpc.StatusCode.UNIMPLEMENTED):
            self.channel.unary_unary("/shop.v1.NoService/GetUser", **nothing)(b"")

    def test_bytes_that_are_no_message(self):
        call = self.channel.unary_unary(
            "/shop.v1.UserService/GetUser", request_serializer=bytes, response_deserializer=bytes
        )
        with self.assertRaises(grpc.RpcError) as caught:
            call(b"\x0a\xff\xff\xff")
        self.assertIn(caught.exception.code(), (grpc.StatusCode.INTERNAL, grpc.StatusCode.INVALID_ARGUMENT))
        self.assertEqual(self.users.GetUser(user_pb2.GetUserRequest(user_id=ADA)).id, ADA)


if __name__ == "__main__":
    unittest.main()
