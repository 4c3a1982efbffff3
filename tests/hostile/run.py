"""Runs the attacks and prints the table.

`python run.py [--fast] [--only NAME]...`: NAME is that of an attack, `NAME/TRANSPORT`, or `row:N`. It needs what
`cargo xtask attack` sets: the programs to attack and the messages of the shop.
"""

import argparse
import importlib
import pathlib
import sys
import time

import harness


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fast", action="store_true", help="those alone that are part of every test run")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--list", action="store_true", help="says what there is")
    arguments = parser.parse_args()
    for file in sorted(pathlib.Path(__file__).parent.glob("attack_*.py")):
        importlib.import_module(file.stem)
    chosen = [attack for attack in harness.ATTACKS if attack.fast or not arguments.fast]
    if arguments.only:
        chosen = [attack for attack in chosen if names(attack) & set(arguments.only)]
    chosen.sort(key=lambda attack: attack.row)
    if not chosen:
        sys.exit(f"there is no attack {' or '.join(arguments.only)}")
    if arguments.list:
        print("\n".join(f"{attack.row:>3}  {attack.title}" for attack in chosen))
        return
    results = []
    for attack in chosen:
        start = time.monotonic()
        result = harness.execute(attack)
        results.append(result)
        took, told = time.monotonic() - start, figures(result)
        print(f"{attack.row} {attack.title} ... {result.verdict} ({took:.1f} s): {result.seen} [{told}]", flush=True)
    print(f"\n{harness.table(results)}\n")
    failed = sum(bool(result.faults) for result in results)
    skipped = [result for result in results if result.skipped]
    for result in skipped:
        print(f"skipped: attack {result.attack.title}: {result.skipped}")
    print(f"attacks: {len(results) - failed - len(skipped)} passed, {failed} failed, {len(skipped)} skipped")
    sys.exit(1 if failed else 0)


def figures(result):
    return f"{result.memory / 1e6:.0f} MB, {result.cpu:.2f} s, waited {result.wait * 1000:.0f} ms"


def names(attack):
    return {attack.name, attack.title, f"row:{attack.row}"}


if __name__ == "__main__":
    main()
