#!/usr/bin/env python3
"""ways.py [PATTERN]: makes networks in which plain ssh does not connect, and logs in through meshssh. Prints TAP.

meshssh runs as an ordinary user where there is one to be. Each case says what the network is, how long a login may take,
and what --debug, or the line, is to say; plain ssh is run beside it and must not connect.
"""

import ipaddress
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

sys.dont_write_bytecode = True  # nothing is written into the source tree

from lab import MESHSSH, Failed, Lab, Missing, Site, enter, run, wait_for
from netlab import Tap

WELL_KNOWN = "64:ff9b::/96"
OWN = "fd77:64::/64"
FAR = "192.0.2.9"   # nobody's, but for the translator
SHORT = b"\x05short\x03far\x04test\0"
NOBODY = 65534


@dataclass(frozen=True)
class Row:
    name: str
    setup: tuple                # of Ways, with its arguments
    host: str
    within: float = 5           # seconds for a login
    debug: str = ""             # what --debug is to say
    line: str = ""              # it is to fail so
    plain: str = "fails"        # of plain ssh
    codes: str = None           # what the doctor is to find first, and that alone; "": nothing
    note: str = ""              # what it is to note besides


def rows(lab):
    link = lab.link_local("server", "d0")
    return (
        Row("own network, nothing wrong", (), "10.77.3.2", plain="connects", codes=""),
        Row("own network, advertised by a mesh", ("advertised",), "10.77.3.2", codes="route-conflict",
            debug="the kernel sends it to tun9, and it is in the network of d0"),
        Row("own network, advertised by a mesh, IPv6", ("advertised",), "fd77:3::2", codes="route-conflict",
            debug="the kernel sends it to tun9, and it is in the network of d0"),
        Row("own network, an exit node takes all", ("exit_node",), "10.77.3.2", codes="route-conflict",
            debug="the kernel sends it to tun9, and it is in the network of d0"),
        Row("own network, advertised, and nobody there", ("advertised",), "10.77.3.99", within=12,
            line=r"no answer from 10\.77\.3\.99 in 6 s|no way to 10\.77\.3\.99"),
        Row("IPv6 alone, the well-known prefix", ("ipv6_alone", WELL_KNOWN), FAR, codes="path-nat64",
            debug=f"direct {translated(WELL_KNOWN, FAR)}"),
        Row("IPv6 alone, a prefix of the network's", ("ipv6_alone", OWN), FAR, debug=f"direct {translated(OWN, FAR)}"),
        Row("IPv6 alone, an address of a private network", ("ipv6_alone", OWN), "10.77.2.2",
            debug=f"direct {translated(OWN, '10.77.2.2')}"),
        Row("IPv6 alone, a name with an IPv4 address", ("ipv6_alone", OWN), "v4", within=5),
        Row("IPv6 alone, a private network behind the well-known prefix", ("ipv6_alone", WELL_KNOWN), "10.77.2.2",
            line=r"10\.77\.2\.2 port 22: no route to 10\.77\.2\.2"),
        Row("IPv6 alone, no translator", ("ipv6_alone", ""), FAR, line="no route to " + re.escape(FAR)),
        Row("IPv6 alone, a resolver that does not answer", ("ipv6_alone", "mute"), FAR, within=6,
            line="no route to " + re.escape(FAR)),
        Row("IPv6 connects and never speaks", ("mute_ipv6",), "mute", within=4, codes="path-address-mute",
            debug="the other address is taken"),
        Row("a forwarder on this machine, which is silent by IPv6", ("mute_loopback",), "localhost", within=4,
            debug="the other address is taken"),
        Row("IPv6 speaks", (), "both", plain="connects", codes=""),
        Row("a name that the second search domain completes", (), "short", plain="connects", codes="", note="name-searched"),
        Row("link-local, no interface named", (), link, codes="path-no-zone", debug=f"{link}%d0 .an interface that is up"),
        Row("link-local, an interface is named", (), link + "%d0", plain="connects", codes=""),
        Row("link-local, nobody has it", (), "fe80::dead", within=10, line=r"fe80::dead%[cd]0"),
        Row("link-local, an interface that is not there", (), link + "%eth9", within=2, codes="no-interface",
            line=r"this machine has no interface eth9; those that are up: c0, d0; "),
    )


def translated(prefix, address):
    """RFC 6052 2.2, for /96 and /64."""
    network, four = ipaddress.ip_network(prefix), ipaddress.ip_address(address).packed
    head = network.network_address.packed
    return str(ipaddress.ip_address(head[:12] + four if network.prefixlen == 96 else head[:9] + four + bytes(3)))


