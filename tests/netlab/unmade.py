#!/usr/bin/env python3
"""unmade.py: connections that cannot be made, each for another reason, and what meshssh says of them. TAP.

All of them are there at the same time, each on a port or address of its own, and are tried at the same time.
"""

import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass

sys.dont_write_bytecode = True  # nothing is written into the source tree

from drive import Session
from lab import MESHSSH, Failed, Lab, Missing, Site, enter, wait_for
from netlab import Tap

LIMIT = 8       # seconds for each connection; a neighbor that is not there is known after 3
HOST = {"v4": "10.77.2.2", "v6": "fd77:2::2"}
CLIENT = {"v4": "10.77.1.2", "v6": "fd77:1::2"}
ROUTER = {"v4": "10.77.1.1", "v6": "fd77:1::1"}
# By port. What answers with a reset is the kernel's own, as is that of a port without a rule.
FIREWALLS = {
    "client": ("output", {2301: "reject", 2302: "reject with icmpx admin-prohibited",
                          2303: "reject with icmpx host-unreachable"}),
    "router": ("forward", {2401: "reject", 2402: "reject with icmpx admin-prohibited",
                           2403: "reject with icmpx host-unreachable"}),
    "server": ("input", {2501: "reject", 2502: "reject with icmpx admin-prohibited"}),
}
# What ufw limit does, after one connection instead of six; for each family.
LIMITED = "tcp dport 22 tcp flags & (syn | ack) == syn limit rate over 1/minute burst 1 packets reject"


@dataclass
class Row:
    """{H}, {C} and {R} are the addresses of host, client and router in the family of the row."""
    name: str
    code: str
    line: str               # in the line that a person reads
    why: str                # in the record
    evidence: str           # in the doctor's finding
    host: dict = None       # other addresses than the host's
    port: int = 22
    certainty: str = "sure"
    also: str = None        # another finding
    proxy: bool = False     # it is one, and the target is behind it: the line alone


