"""Counts: how many of everything one peer may have at the same time."""

import http1
from harness import MIB, Wrong, attack
from shop_calls import GET_USER


@attack(5, "http1", options={"--max-connections": "100"}, memory=16 * MIB, others=False)
def more_connections_than_allowed(victim, transport):
    """Those beyond the limit, which is half of all for one address, wait, or are sent away; those that are open are served.
    The other client has two."""
    plugs = [http1.connect(victim.addr, timeout=1) for _ in range(48)]
    beyond = [http1.connect(victim.addr, timeout=0.5) for _ in range(12)]
    request = http1.head("GET", GET_USER.path, {}, victim.addr)

    def served(plug):
        try:
            plug.sendall(request)
            return http1.answer(plug, "GET").status == 200
        except (OSError, http1.http.client.HTTPException):
            return False

    found = [sum(map(served, some)) for some in (plugs[:40], beyond)]
    for plug in [*plugs, *beyond]:
        plug.close()
    if found[0] < 40 or found[1] == len(beyond):
        raise Wrong(f"{found[0]} of 40 within the limit served, {found[1]} of {len(beyond)} beyond it")
    return f"{found[0]} of 40 within the limit served, {found[1]} of {len(beyond)} beyond it"
