"""The programs under attack, and what they take of the machine."""

import contextlib
import functools
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import time

import support
from shop_calls import GET_USER

PROBE = pathlib.Path(__file__).with_name("probe.py")
TICKS = os.sysconf("SC_CLK_TCK")
# An attacker has a machine of its own: here it steps back for the server and for the other client.
SERVED, ATTACKER = -10, 10
# Of a shop whose disk is to be full.
DISK = "8m"
# Short forms of limits in time, so that an attack does not last minutes. What a program does not have is left out.
SHORT = {"--idle-timeout": "2", "--send-timeout": "2", "--header-timeout": "2"}


@contextlib.contextmanager
def precedence(nice):
    """Programs that start in the block have this priority: neither the attack nor what else the machine does shall make
    them slow. Without the right to do that they have that of everybody."""
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, nice)
    yield
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, ATTACKER)


@functools.cache
def options_of(program):
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    return {word for line in text.splitlines() for word in line.split() if word.startswith("--")}


def known(program, options):
    """Those of the options that a program has, as arguments."""
    found = options_of(program)
    return [word for name, value in options.items() if name in found for word in (name, value)]


@contextlib.contextmanager
def on_a_small_disk(folder, wanted):
    """A shop that starts in the block has a file system of its own in its folder, of which nothing else knows."""
    if not wanted:
        yield
        return
    program = os.environ["SHOP_BIN"]
    mount = f"mount -t tmpfs -o size={DISK} tmpfs {shlex.quote(folder)}"
    apart = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    try:
        subprocess.run([*apart, "sh", "-c", mount], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Skip("there is no right to mount a file system of its own") from error
    script = pathlib.Path(tempfile.mkdtemp(prefix="hostile-")) / "shop"
    command = f'{mount} && exec {shlex.quote(program)} "$@"'
    script.write_text(f'#!/bin/sh\nexec {shlex.join([*apart, "sh", "-c", command, "shop"])} "$@"\n')
    script.chmod(0o755)
    os.environ["SHOP_BIN"] = str(script)
    try:
        yield
    finally:
        os.environ["SHOP_BIN"] = program
        script.unlink()
        script.parent.rmdir()


class Skip(Exception):
    """The machine does not have what an attack needs."""


class Victim:
    """A shop, or a gateway with a shop behind it, that only this attack speaks with."""

    def __init__(self, front="shop", options=None):
        self.folder = tempfile.TemporaryDirectory(prefix="hostile-")
        options = SHORT | (options or {})
        program = os.environ["SHOP_BIN"]
        with precedence(SERVED), on_a_small_disk(self.folder.name, front == "small disk"):
            self.shop = support.Shop(self.folder.name, *known(program, options))
        with precedence(SERVED):
            self.front = support.Gateway(self.shop.addr) if front == "gateway" else self.shop
        self.token = self.shop.token
        self.process, self.addr = self.front.process, self.front.addr
        self.missing = [name for name in options if name not in options_of(os.environ["SHOP_BIN"])]

    @property
    def pid(self):
        return self.process.pid

    def is_alive(self):
        return self.process.poll() is None

    def status(self, name):
        """A figure of memory in bytes."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
        raise ValueError(f"no {name}")

    def resident(self):
        return self.status("VmRSS")

    def peak(self):
        return self.status("VmHWM")

    def forget_peak(self):
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def cpu(self):
        """Seconds of processor time so far."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def close(self):
        """Ends the programs at once: an attack may have left calls under way."""
        for program in {self.front, self.shop}:
            program.process.kill()
            program.process.wait()
            program.process.stdout.close()
        self.folder.cleanup()


class Bystander:
    """The other client, while the block runs."""

    def __init__(self, victim):
        self.victim = victim

    def __enter__(self):
        command = [sys.executable, "-S", "-E", str(PROBE), self.victim.addr, GET_USER.path]
        with precedence(SERVED):
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        time.sleep(0.25)  # it warms the server up, too
        return self

    def __exit__(self, *_):
        out, _ = self.process.communicate("end\n", timeout=30)
        report = json.loads(out)
        self.calls, self.longest, self.errors = report["calls"], report["longest"], report["errors"]
