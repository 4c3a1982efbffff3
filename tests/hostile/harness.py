"""What an attack is, how it runs, and when it counts as held."""

import contextlib
import dataclasses
import os
import traceback

from victims import Bystander, Skip, Victim

MIB = 1 << 20
# Programs that are not optimized do the same work in more time: they get less of it, and more time.
IS_DEBUG = os.environ.get("HOSTILE_BUILD") == "debug"
# How long another client may have to wait. A machine of continuous integration has other things to do.
WAIT = 0.5 if os.environ.get("CI") or IS_DEBUG else 0.2
SLOWER = 4 if IS_DEBUG else 1


class Wrong(Exception):
    """The peer saw something else than it must."""


@dataclasses.dataclass(frozen=True)
class Attack:
    """One way to attack one transport."""

    row: int
    name: str
    transport: str
    run: object
    fast: bool
    memory: int  # bytes that the server may grow by
    cpu: float  # seconds of processor time that it may use
    front: str
    options: dict
    survives: bool  # False where the attack ends the server itself
    others: bool  # False where others cannot be served, since the attack takes all there is

    @property
    def title(self):
        return f"{self.name}/{self.transport}"


@dataclasses.dataclass
class Result:
    attack: Attack
    seen: str
    memory: int = 0
    cpu: float = 0.0
    wait: float = 0.0
    faults: list = dataclasses.field(default_factory=list)
    skipped: str = ""

    @property
    def verdict(self):
        return "skipped" if self.skipped else "FAIL: " + "; ".join(self.faults) if self.faults else "ok"


ATTACKS = []


def attack(row, *transports, fast=(), memory=32 * MIB, cpu=1.0, front="shop", options=None, survives=True, others=True):
    """Declares a function to be an attack on each of the transports. `fast` names those for `cargo xtask test`."""
    others = others and survives

    def declare(run):
        name = run.__name__.replace("_", "-")
        for transport in transports:
            is_fast = fast is True or transport in fast
            bounds = (memory, cpu, front, options or {}, survives, others)
            ATTACKS.append(Attack(row, name, transport, run, is_fast, *bounds))
        return run

    return declare


def execute(attack):
    """Runs an attack against a program of its own. One that only made others wait runs again: a machine has pauses."""
    result = once(attack)
    if len(result.faults) == 1 and "waited" in result.faults[0] and result.wait < 5 * WAIT:
        again = once(attack)
        result = again if again.wait < result.wait else result
    return result


def once(attack):
    result = Result(attack, "")
    try:
        victim = Victim(attack.front, attack.options)
    except Skip as skip:
        result.seen = result.skipped = str(skip)
        return result
    with contextlib.closing(victim):
        with Bystander(victim) as bystander:
            victim.forget_peak()
            before, cpu = victim.resident(), victim.cpu()
            try:
                result.seen = attack.run(victim, attack.transport)
            except Wrong as wrong:
                result.seen = str(wrong)
                result.faults.append("not what must be seen")
            except Exception as error:  # whatever a server does to a peer is a verdict, and the next attack runs
                if not isinstance(error, OSError):
                    traceback.print_exc()
                result.seen = repr(error)
                result.faults.append("the attack broke off")
            if victim.is_alive():
                result.memory, result.cpu = max(0, victim.peak() - before), victim.cpu() - cpu
            elif attack.survives:
                result.faults.append(f"the server ended with {victim.process.returncode}")
    judge(attack, result, bystander)
    return result


def judge(attack, result, bystander):
    result.wait = bystander.longest
    if result.memory > attack.memory:
        result.faults.append(f"memory above {attack.memory / MIB:.0f} MiB")
    if result.cpu > attack.cpu * SLOWER:
        result.faults.append(f"CPU above {attack.cpu * SLOWER:.1f} s")
    if attack.others and bystander.longest > WAIT:
        result.faults.append(f"another client waited longer than {WAIT * 1000:.0f} ms")
    if attack.others and bystander.errors:
        result.faults.append(f"another client failed: {bystander.errors[0]}")


def table(results):
    """The results as a page of text."""
    rows = [("row", "attack", "transport", "seen", "memory", "CPU", "wait", "verdict")]
    for result in results:
        attack = result.attack
        rows.append(
            (
                str(attack.row),
                attack.name,
                attack.transport,
                result.seen.replace("\n", " ")[:90],
                f"{result.memory / 1e6:.1f} MB",
                f"{result.cpu:.2f} s",
                f"{result.wait * 1000:.0f} ms",
                result.verdict,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)] + [0]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)