ROWS = [
    Row("closed port", "refused", "refused by {H}; is sshd running", "Connection refused after", "a TCP reset",
        port=99),
    Row("this machine's firewall, port unreachable", "blocked", r"this machine \({C}\) rejects",
        r"Connection refused \(ICMP(v6 1/4| 3/3) from {C}\)", "own address {C}", port=2301),
    Row("this machine's firewall, prohibited", "blocked", r"this machine \({C}\) rejects",
        r"\(ICMP(v6 1/1| 3/13) from {C}\)", "own address {C}", port=2302),
    Row("this machine's firewall, host unreachable", "blocked", r"this machine \({C}\) rejects",
        r"\(ICMP(v6 1/3| 3/1) from {C}\)", "own address {C}", port=2303),
    Row("the host's firewall, port unreachable", "host-firewall", "firewall of {H} rejects.*wait 30 s",
        r"Connection refused \(ICMP(v6 1/4| 3/3) from {H}\)", "from {H}", port=2501),
    Row("the host's firewall, prohibited", "host-firewall", "firewall of {H} forbids",
        r"\(ICMP(v6 1/1| 3/13) from {H}\)", "from {H}", port=2502),
    Row("the host's firewall, limit of connections", "host-firewall", "firewall of {H} rejects.*wait 30 s",
        r"\(ICMP(v6 1/4| 3/3) from {H}\)", "from {H}"),
    Row("a firewall on the way, port unreachable", "path-firewall", "{R}, on the way to {H}, rejects",
        r"\(ICMP(v6 1/4| 3/3) from {R}\)", "from {R}", port=2401),
    Row("a firewall on the way, prohibited", "path-firewall", "{R}, on the way to {H}, rejects",
        r"\(ICMP(v6 1/1| 3/13) from {R}\)", "from {R}", port=2402),
    Row("a neighbor that is off", "host-absent", "no machine on the network of c0 has the address {H}",
        r"\(ICMP(v6 1/3| 3/1) from {C}\) after 3", "network of c0 in 3",
        host={"v4": "10.77.1.77", "v6": "fd77:1::77"}),
    Row("a host that is off, behind its router", "host-off", "router {R} cannot reach {H}",
        r"\(ICMP(v6 1/3| 3/1) from {R}\) after 3", "from {R}", host={"v4": "10.77.2.77", "v6": "fd77:2::77"}),
    Row("a router that says host unreachable", "host-off", "router {R} cannot reach {H}",
        r"\(ICMP(v6 1/3| 3/1) from {R}\)", "from {R}", port=2403),
    Row("a router without a route", "router-no-route", "router {R} has no route to {H}",
        r"\(ICMP(v6 1/0| 3/0) from {R}\)", "from {R}", host={"v4": "10.78.0.1", "v6": "fd78::1"}),
    # It ends at either of them.
    Row("routers that send it in circles", "router-no-route",
        "{H} go in circles, says the router ({R}|10.77.2.2|fd77:2::2)",
        r"\(ICMP(v6 3/0| 11/0) from ", "circles|ICMP", host={"v4": "10.79.0.1", "v6": "fd79::1"}),
    # With IPv6 the kernel goes on to the default route.
    Row("a router that is off", "no-route", r"router 10.77.1.250 \(c0\), on the way to {H}, does not answer",
        r"\(ICMP 3/1 from {C}\)", "the route is through 10.77.1.250", host={"v4": "10.80.0.1"}),
    Row("a route that says unreachable", "no-route", "no way to {H}|no route to {H}", "unreachable|No route",
        "unreachable", host={"v4": "10.81.0.1", "v6": "fd81::1"}),
    Row("a proxy that is off", "proxy-down", "proxy .*{H}.* cannot be reached .no machine on the network of c0",
        "ICMP|no machine", "", host={"v4": "10.77.1.78", "v6": "fd77:1::78"}, proxy=True),
    Row("a proxy behind this machine's firewall", "blocked", r"proxy .*{H}.* cannot be reached .this machine \({C}\)",
        "this machine", "", port=2301, proxy=True),
    Row("a proxy behind a firewall of its own", "proxy-down", "proxy .*{H}.* cannot be reached .the firewall of {H}",
        "firewall", "", port=2501, proxy=True),
    Row("a network of Docker's that has it", "host-absent", "network of docker0 has the address {H}",
        "ICMP", "network of docker0", host={"v4": "172.17.5.5", "v6": "fd17::55"}, also="network-overlap"),
]


def surroundings(lab):
    """Everything that is in the way."""
    for space in ("client", "router", "server"):
        lab.sysctl(space, "net/ipv4/icmp_ratelimit=0", "net/ipv6/icmp/ratelimit=0")
    for space, (hook, rules) in FIREWALLS.items():
        lines = "\n".join(f"tcp dport {port} {rule}" for port, rule in rules.items())
        lab.run(space, "nft", "-f", "-",
                text=f"table inet unmade {{\nchain {hook} {{\ntype filter hook {hook} priority 0;\n{lines}\n}}\n}}\n")
    lab.ip("client", "route add 10.80.0.0/24 via 10.77.1.250",
           "route add unreachable 10.81.0.1", "-6 route add unreachable fd81::1",
           "link add docker0 type bridge", "addr add 172.17.0.1/16 dev docker0", "link set docker0 up")
    lab.ip("client", "-6 addr add fd17::1/64 dev docker0 nodad")
    lab.ip("router", "route add 10.79.0.0/24 via 10.77.2.2", "-6 route add fd79::/64 via fd77:2::2")
    lab.sysctl("server", "net/ipv4/ip_forward=1", "net/ipv6/conf/all/forwarding=1")


def limit(lab):
    """From now on the host takes no more connections than one."""
    for family in ("ipv4", "ipv6"):
        lab.run("server", "nft", f"add rule inet unmade input meta nfproto {family} {LIMITED}")
    for host in HOST.values():
        lab.run("client", "nc", "-z", "-w", "2", host, "22")


