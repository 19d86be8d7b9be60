#!/usr/bin/env python3
"""scan.py: meshssh --scan --json over hosts of the lab, and what it says of each against what is so. TAP.

Of the thousand, 100 are the lab's sshd, 800 a server that only greets (a machine with 900 sshd would be slow by
itself), and the packets to 100 vanish.
"""

import asyncio
import json
import os
import re
import resource
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # nothing is written into the source tree

from lab import MESHSSH, Failed, Lab, Missing, Site, enter, wait_for
from netlab import Tap

TIMEOUT = 5
MEMORY = 64 << 10       # KiB, this program's own share included, which it was before it became meshssh
GREETING = b"SSH-2.0-Greeter\r\n"
PLACES = 8              # of the sshd with few: MaxStartups
NAMES = 12              # for one address


def greeter():
    """Greets on port 2300, until it is ended."""
    async def greet(_, writer):
        writer.write(GREETING)
        try:
            await writer.drain()
            await asyncio.sleep(3600)
        except (ConnectionError, asyncio.CancelledError):
            writer.close()

    async def serve():
        server = await asyncio.start_server(greet, "0.0.0.0", 2300, backlog=1024)
        async with server:
            await server.serve_forever()

    asyncio.run(serve())


def scan_text(lab, hosts, *options):
    """Output, seconds, and the most memory in KiB that any scan so far has had."""
    argv = lab.inside("client", MESHSSH, "--scan", *options)
    since = time.monotonic()
    done = subprocess.run(argv, input="".join(host + "\n" for host in hosts), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    if done.stderr:
        raise Failed(f"status {done.returncode}: {done.stderr}")
    return done.stdout, time.monotonic() - since, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def scan(lab, hosts, *options):
    """The same, with the rows of each host."""
    text, took, memory = scan_text(lab, hosts, "--json", f"--timeout={TIMEOUT}", *options)
    rows = {}
    for row in map(json.loads, text.splitlines()):
        rows.setdefault(row["host"], []).append(row)
    return rows, took, memory


def thousand(tap, lab):
    lab.ip("server", "route add local 10.78.0.0/16 dev lo")
    lab.ip("router", "route add 10.78.0.0/16 via 10.77.2.2")
    lab.run("server", "nft", "-f", "-", text="""table ip scan {
	chain pre {
		type nat hook prerouting priority -100
		ip daddr 10.78.1.0-10.78.8.255 tcp dport 22 redirect to :2300
	}
	chain silent {
		type filter hook prerouting priority -300
		ip daddr { 10.78.9.0/24, 10.78.100.0-10.78.139.255 } drop
	}
}
""")
    lab.start("server", sys.executable, __file__, "greeter", log="greeter.log")
    wait_for("the greeter greets", 20, lambda: "ok" in lab.run(
        "client", "sh", "-c", "nc -z -w 1 10.78.1.1 22 && echo ok", check=False))
    kinds = {f"10.78.{net}.{host}": kind for kind, nets in
             (("OpenSSH", (0,)), ("Greeter", range(1, 9)), ("", (9,))) for net in nets for host in range(1, 101)}
    rows, took, memory = scan(lab, kinds)
    wrong = [f"{host}: {found}" for host, kind in kinds.items() for found in [rows.get(host, [])]
             if len(found) != 1 or (kind not in found[0].get("server", "") if kind else
                                    found[0].get("message") != "no-answer")]
    tap.point(not wrong and len(rows) == len(kinds), f"{len(kinds)} hosts, each as it is", "\n".join(wrong[:20]))
    tap.point(took < TIMEOUT + 5, "in time", f"{took:.1f} s")
    tap.point(memory < MEMORY, "in little memory", f"{memory} KiB")
    print(f"# {len(kinds)} hosts, 100 of them silent: {took:.1f} s with --timeout={TIMEOUT}, at most {memory} KiB")


def ten_thousand(tap, lab):
    """As many at once as it takes, none of which answers; with a format that keeps what it prints, and one that does not."""
    hosts = [f"10.78.{100 + i // 250}.{i % 250 + 1}" for i in range(10000)]
    output = lab.site.path("scan.prom")
    for options in ["--json"], ["--format=openmetrics", f"--output={output}"]:
        text, took, memory = scan_text(lab, hosts, "--timeout=1", "--jobs=10000", *options)
        if options[0] == "--format=openmetrics":
            with open(output, encoding="ascii") as file:
                text = file.read()
        found = len(re.findall(r'"message":"no-answer"|code="no-answer"', text))
        tap.point(found == len(hosts), f"ten thousand silent hosts at once, {options[0]}", f"{found} of them")
        tap.point(memory < MEMORY, "in little memory", f"{memory} KiB")
        print(f"# {len(hosts)} silent hosts, {options[0]}: {took:.1f} s with --timeout=1, at most {memory} KiB")


def one_address(tap, lab, site):
    """sshd drops whoever comes while all of its places are taken: with so many at once, some would be turned away."""
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        raise Missing("this user cannot open /dev/net/tun")
    config = site.write("few.conf", f"""Port 2240
HostKey {site.path("host_ed25519")}
PidFile none
UsePAM no
MaxStartups {PLACES}:100:{PLACES}
""")
    lab.start("server", *lab.as_user("/usr/sbin/sshd"), "-D", "-e", "-f", config, log="few.log")
    wait_for("sshd listens", 10, lambda: "Server listening on 0.0.0.0" in lab.read("few.log"))
    lab.delay(100)
    hosts = [f"10.77.2.2:{2240}"] * NAMES
    rows, took, _ = scan(lab, hosts)
    lab.clear()
    found = rows.get(hosts[0], [])
    tap.point(len(found) == NAMES and all(row["ok"] for row in found), "one address under many names: none is turned away",
              json.dumps(found))
    tap.point(took > NAMES - PLACES - 1, "because it is left alone in between", f"{took:.1f} s")
    tap.point(all(row["ms"] < 2000 for row in found), "which is not held against the host", json.dumps(found))


def main():
    tap = Tap()
    try:
        enter()
        with Site() as site, Lab(site) as lab:
            thousand(tap, lab)
            ten_thousand(tap, lab)
            one_address(tap, lab, site)
    except Missing as reason:
        tap.skip("scan", str(reason))
    except Failed as reason:
        tap.point(False, "the lab stands", str(reason))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(greeter() if sys.argv[1:] == ["greeter"] else main())
