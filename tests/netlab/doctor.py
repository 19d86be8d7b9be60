#!/usr/bin/env python3
"""doctor.py [PATTERN | --healthy]: shows paths and servers to meshssh --doctor --json, compares facts and findings with what is so.

TAP, then a table: what was wrong, what was to be found, what was. With --healthy, 200 looks where nothing is wrong.
"""

import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace

sys.dont_write_bytecode = True  # nothing is written into the source tree

from lab import COUNTING, MESHSSH, STOP, Failed, Lab, Missing, Site, enter, openssh, run, wait_for
from netlab import Tap

HERE = os.path.dirname(os.path.abspath(__file__))
LABS = 3                # side by side: most of the time is waiting
LIMIT = 60              # seconds for one look
CONNECTIONS = 12        # PROBE_CONNECTIONS_MAX
MARKS = ("af21", "ef", "cs1", "lowdelay")
# Bytes between the largest packet that is known to pass and the smallest that is not.
PRECISION = {"forward": 8, "reverse": 128}
# On the router: nothing is wrong on the forward path. KIND: address
ODD = {kind: f"10.77.4.{number}" for number, kind in enumerate(
    ("http", "tls", "silent", "closes", "full", "penalty", "motd", "late", "slow", "dropbear", "tinysshd", "nobody"), 1)}


@dataclass(frozen=True)
class Row:
    name: str
    broken: tuple = ()          # methods of Path with their arguments
    host: str = "v4"
    port: int = 0
    forward: int = 0              # the size of the hole; 0: whole, or not looked at
    reverse: int = 0
    dropped: tuple = ()
    whole: bool = False         # neither a hole nor a dropped mark, each time
    times: int = 1
    code: str = None            # of the first finding, notes aside; "" for none; None: as the hole or the mark has it
    facts: tuple = ()           # (path, value or regular expression); None: the fact is not there


def holes():
    for size in (600, 1000, 1280, 1400):
        for way in ("forward", "reverse", "both"):
            for host in ("v4", "v6") if size == 1280 else ("v4",):
                yield Row(f"hole {size} {way}, {host}", (("hole", size, way),), host,
                          forward=size if way != "reverse" else 0, reverse=size if way != "forward" else 0)
    yield Row("hole 1492 reverse, v4", (("hole", 1492, "reverse"),), reverse=1492)
    yield Row("hole 1280 both, RSA key alone", (("hole", 1280, "both"),), port=2211, forward=1280, reverse=1280)
    yield Row("hole 1280 forward, 2 % loss", (("loss", 2), ("hole", 1280, "forward")), forward=1280)
    yield Row("hole 1280 reverse, 2 % loss", (("loss", 2), ("hole", 1280, "reverse")), reverse=1280)
    yield Row("hole 1280 forward, each identification is lost once", (("first_lost",), ("hole", 1280, "forward")),
              forward=1280)
    yield Row("narrow link with ICMP filtered", (("icmp_hole", 1280),), forward=1280, reverse=1280)


