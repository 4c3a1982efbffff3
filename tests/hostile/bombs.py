"""Small bytes that become large ones, made without ever holding the large ones."""

import functools
import zlib

import brotli

MIB = 1 << 20


def pieces(piece, size):
    """`size` bytes that repeat `piece`, in parts of about a MiB."""
    block = piece * max(1, MIB // len(piece))
    while size > 0:
        yield block[:size]
        size -= len(block)


def gzip(parts, whole=True):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    end = zlib.Z_FINISH if whole else zlib.Z_SYNC_FLUSH
    return b"".join([packer.compress(part) for part in parts] + [packer.flush(end)])


def br(parts, whole=True):
    packer = brotli.Compressor(quality=9, lgwin=24)
    return b"".join([packer.process(part) for part in parts] + [packer.finish() if whole else packer.flush()])


def zstd(parts, whole=True):
    """Blocks of one repeated byte where a part has only one, and stored blocks elsewhere. Nothing comes out of a frame that
    does not end before its window is full."""
    window = b"\x38" if whole else b"\x68"  # 128 KiB, or the 8 MiB that a server takes
    out = bytearray(b"\x28\xb5\x2f\xfd\x00" + window)  # no checksum, no size
    for part in parts:
        for start in range(0, len(part), 128 << 10):
            block = part[start : start + (128 << 10)]
            repeated = block == block[:1] * len(block)
            out += (len(block) << 3 | (2 if repeated else 0)).to_bytes(3, "little")
            out += block[:1] if repeated else block
    return bytes(out + (b"\x01\x00\x00" if whole else b""))  # the last block, which is empty


PACKERS = {"gzip": gzip, "br": br, "zstd": zstd}


def pack(encoding, data):
    return PACKERS[encoding]([data])


@functools.cache
def bomb(encoding, piece, size, before=b"", whole=True):
    """What was said before, and then a lot of the same; or only the beginning of such a body, all of it readable."""
    return PACKERS[encoding]([before, *pieces(piece, size)], whole)


def brotli_large_window(text=b"{"):
    """The beginning of a stream with the largest window: 16 MiB for a decoder that believes it."""
    # 4 bits: a window of 2^24. Then a block: not the last, 4 nibbles of length, the length less one, stored.
    bits = 0b1111 | 0 << 4 | 0 << 5 | (len(text) - 1) << 7 | 1 << 23
    return bits.to_bytes(3, "little") + text


def zstd_large_window(exponent=27):
    """A frame whose window has 2^exponent bytes, with a stored block of one byte that is not the last."""
    return b"\x28\xb5\x2f\xfd\x00" + bytes([(exponent - 10) << 3]) + (1 << 3).to_bytes(3, "little") + b"{"
