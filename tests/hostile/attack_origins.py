"""Row 11: what a browser sends from a page of another origin without asking first."""

import json
import uuid

import http1
from harness import Wrong, attack
from shop_calls import CREATE_USER, GET_USER, MONITOR
from transports import call

EVIL = "https://evil.example"
# The content types that a page may send without a preflight, and none at all.
SIMPLE = [
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    None,
]
# What a browser says of such a page.
PAGES = [
    {"origin": EVIL},
    {"origin": "null"},
    {"origin": EVIL, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
    {"sec-fetch-site": "same-site", "origin": "https://other.shop.example"},
]


def user():
    return json.dumps({"name": "x", "email": f"{uuid.uuid4()}@shop.example"}).encode()


def post(victim, path, media, headers, body, host=None):
    headers = {"cookie": "session=1"} | headers | ({"content-type": media} if media else {})
    return http1.call(victim.addr, "POST", path, headers, body, host)


def executed(victim, body):
    """Whether the user is there: a second of the same address is refused."""
    return call(victim.addr, "rest-json", CREATE_USER, [body]).code != "OK"


@attack(11, "rest", fast=True)
def form_of_another_origin(victim, transport):
    done = 0
    for page in PAGES:
        for media in SIMPLE:
            body = user()
            status = post(victim, CREATE_USER.path, media, page, body).status
            if status != 403:
                raise Wrong(f"{status} for {media} from {page}" + (", executed" if executed(victim, body) else ""))
            if executed(victim, body):
                raise Wrong(f"403 for {media} from {page}, and executed")
            done += 1
    return f"{done} forms, 403 each"


@attack(11, "connect", fast=True)
def form_of_another_origin_to_a_method(victim, transport):
    """To the method's own path: whatever the answer, nothing happens."""
    for page in PAGES:
        for media in SIMPLE:
            body = user()
            status = post(victim, f"/{CREATE_USER.rpc}", media, page, body).status
            if status not in (403, 404, 415) or executed(victim, body):
                raise Wrong(f"{status} for {media} from {page}")
    return "403 or 415 each"


@attack(11, "rest", fast=True)
def those_who_are_no_page_of_another_origin(victim, transport):
    """They are served as ever: curl's users, and the server's own pages."""
    own = f"http://{victim.addr}"
    callers = [{}, {"origin": own}, {"origin": own, "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}]
    for headers in callers:
        for media in (*SIMPLE, "application/json"):
            answer = post(victim, CREATE_USER.path, media, headers, user())
            if answer.status != 200:
                raise Wrong(f"{answer.status} for {media} from {headers}")
            if answer.headers.get("x-content-type-options") != "nosniff":
                raise Wrong("no nosniff")
    return "200 each, with nosniff"


@attack(11, "rest", fast=True)
def nosniff_on_every_answer(victim, transport):
    for path, verb in (
        (GET_USER.path, "GET"),
        ("/nothing", "GET"),
        (CREATE_USER.path, "PUT"),
        ("/v1/orders:watch", "HEAD"),
    ):
        answer = http1.call(victim.addr, verb, path, {"x-request-timeout": "0.2"})
        if answer.headers.get("x-content-type-options") != "nosniff":
            raise Wrong(f"none with {answer.status} for {verb} {path}")
    return "nosniff"


@attack(11, "websocket", fast=True)
def socket_of_another_origin(victim, transport):
    for origin in (EVIL, "null", "http://127.0.0.1:1", "http://shop.example@evil.example"):
        socket = http1.WebSocket(victim.addr, MONITOR.path, origin=origin)
        socket.close()
        if socket.status != 403:
            raise Wrong(f"{socket.status} for {origin}")
    return "403 each"