def answer(query, prefix):
    """Of a small DNS64, which knows ipv4only.arpa and short.far.test, and no other name."""
    end = query.index(b"\0", 12) + 5
    name, kind = query[12:end - 4].lower(), int.from_bytes(query[end - 4:end - 2], "big")
    records = []
    if prefix and name == b"\x08ipv4only\x04arpa\0" and kind == 28:
        records = [ipaddress.ip_address(translated(prefix, f"192.0.0.{last}")).packed for last in (170, 171)]
    if name == SHORT and kind == 28:
        records = [ipaddress.ip_address("fd77:2::2").packed]
    known = b"\x04arpa" in name or name == SHORT
    head = query[:2] + bytes([0x81, 0x80 if known else 0x83, 0, 1]) + len(records).to_bytes(2, "big")
    return head + bytes(4) + query[12:end] + b"".join(b"\xc0\x0c\0\x1c\0\1\0\0\0\x3c\0\x10" + record
                                                     for record in records)


def resolver(address, state):
    """Answers for ever; the file says which prefix the network has, "" for none, or that it is mute."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as own:
        own.bind((address, 53))
        print("listens", flush=True)
        while True:
            query, sender = own.recvfrom(4096)
            with open(state, encoding="ascii") as f:
                prefix = f.read()
            if prefix != "mute":
                own.sendto(answer(query, prefix), sender)


class Ways(Lab):
    def __init__(self, site):
        super().__init__(site)
        self.start("router", sys.executable, os.path.abspath(__file__), "--resolver", "fd77:1::1",
                   site.write("prefix", ""), log="resolver.log")
        wait_for("the resolver", 10, lambda: "listens" in self.read("resolver.log"))
        for prefix in (WELL_KNOWN, OWN):
            self.ip("router", f"-6 route add {prefix} via fd77:2::2")
            for address in (FAR, "10.77.2.2"):
                self.ip("server", f"-6 addr add {translated(prefix, address)}/128 dev lo")

    def link_local(self, space, device):
        return re.search("inet6 (fe80::[0-9a-f:]+)", self.run(space, "ip", "-6", "addr", "show", "dev", device))[1]

    # what is so

    def tunnel(self, *routes):
        """As tailscaled has it, which may be silent: a table that comes before all others."""
        self.ip("client", "link add tun9 type veth peer name hole9", "link set tun9 arp off up", "link set hole9 up", "addr add 100.64.0.1/32 dev tun9",
                "-6 addr add fd7a:115c:a1e0::1/128 dev tun9 nodad", *routes, "rule add pref 52 lookup 52",
                "-6 rule add pref 52 lookup 52")
        self.undo.append(lambda: self.ip("client", "rule del pref 52", "-6 rule del pref 52", "link del tun9"))

    def advertised(self):
        self.tunnel("route add 10.77.3.0/24 dev tun9 table 52", "-6 route add fd77:3::/64 dev tun9 table 52")

    def exit_node(self):
        self.tunnel("route add default dev tun9 table 52", "-6 route add default dev tun9 table 52")

    def ipv6_alone(self, prefix):
        self.site.write("prefix", prefix)
        for device in ("c0", "d0"):
            self.run("client", "ip", "-4", "addr", "flush", "dev", device)
        self.undo.append(self.ipv4_back)

    def ipv4_back(self):
        self.site.write("prefix", "")
        self.ip("client", "addr add 10.77.1.2/24 dev c0", "addr add 10.77.3.1/24 dev d0")
        self.client_routes()

    def mute(self, space, address):
        """Takes connections, and never says a word."""
        program = (f"import socket\nlistener = socket.create_server(('{address}', 22), family=socket.AF_INET6)\n"
                   "print('listens', flush=True)\nkept = []\nwhile True: kept.append(listener.accept())")
        log = f"mute-{space}.log"
        process = self.start(space, sys.executable, "-c", program, log=log)
        self.undo.append(lambda: self.end(process))
        wait_for("the silent server", 10, lambda: "listens" in self.read(log))

    def mute_ipv6(self):
        self.mute("router", "fd77:1::1")

    def mute_loopback(self):
        self.mute("client", "::1")
        with open(self.site.path(self.name + "-sshd-22.conf"), encoding="utf-8") as f:
            config = self.site.write("sshd-here.conf", f.read() + "ListenAddress 127.0.0.1\n")
        process = self.start("client", *self.as_user(shutil.which("sshd"), "-D", "-e", "-f", config), log="sshd-here.log")
        self.undo.append(lambda: self.end(process))
        wait_for("the sshd of this machine", 10, lambda: "Server listening" in self.read("sshd-here.log"))

    # what is done

    def ssh(self, row, proxy):
        """Whether a login works, how long it takes, and all that was said."""
        how = f"ProxyCommand={proxy}" if proxy else "ConnectTimeout=2"
        name = row.host.replace("%", "%%")
        argv = ["ssh", "-F", self.site.path("ssh_config"), "-o", f"HostName={name}", "-o", how, "host", "true"]
        env = {"PATH": os.environ["PATH"], "HOME": self.site.path("home"), "LANG": "C",
               "XDG_CACHE_HOME": self.site.path("cache")}
        shutil.rmtree(self.site.path("cache"), ignore_errors=True)
        since = time.monotonic()
        try:
            done = subprocess.run(self.inside("client", *argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, env=env, text=True, timeout=row.within + 3, check=False)
        except subprocess.TimeoutExpired as late:
            return False, row.within + 3, (late.stdout or b"").decode(errors="replace")
        return done.returncode == 0, time.monotonic() - since, done.stdout

    def doctor(self, row):
        argv = [MESHSSH, "--doctor", "--json", row.host]
        env = {"PATH": os.environ["PATH"], "HOME": self.site.path("home"), "LANG": "C",
               "XDG_CACHE_HOME": self.site.path("cache")}
        done = subprocess.run(self.inside("client", *argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=env, text=True, timeout=60, check=False)
        doc = json.loads(done.stdout)
        shown = {name: doc["facts"].get(name) for name in ("names", "connect", "server")}
        notes = [finding["code"] for finding in doc["findings"] if finding["severity"] == "note"]
        return [finding["code"] for finding in doc["findings"] if finding["severity"] != "note"], notes, shown, doc["findings"]


class Runner:
    def __init__(self, site, lab, tap):
        self.lab = lab
        self.tap = tap
        # Copied to where everybody can read it, and run as a user who may do nothing.
        self.relay = site.path("meshssh")
        shutil.copy(MESHSSH, self.relay)
        os.chmod(site.temp, 0o711)
        os.chmod(self.relay, 0o755)
        if site.uid == 0:
            self.relay = f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups --inh-caps=-all {self.relay}"

    def show(self, row):
        lab = self.lab
        lab.clear()
        if row.setup:
            getattr(lab, row.setup[0])(*row.setup[1:])
        works, took, said = lab.ssh(row, f"{self.relay} --debug --timeout=6 -- %h %p")
        lines = [line for line in said.splitlines() if re.match(r"meshssh: (?!debug: )", line)]
        if row.line:
            good = not works and len(lines) == 1 and re.search(row.line, lines[0]) and len(lines[0]) < 200
        else:
            good = works and not lines
        good = good and took <= row.within and re.search(row.debug, said)
        self.tap.point(bool(good), row.name + (": one line" if row.line else ": a login"),
                       f"works: {works}, {took:.1f} s\n{said}")
        if not row.line:
            works, _, said = lab.ssh(row, None)
            self.tap.point(works == (row.plain == "connects"), f"{row.name}: plain ssh {row.plain}", said)
        if row.codes is not None:
            codes, notes, *shown = lab.doctor(row)
            self.tap.point(codes == ([row.codes] if row.codes else []) and (not row.note or row.note in notes),
                           f"{row.name}: the doctor", f"{codes} {notes}\n{shown}")


def main():
    tap = Tap()
    try:
        enter()
        with Site() as site:
            site.write("etc-nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n")
            with open(site.path("etc-hosts"), "a", encoding="ascii") as hosts:
                hosts.write("fd77:1::1 mute\n10.77.2.2 mute\n")
            conf = os.path.realpath("/etc/resolv.conf")
            if not os.path.exists(conf):    # in /run, which is ours
                os.makedirs(os.path.dirname(conf), exist_ok=True)
                open(conf, "wb").close()
            run("mount", "--bind", site.write("etc-resolv.conf", "nameserver fd77:1::1\nsearch near.test far.test\n"
                                              "options timeout:2 attempts:2\n"), conf)
            with Ways(site) as lab:
                runner = Runner(site, lab, tap)
                for row in rows(lab):
                    if re.search(sys.argv[1] if len(sys.argv) > 1 else "", row.name):
                        runner.show(row)
    except Missing as reason:
        tap.skip("ways", str(reason))
    except Failed as reason:
        tap.point(False, "the lab stands", str(reason))
    return tap.finish()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--resolver"]:
        resolver(*sys.argv[2:])
    sys.exit(main())
