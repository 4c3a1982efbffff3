"""Row 17: forms whose parts have no end, or are too many, on the way into memory and to disk."""

import select

import http1
from harness import MIB, Wrong, attack
from shop_calls import CREATE_USER

FILES = "/v1/files"
MULTIPART = "multipart/form-data; boundary=XX"
URLENCODED = "application/x-www-form-urlencoded"
# What an attack sends at most.
MOST = 32 * MIB


def part(disposition, content=b"x", head=b""):
    return b"--XX\r\nContent-Disposition: form-data; " + disposition + b"\r\n" + head + b"\r\n" + content + b"\r\n"


# How each begins, what comes then without end, and what it must be answered with.
ENDLESS = {
    "what is before the first part": (b"", b"nothing \r\n", 413),
    "the head of a part": (b'--XX\r\nContent-Disposition: form-data; name="upload_id"\r\nX: ', b"x", 413),
    "blanks behind a boundary": (b"--XX", b" ", 413),
    "a field": (b'--XX\r\nContent-Disposition: form-data; name="upload_id"\r\n\r\n', b"x", 413),
    "an unknown field": (b'--XX\r\nContent-Disposition: form-data; name="nothing"\r\n\r\n', b"x", 413),
    "fields": (b"", part(b'name="nothing"'), 400),
    "files": (b"", part(b'name="nothing"; filename="a"'), 400),
    "inputs that were not filled in": (b"", part(b'name="content"; filename=""', b""), 400),
}


def pour(victim, path, media, start, filler):
    """Sends a body without end; the status, and how much was taken until it came."""
    with http1.connect(victim.addr) as plug:
        headers = {"content-type": media, "transfer-encoding": "chunked"}
        plug.sendall(http1.head("POST", path, headers, victim.addr))
        block = filler * (65536 // len(filler) + 1)
        sent = 0
        try:
            while sent < MOST and not select.select([plug], [], [], 0)[0]:
                data = start + block
                plug.sendall(b"%x\r\n" % len(data) + data + b"\r\n")
                sent, start = sent + len(data), b""
        except ConnectionError:
            pass  # refused, and the answer is there
        return http1.answer(plug).status, sent


@attack(17, "rest", fast=True, memory=16 * MIB)
def forms_without_end(victim, transport):
    most = 0
    for what, (start, filler, expected) in ENDLESS.items():
        status, sent = pour(victim, FILES, MULTIPART, start, filler)
        if status != expected:
            raise Wrong(f"{status} for {what} after {sent / 1e6:.0f} MB, not {expected}")
        most = max(most, sent)
    for start, filler, expected in ((b"name=", b"x", 413), (b"", b"a=b&", 413)):
        status, sent = pour(victim, CREATE_USER.path, URLENCODED, start, filler)
        if status != expected:
            raise Wrong(f"{status} for {filler} after {sent / 1e6:.0f} MB, not {expected}")
    return f"413 or 400 each, after {most / 1e6:.0f} MB at most"


@attack(17, "rest", fast=True, memory=16 * MIB, cpu=4.0)
def content_that_is_nearly_a_boundary(victim, transport):
    """Boundaries as long as may be, of one character, before each of which the search has to look again."""
    boundary = b"-" * 70
    head = b"--" + boundary + b'\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\n'
    nearly = b"\r\n--" + boundary[:-1]
    content = (nearly * (16 * MIB // len(nearly)))[: 16 * MIB] + b"x"
    body = head + content + b"\r\n--" + boundary + b"--\r\n"
    answer = http1.call(victim.addr, "POST", FILES, {"content-type": f"multipart/form-data; boundary={boundary.decode()}"}, body)
    if answer.status != 200:
        raise Wrong(f"{answer.status}: {answer.data[:200]}")
    return f"200, {len(content) / 1e6:.0f} MB"


@attack(17, "rest", fast=True, memory=24 * MIB, cpu=4.0)
def many_files_at_once(victim, transport):
    """Each with more than a message may have: of none more than a piece is in memory."""
    plugs = []
    for number in range(40):
        plug = http1.connect(victim.addr)
        start = part(b'name="upload_id"', b"hostile-%d" % number)
        start += part(b'name="content"; filename="a"', b"")[:-2]
        plug.sendall(http1.head("POST", FILES, {"content-type": MULTIPART, "content-length": 64 * MIB}, victim.addr) + start)
        plugs.append(plug)
    for _ in range(10):
        for plug in plugs:
            plug.sendall(b"x" * 65536)
    body = part(b'name="content"; filename="a"') + b"--XX--\r\n"
    status = http1.call(victim.addr, "POST", FILES, {"content-type": MULTIPART}, body).status
    for plug in plugs:
        plug.close()
    if status != 200:
        raise Wrong(f"{status} for another file")
    return f"{len(plugs)} files, {len(plugs) * 655360 / 1e6:.0f} MB; another one is stored"