class Try(threading.Thread):
    """One row in one family: the relay, its record, then the doctor."""

    def __init__(self, lab, row, family):
        super().__init__(daemon=True)
        self.lab, self.row, self.family = lab, row, family
        self.host = (row.host or HOST)[family]
        self.wrong = ""
        self.start()

    def text(self, pattern):
        return pattern.format(H=self.host, C=CLIENT[self.family], R=ROUTER[self.family])

    def call(self, *argv):
        env = {"PATH": os.environ["PATH"], "HOME": self.lab.site.path("home"), "LANG": "C",
               "XDG_CACHE_HOME": self.lab.site.path(f"cache.{self.row.name}.{self.family}".replace(" ", "-"))}
        os.makedirs(env["XDG_CACHE_HOME"], exist_ok=True)
        done = subprocess.run(self.lab.inside("client", MESHSSH, *argv), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, timeout=60,
                              check=False)
        return done.stdout, done.stderr

    def expect(self, pattern, said, what):
        if not re.search(self.text(pattern), said):
            self.wrong += f"{what}: not \"{self.text(pattern)}\" in:\n{said}\n"

    def run(self):
        call = [f"--timeout={LIMIT}", self.host, str(self.row.port)]
        if self.row.proxy:
            address = f"[{self.host}]" if ":" in self.host else self.host
            call = [f"--timeout={LIMIT}", f"--via=socks5={address}:{self.row.port}", "10.99.0.1", "22"]
        try:
            _, line = self.call(*call)
            self.expect(self.row.line, line, "the line")
            why, _ = self.call("--why")
            self.expect(self.row.why, why, "--why")
            self.expect(rf"messages\(7\), {self.row.code}$", why.strip(), "--why")
            if self.row.proxy:
                return
            said, _ = self.call("--doctor", "--json", *call)
            findings = {one["code"]: one for one in json.loads(said)["findings"]}
            errors = [code for code, one in findings.items() if one["severity"] == "error"]
            found = findings.get(self.row.code)
            if errors != [self.row.code] or found["certainty"] != self.row.certainty or (
                    self.row.also and self.row.also not in findings):
                self.wrong += f"the doctor finds {json.dumps(findings, indent=1)}\n"
            else:
                self.expect(self.row.evidence, found["evidence"], "the evidence")
        except (OSError, ValueError, KeyError, subprocess.SubprocessError) as reason:
            self.wrong += repr(reason)


def reasons(tap, lab):
    limited = [row for row in ROWS if row.port == 22 and not row.host]
    for rows, before in (([row for row in ROWS if row not in limited], None), (limited, limit)):
        if before:
            before(lab)
        tries = [Try(lab, row, family) for row in rows for family in row.host or HOST]
        for one in tries:
            one.join()
            tap.point(not one.wrong, f"{one.row.name}, {one.family}", one.wrong)


def standing(tap, lab, kind, family):
    """Messages come for a while, and each packet of the session is lost meanwhile. Plain ssh takes no notice."""
    session = Session(lab, kind, family, "echo up; read -r word; echo \"$word\" back; sleep 60")
    try:
        up = session.until(lambda: session.received >= len("up\n"), 20)
        rule = "tcp dport 22 counter reject with icmpx host-unreachable"
        lab.run("router", "nft", "add chain inet lab standing { type filter hook forward priority 2; }")
        lab.run("router", "nft", f"add rule inet lab standing {rule}")
        session.write(b"word\n")
        # The packet, then what is sent again: each has its message.
        wait_for("messages", 10, lambda: int(re.search(r"packets (\d+)", lab.run(
            "router", "nft", "list", "chain", "inet", "lab", "standing"))[1]) >= 3)
        ended = session.ended
        lab.run("router", "nft", "delete chain inet lab standing")
        back = up and session.until(lambda: session.received >= len("up\nword back\n") or session.ended, 20)
        tap.point(back and ended is None and session.ended is None,
                  f"messages do not end a session that stands: {kind}, {family}", session.tail())
    finally:
        session.end()


def main():
    try:
        enter()
    except Missing as reason:
        print(f"1..1\nok 1 - unmade # SKIP {reason}")
        return 0
    tap = Tap()
    try:
        with Site() as site, Lab(site) as lab:
            for kind in ("ssh", "relay", "fdpass"):
                for family in ("v4", "v6"):
                    standing(tap, lab, kind, family)
            surroundings(lab)
            reasons(tap, lab)
    except Failed as reason:
        tap.point(False, "unmade", str(reason))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
