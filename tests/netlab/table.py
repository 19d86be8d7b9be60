"""The scenarios of holes.sh and paths.sh: what is wrong with the path, and what meshssh is to make of it.

meshssh begins with segments of 960 bytes towards a host behind a router and goes down to 768 and 536 where they do not
arrive; with its header, a packet is 40 bytes longer, or 60 with IPv6. So a hole costs as many descents as there are
rungs whose packets are longer than it lets through.
"""

import os
import re
from dataclasses import dataclass, replace

RUNGS = (960, 768, 536)
SNTRUP = "sntrup761x25519-sha512@openssh.com"
CURVE = "curve25519-sha256"
WAYS = ("forward", "reverse", "both")
DEAD_AFTER = 3
IMPATIENT = (f"--dead-after={DEAD_AFTER}",)

SHORT = ("Ciphers=aes128-gcm@openssh.com", "MACs=hmac-sha2-256", f"KexAlgorithms={CURVE}",
         "HostKeyAlgorithms=ssh-ed25519")

# Session commands for what happens later on: silent until `poke` arrives, unless the client or the server streams.
QUIET = "echo up; exec cat >/dev/null"
SCREEN = "echo up; read -r line; head -c 2200 {data}; exec cat >/dev/null"
UPLOAD = "echo up; exec cat >/dev/null"
DOWNLOAD = "echo up; exec cat /dev/zero"


@dataclass(frozen=True)
class Row:
    name: str
    broken: tuple = ()          # methods of Path with their arguments, before the session
    host: str = "v4"
    port: int = 22
    kind: str = "relay"
    options: tuple = ()         # meshssh's
    kex: str = SNTRUP
    ssh: tuple = ()             # more for ssh -o
    rtt: int = 0
    descents: int = 0
    plain: str = "hangs"        # what plain ssh does there: were it to pass, the row would show nothing
    timed: bool = True          # to be as fast as plain ssh on a whole path, but for the descents
    # If there is a line, the session is not to work, but to end with one that matches:
    line: str = ""
    within: float = 0           # seconds, from the change or else from authentication on
    during: tuple = ()          # as broken, once the session is up
    good: float = 0             # before that, the user types a key, and then all is well for so many seconds
    command: str = QUIET
    poke: bytes = b""           # what the user types after the change
    gap: float = 0              # seconds after which the change is undone; plain ssh goes on then, and so is this to
    stream: bool = False        # the client sends all the time
    reply: int = 0              # instead: the session goes on, and so many bytes come back within that time
    again: bool = False         # the next session, which knows of the first one, is to work
    either: bool = False        # it may work as well; if not, the next one is to
    times: int = 1              # so many sessions, all of which are to work
    needless: int = 0           # fallbacks that the path gives no reason for; --debug shows them
    extra: int = 0              # ms it may need besides


def descents(size, host="v4"):
    header = 60 if host == "v6" else 40
    return sum(1 for rung in RUNGS if rung + header > size)


def hole(size, way, host="v4", kex=SNTRUP, rtt=0, method="hole", **more):
    what = {"hole": "hole", "icmp_hole": "hole with ICMP filtered", "pmtud": "narrow link with ICMP"}[method]
    name = f"{what} {size} {way}, {host}"
    name += (", curve25519" if kex == CURVE else "") + (f", RTT {rtt} ms" if rtt else "")
    more.setdefault("plain", "opens" if method == "pmtud" else "hangs")
    return Row(name, ((method, size, way),), host=host, kex=kex, rtt=rtt,
               descents=0 if method == "pmtud" else descents(size, host), **more)


def holes():
    """The edges of each rung; every way and family; both kinds of KEX, of which one lets a reverse hole show only after
    authentication."""
    rows = [Row("whole path, v4", plain="opens"), Row("whole path, v6", host="v6", plain="opens"),
            Row("whole path, no router", host="10.77.3.2", plain="opens")]
    for size, kex in ((576, SNTRUP), (580, CURVE), (807, CURVE), (808, SNTRUP), (999, SNTRUP), (1000, CURVE)):
        rows += [hole(size, way, kex=kex) for way in WAYS]
    for host in ("v4", "v6"):
        rows += [hole(1280, way, host, kex) for way, kex in (("forward", CURVE), ("reverse", SNTRUP), ("both", CURVE))]
    rows += [hole(1400, "both", "v6"), hole(1496, "both"),
             hole(1280, "both", method="icmp_hole"), hole(600, "both", method="icmp_hole"),
             hole(1280, "both", "v6", method="icmp_hole"), hole(1280, "both", method="pmtud"),
             hole(576, "both", rtt=40), hole(900, "forward", rtt=40), hole(900, "reverse", rtt=40, kex=CURVE),
             hole(1280, "reverse", "v6", rtt=40)]
    return rows