def paths():
    yield Row("whole path, v4", whole=True, facts=(("connect.address", "10.77.2.2"), ("connect.far", True),
                                                   ("mtu.reverse.largest_ok", 1500), ("mtu.route_interface", "^[a-z]")))
    yield Row("whole path, v6", host="v6", whole=True, facts=(("connect.address", "fd77:2::2"),))
    yield Row("whole path, no router", host="10.77.3.2", whole=True)
    yield Row("narrow link with ICMP", (("pmtud", 1280),), whole=True, facts=(("mtu.forward.largest_ok", 1280),))
    yield Row("RTT 200 ms", (("delay", 100),), whole=True, times=2)
    yield Row("RTT 80 ms, 2 % loss", (("delay", 40), ("loss", 2)), whole=True, times=4)
    # Side by side in all labs.
    for number in range(3):
        yield Row(f"2 % loss, {number + 1}", (("loss", 2),), whole=True, times=15)
    # By chance, and not for their mark.
    yield Row("4 packets with CS1 are lost", (("unlucky", "cs1", 4),), whole=True)
    yield Row("an answer and a packet with CS1 are lost", (("answer_lost", 2), ("unlucky", "cs1", 1)), whole=True)
    yield Row("slow server", host=ODD["slow"], whole=True)
    yield Row("server that never answers a key exchange", host=ODD["late"], code="unfinished",
              facts=(("mtu.forward.ok", True), ("mtu.reverse", None), ("mtu.inconclusive", "late")))
    yield Row("any mark vanishes, v4", (("drop_dscp", "forward"),), dropped=MARKS)
    yield Row("any mark vanishes, v6", (("drop_dscp", "forward"),), "v6", dropped=MARKS)
    # That is a note where the ssh at hand marks otherwise.
    ef = "dscp-forward" if openssh() >= (10, 0) else ""
    yield Row("EF and CS1 vanish", (("drop_dscp", "forward", ("ef", "cs1")),), dropped=("ef", "cs1"), code=ef)
    yield Row("EF vanishes, 2 % loss", (("loss", 2), ("drop_dscp", "forward", ("ef",))), dropped=("ef",), times=3,
              code=ef)
    yield Row("IPv6 vanishes, name with both", (("address_hole",),), "both", code="path-ipv6-silent", facts=(
        ("connect.addresses.0.error", "no-answer"), ("connect.addresses.0.family", 6), ("connect.addresses.1.error", None),
        ("connect.address", "10.77.2.2"), ("connect.ok", True), ("mtu.forward.ok", True)))
    yield Row("dead path", (("dead",),), code="no-answer", facts=(
        ("connect.addresses.0.error", "no-answer"), ("connect.ok", False), ("server", None), ("mtu", None)))
    # A firewall that counts connections, as ufw limit does, which takes 5 in 30 s.
    yield Row("5 connections allowed, whole path", (("limit", 5),), facts=(
        ("connect.made", 2), ("mtu.forward.ok", True), ("mtu.reverse.ok", True)))
    yield Row("5 connections allowed, hole 1280 reverse", (("limit", 5), ("hole", 1280, "reverse")), reverse=1280,
              facts=(("connect.stopped", None),))
    yield Row("3 connections allowed, hole 1400 reverse", (("limit", 3), ("hole", 1400, "reverse")), code="server-limits",
              facts=(("connect.stopped", "refused"), ("connect.made", 3), ("mtu.reverse", None), ("mtu.inconclusive", "lost")))
    yield Row("1 connection allowed", (("limit", 1),), code="server-limits", facts=(
        ("server.text", "OpenSSH"), ("connect.stopped", "refused"), ("connect.made", 1), ("dscp.inconclusive", True)))
    yield Row("1 connection allowed, others dropped", (("limit", 1, "drop"),), code="server-limits", facts=(
        ("server.text", "OpenSSH"), ("connect.stopped", "no-answer"), ("connect.made", 1), ("dscp.inconclusive", True)))
    yield Row("nobody listens", port=2299, code="refused",
              facts=(("connect.addresses.0.error", "refused"), ("connect.ok", False)))
    yield Row("no such host", host="nowhere", code="name-unknown",
              facts=(("names.lookups.system.error", "."), ("connect.ok", False)))