def ends():
    """What cannot be mended is named."""
    dead = Row("", during=(("dead",),), options=IMPATIENT, line="stopped answering|no answer|silent",
               within=DEAD_AFTER + 2)
    # In each direction the last packet is small and arrives: that is how it shows.
    narrow = Row("", options=IMPATIENT, line="bytes|segments|packets", within=DEAD_AFTER + 2, again=True)
    gone = Row("", during=(("address_gone",),), options=IMPATIENT, line="address", within=DEAD_AFTER + 2)
    return [
        replace(dead, name="dead path, idle"),
        replace(dead, name="dead path, idle, v6", host="v6"),
        replace(dead, name="dead path, sending", stream=True, command=UPLOAD),
        replace(dead, name="dead path, receiving", command=DOWNLOAD),
        # As with marks that are lost, nothing comes after the client's last word; but probes were answered.
        replace(dead, name="dead path after 4 good seconds", good=4),
        # After a quiet moment: a packet that is lost right behind others of its size may be lost by chance.
        replace(narrow, name="hole 700 forward in mid-session", during=(("hole", 700, "forward"),), poke=b"x" * 1100,
                good=1),
        replace(narrow, name="hole 700 reverse in mid-session", during=(("hole", 700, "reverse"),), command=SCREEN,
                poke=b"\n"),
        # Routers may cut the packets of a session that stands still, and do.
        Row("hole with ICMP filtered 700 forward in mid-session", during=(("icmp_hole", 700, "forward"),),
            command="echo up; head -c 30000 | wc -c", poke=b"x" * 30000, reply=6, options=("--dead-after=8",), within=8),
        # With all of its packets lost it looks like a dead path, and is told as one.
        replace(narrow, name="hole 700 forward in mid-session, 30 kB at once", during=(("hole", 700, "forward"),),
                poke=b"x" * 30000, line="stopped answering"),
        replace(narrow, name="hole 1280 reverse, full segments", broken=(("hole", 1280, "reverse"),), kex=CURVE,
                options=("--mss=off", *IMPATIENT), command=SCREEN, poke=b"\n", again=False),
        Row("server's marked packets vanish", (("drop_dscp", "reverse"),), line="IPQoS|DSCP|mark", within=8,
            options=IMPATIENT),
        replace(gone, name="the client's address goes"),
        replace(gone, name="the client's address goes, sending", stream=True, command=UPLOAD),
    ]


def gaps(seconds):
    """An outage ends no session that plain ssh keeps. What the user typed meanwhile is sent again every 2 s where the
    kernel (TCP_RTO_MAX_MS) takes that, else it may be as late again."""
    release = tuple(int(number) for number in re.findall(r"\d+", os.uname().release)[:2])
    typed = Row("", during=(("dead",),), gap=seconds, command="echo up; exec cat", poke=b"key\n", reply=4,
                within=4 if release >= (6, 15) else seconds + 5)
    return [
        replace(typed, name=f"dead path for {seconds} s, typing"),
        replace(typed, name=f"dead path for {seconds} s, typing, v6", host="v6"),
        replace(typed, name=f"host unreachable for {seconds} s, typing", during=(("unreachable",),)),
        replace(typed, name=f"dead path for {seconds} s, --fdpass", kind="fdpass", within=seconds + 5),
        replace(typed, name=f"dead path for {seconds} s, the server sends", poke=b"", within=seconds + 5,
                command="echo up; while :; do echo more; sleep 0.1; done"),
    ]


def away():
    """As a lease that is renewed, or a mesh whose daemon starts again."""
    row = Row("the client's address is away for 5 s", during=(("address_gone",),), gap=5, command="echo up; exec cat",
              poke=b"key\n", reply=4, within=4)
    return [row, replace(row, name="the client's address is away for 5 s, v6", host="v6"),
            replace(row, name="host unreachable for 5 s", during=(("unreachable",),))]


def paths():
    """What meshssh does not notice, or gets round."""
    return [
        Row("client's marked packets vanish", (("drop_dscp", "forward"),)),
        Row("client's marked packets vanish, v6", (("drop_dscp", "forward"),), host="v6"),
        Row("client's marked packets vanish, --fdpass", (("drop_dscp", "forward"),), kind="fdpass"),
        Row("marked packets vanish, server without marks", (("drop_dscp", "both"),), port=2210),
        Row("EF and CS1 vanish", (("drop_dscp", "both", ("ef", "cs1")),), plain="opens"),
        Row("IPv6 vanishes, name with both", (("address_hole",),), host="both", extra=250),
        Row("hole 1280, --fdpass", (("hole", 1280, "both"),), kind="fdpass"),
        Row("hole 1280, --fdpass, v6", (("hole", 1280, "both"),), host="v6", kind="fdpass"),
        Row("hole 700, RSA host key", (("hole", 700, "both"),), port=2211, descents=descents(700)),
        Row("hole 700, dropbear", (("hole", 700, "both"),), port=2222, descents=descents(700), kex=CURVE),
        Row("tunnel of 1280 through a path of 1280", (("tunnel", 1280), ("hole", 1280)), host="10.77.9.2"),
        Row("the same, and a router behind it", (("tunnel", 1280), ("hole", 1280)), host="10.77.8.2"),
        # A client's KEXINIT as short as this proves nothing of the forward path.
        Row("hole 700 forward, KEXINIT of 300 bytes", (("hole", 700, "forward"),), ssh=SHORT, options=IMPATIENT,
            line="bytes|segments|packets", within=8, either=True, timed=False),
        Row("5 % loss", (("loss", 5),), plain="opens", timed=False),
        # Lost twice, a packet looks like one that is too long; how often, sweep.py tells.
        Row("2 % loss, 20 logins", (("loss", 2),), plain="opens", timed=False, times=20, needless=1,
            options=("--debug",)),
        Row("100 Mbit/s", (("rate", 100),), plain="opens"),
    ]


GROUPS = {"holes": lambda: holes(), "paths": lambda: paths() + ends() + away(), "gaps": lambda: gaps(40)}