def servers():
    yield Row("sshd", facts=(("server.kind", "openssh"), ("server.software", "OpenSSH_"), ("server.kexinit_bytes", int),
                             ("server.host_key_types.0", "ssh-ed25519|rsa-"), ("server.refusal", None),
                             ("server.kex.0", "."), ("server.ciphers.0", "."),
                             ("server.host_key", "^ssh-(rsa|ed25519) [A-Za-z0-9+/=]{32}$")))
    yield Row("sshd on another port", port=2210, facts=(("service.kind", "ssh"), ("server.kind", "openssh"),
                                                        ("mtu.forward.ok", True)))
    # The dropbear of such a machine has key exchanges with large answers, too.
    newer = openssh() >= (10, 0)
    # From OpenSSH 9.8 on it shuts out who comes 15 times within 15 seconds.
    yield Row("sshd that counts", port=COUNTING, times=3)
    yield Row("another host key than is known", port=2211, code="host-key-changed", facts=(
        ("ssh.known.keys.0", "^ssh-rsa A{32}$"), ("server.host_key", "^ssh-rsa ")))
    yield Row("dropbear", host=ODD["dropbear"], facts=(("server.kind", "dropbear"), ("mtu.forward.ok", True),
                                                       ("mtu.untested", None if newer else "large answer"),
                                                       ("mtu.reverse.ok", True if newer else None)))
    yield Row("tinysshd", host=ODD["tinysshd"], facts=(("server.kind", "tinyssh"), ("mtu.forward.ok", True),
                                                       ("mtu.reverse.ok", True)))
    yield Row("a web server", host=ODD["http"], code="not-ssh", facts=(
        ("server.kind", "http"), ("server.first", "HTTP/1.0 400"), ("server.text", None), ("mtu", None)))
    yield Row("TLS", host=ODD["tls"], code="not-ssh", facts=(("server.kind", "other"), ("server.error", "closed")))
    yield Row("a silent port", host=ODD["silent"], code="server-silent",
              facts=(("server.kind", "none"), ("server.error", "silent")))
    yield Row("a port that closes", host=ODD["closes"], code="server-closed",
              facts=(("server.kind", "none"), ("server.error", "closed|reset")))
    yield Row("MaxStartups", host=ODD["full"], code="server-maxstartups", facts=(
        ("server.refusal", "maxstartups"), ("server.error", "closed"), ("server.first", "Exceeded"), ("dscp", None)))
    yield Row("a penalty", host=ODD["penalty"], code="server-penalty",
              facts=(("server.refusal", "penalty"), ("mtu", None)))
    yield Row("words before the identification", host=ODD["motd"], code="server-silent", facts=(
        ("server.kind", "go"), ("server.first", "^Welcome$"), ("server.error", "silent")))


def shared():
    yield Row("shared connection", (("master", "shared-well"),), "shared-well", whole=True, facts=(
        ("control.answers", True), ("control.passes", True), ("connect.made", 2)))
    yield Row("shared connection whose path is dead", (("master", "shared-dead", "path"),), "shared-dead",
              code="control-dead", facts=(("control.answers", True), ("control.passes", False), ("mtu.forward.ok", True)))
    yield Row("shared connection whose ssh is stopped", (("master", "shared-stopped", "stopped"),), "shared-stopped",
              code="control-dead", facts=(("control.answers", False), ("control.passes", None), ("mtu.forward.ok", True)))
    yield Row("no shared connection", (), "shared-none", facts=(("control.listens", False), ("control.answers", None)))


def healthy():
    """So often each that they are 200 together."""
    rows = [row for row in (*paths(), *servers()) if row.whole]
    return [replace(row, times=-(-200 // len(rows))) for row in rows]


def at(facts, path):
    for name in path.split("."):
        if isinstance(facts, list):
            facts = facts[int(name)] if int(name) < len(facts) else None
        elif isinstance(facts, dict):
            facts = facts.get(name)
        else:
            return None
    return facts


def fits(value, wanted):
    if wanted is int:
        return isinstance(value, int)
    if isinstance(wanted, str):
        return isinstance(value, str) and bool(re.search(wanted, value))
    return value == wanted and type(value) is type(wanted)


def hole_found(facts, way, size):
    got = at(facts, f"mtu.{way}") or {}
    if got.get("ok") is not False:
        return f"no hole {way}"
    low, high = got.get("largest_ok", 0), got["smallest_bad"]
    if not low <= size < high or high - low > PRECISION[way]:
        return f"{way}: {low} passes, {high} does not"
    return ""


def code(row):
    """What the doctor is to say first."""
    if row.code is not None:
        return row.code
    if row.forward or row.reverse:
        return "pmtu-both" if row.forward and row.reverse else "pmtu-forward" if row.forward else "pmtu-reverse"
    return "dscp-forward" if row.dropped else ""


def wrong(row, facts):
    """What is not as it should be."""
    found = [f"{path} is {at(facts, path)!r}" for path, wanted in row.facts if not fits(at(facts, path), wanted)]
    for way, size in (("forward", row.forward), ("reverse", row.reverse)):
        if size:
            found.append(hole_found(facts, way, size))
        elif at(facts, f"mtu.{way}.ok") is False:
            found.append(f"a hole {way}")
        elif row.whole and at(facts, f"mtu.{way}.ok") is not True:
            found.append(f"nothing known of the way {way}")
    dropped = at(facts, "dscp.dropped") or []
    if tuple(dropped) != row.dropped:
        found.append(f"dropped: {dropped}")
    if at(facts, "connect.made") is None or at(facts, "connect.made") > CONNECTIONS:
        found.append("too many connections")
    if facts["codes"][:1] != [code(row)] and (code(row) or facts["codes"]):
        found.append(f"found {facts['codes']}, not {code(row)}")
    return "\n".join(text for text in found if text)


class DoctorLab(Lab):
    """A lab with what is wrong on the client."""

    def master(self, host, broken=""):
        """A shared connection of ssh's to this Host, which listens; then its packets vanish, or its ssh is stopped."""
        # A port of its own, by which it can be told from other connections.
        port = ["-o", "ProxyCommand=nc -p 41000 %h %p"] if broken == "path" else []
        ssh = self.start("client", "ssh", "-N", "-M", *port, host, log=self.name + "-master.log")
        self.undo.append(lambda: self.end(ssh))
        wait_for("the master listens", 20, lambda: "running" in self.run(
            "client", "ssh", "-O", "check", host, check=False))
        if broken == "path":
            self.rule("tcp sport 41000 counter drop")
        elif broken == "stopped":
            ssh.send_signal(signal.SIGSTOP)
            self.undo.append(lambda: ssh.send_signal(signal.SIGCONT))


class Looks:
    """Labs, and the servers besides sshd in each."""

    def __init__(self, site):
        self.site = site
        self.missing = {}

    def servers(self, lab):
        lab.ip("router", *(f"addr add {address}/32 dev lo" for address in ODD.values()))
        for kind, address in ODD.items():
            argv = [sys.executable, os.path.join(HERE, "doctor-server.py"), address, kind]
            if kind == "nobody":
                continue
            if kind == "dropbear":
                if not lab.has_dropbear:
                    self.missing[address] = "there is no dropbear, or it cannot be run here"
                    continue
                argv = ["dropbear", "-F", "-E", "-p", f"{address}:22", "-r", self.site.path("host_dropbear")]
            elif kind == "tinysshd":
                if not shutil.which("tinysshd") or not shutil.which("socat"):
                    self.missing[address] = "tinysshd or socat is not installed"
                    continue
                keys = self.site.path("tinysshd")
                argv = ["socat", f"TCP4-LISTEN:22,bind={address},fork,reuseaddr", f"EXEC:tinysshd -- {keys},nofork"]
            lab.start("router", *argv, log=f"{lab.name}-{kind}.log")
            wait_for(f"{kind} answers", 20, lambda address=address: "ok" in lab.run(
                "client", "sh", "-c", f"nc -z -w 1 {address} 22 && echo ok", check=False))

    def look(self, lab, row):
        """The facts, and how long it took."""
        env = {"PATH": os.environ["PATH"], "HOME": self.site.path("home"), "LANG": "C",
               "XDG_CACHE_HOME": self.site.path("cache")}
        argv = [MESHSSH, "--doctor", "--json", row.host, *([str(row.port)] if row.port else [])]
        since = time.monotonic()
        done = subprocess.run(lab.inside("client", *argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=env, text=True, timeout=LIMIT, check=False)
        try:
            doc = json.loads(done.stdout)
            codes = [finding["code"] for finding in doc["findings"] if finding["severity"] != "note"]
            return doc["facts"] | {"codes": codes}, time.monotonic() - since
        except ValueError as reason:
            raise Failed(f"status {done.returncode}, {reason}: {done.stderr.strip()}") from reason

    def show(self, lab, row):
        """(what was wrong, seconds each, connections, the facts of the last)"""
        lab.clear()
        for name, *args in row.broken:
            getattr(lab, name)(*args)
        took, made, facts, found = [], 0, {}, ""
        for _ in range(row.times):
            facts, seconds = self.look(lab, row)
            took.append(seconds)
            made = max(made, at(facts, "connect.made") or 0)
            if found := wrong(row, facts):
                break
        return found, took, made, facts

    def worker(self, rows, results):
        try:
            with DoctorLab(self.site) as lab:
                self.servers(lab)
                while not STOP.is_set():
                    try:
                        number, row = rows.get_nowait()
                    except queue.Empty:
                        return
                    try:
                        results.put((number, self.show(lab, row)))
                    except (Failed, subprocess.TimeoutExpired) as reason:
                        results.put((number, (str(reason), [], 0, {})))
        except Exception as reason:  # pylint: disable=broad-except
            results.put((-1, (str(reason), [], 0, {})))

    def run(self, tap, rows):
        with open(self.site.path("home/.ssh/known_hosts"), "w", encoding="ascii") as known:
            known.write(f"[v4]:2211 ssh-rsa AAAAB3NzaC1yc2E{'A' * 361}\n")
        with open(self.site.path("home/.ssh/config"), "w", encoding="ascii") as config:
            config.write(f"Host shared-*\n\tHostName 10.77.2.2\n\tControlPath ~/.ssh/%n\n"
                         f"\tInclude {self.site.path('ssh_config')}\n")
        if shutil.which("tinysshd"):
            run("tinysshd-makekey", self.site.path("tinysshd"))
        todo, results, done = queue.SimpleQueue(), queue.SimpleQueue(), {}
        # The longest first.
        for number in sorted(range(len(rows)), key=lambda number: -rows[number].times):
            todo.put((number, rows[number]))
        workers = [threading.Thread(target=self.worker, args=(todo, results)) for _ in range(LABS)]
        for worker in workers:
            worker.start()
        try:
            while len(done) < len(rows):
                number, result = results.get(timeout=20 * LIMIT)
                if number == -1:
                    raise Failed(result[0])
                done[number] = result
        except BaseException:
            STOP.set()
            raise
        finally:
            for worker in workers:
                worker.join()
        for number, row in enumerate(rows):
            self.judge(tap, row, *done[number])

    def judge(self, tap, row, found, took, made, facts):
        if row.host in self.missing:
            tap.skip(row.name, self.missing[row.host])
            return
        shown = {name: facts.get(name) for name in ("names", "connect", "server", "dscp", "mtu", "service")}
        tap.point(not found, row.name + (f", {row.times} times" if row.times > 1 else ""),
                  found + "\n" + json.dumps(shown))
        mtu = facts.get("mtu", {})
        said = [f"{way} {mtu[way].get('largest_ok', '?')}..{mtu[way].get('smallest_bad', '')}"
                for way in ("forward", "reverse") if way in mtu]
        tap.rows.append((row.name, code(row) or "-", " ".join(facts.get("codes", [])) or "-",
                         f"{max(took, default=0):.1f} s", str(made), ", ".join(said)))


def table(rows):
    width = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("# " + "  ".join(text.ljust(w) for text, w in zip(row, width)).rstrip())


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    tap = Tap()
    try:
        enter()
        rows = [row for row in (*holes(), *paths(), *servers(), *shared()) if re.search(pattern, row.name)]
        if pattern == "--healthy":
            rows = healthy()
        with Site() as site:
            Looks(site).run(tap, rows)
    except Missing as reason:
        tap.skip("doctor", str(reason))
    except Failed as reason:
        tap.point(False, "the lab stands", str(reason))
    table([("what is wrong", "to be found", "found", "took", "connections", "sizes"), *tap.rows])
    tap.rows = []
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
