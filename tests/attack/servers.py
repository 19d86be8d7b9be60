"""Run by servers.sh: every hostile server meets the relay alone, the front door with the real ssh, the doctor and the
scan."""

import json
import os
import re
import signal

import attack
import hostile
from attack import FULL, MESHSSH, T, Tally

LIMIT_RELAY = 3         # --timeout=1, and what it takes to hold back and to prove
LIMIT_SSH = 5           # ConnectTimeout is 3
LIMIT_DOCTOR = 12       # twelve connections at most, few of which take a second
LIMIT_SCAN = 20
ONCE = hostile.Server(None)
SERVERS = {name: hostile.Server(serve) for name, serve in hostile.modes().items()}


def prepare():
    """Hosts odd-NAME, for whoever asks ssh for its configuration."""
    with open(T + "/ssh_config", "w", encoding="ascii") as f:
        for name, server in SERVERS.items():
            f.write("Host odd-%s\n    HostName 127.0.0.1\n    Port %s\n" % (name, server.port()))
        f.write("Host once\n    HostName 127.0.0.1\n    Port %s\n" % ONCE.port())
        f.write("Host *\n    BatchMode yes\n    ConnectTimeout 3\n    UserKnownHostsFile /dev/null\n"
                "    StrictHostKeyChecking no\n    ControlPath none\n    IdentityFile none\n")
    os.mkdir(T + "/bin")
    with open(T + "/bin/ssh", "w", encoding="ascii") as f:
        f.write("#!/bin/sh\nexec /usr/bin/ssh -F '%s/ssh_config' \"$@\"\n" % T)
    os.chmod(T + "/bin/ssh", 0o755)


def with_config():
    env = attack.environment()
    env["PATH"] = T + "/bin:" + env["PATH"]
    return env


def meets_relay(name):
    server = SERVERS[name]
    for client, data in (("relay", hostile.CLIENT), ("relay, a client that says a line", b"SSH-2.0-attack\r\n")):
        if client != "relay" and not FULL:
            break
        ran = attack.run([MESHSSH, "--timeout=1", "--dead-after=4", "127.0.0.1", server.port()], data, hold=True,
                         limit=LIMIT_RELAY, tell=signal.SIGHUP)
        wrong = attack.relay(ran, server.wires())
        if not hostile.is_for_ssh(name) and (ran.status == 0 or ran.told):
            wrong = (wrong or attack.shown(ran)) + ["goes on with what is no SSH server"]
        CASES["relay"].run(name, wrong)


def meets_ssh(name):
    ran = attack.run([MESHSSH, "--timeout=1", "-F", T + "/ssh_config", "odd-" + name, "true"], limit=LIMIT_SSH,
                     tell=signal.SIGTERM)
    wrong = attack.sane(ran, attack.DOCUMENTED | {255})
    if ran.out:
        wrong.append("something on stdout")
    if ran.status == 0:
        wrong.append("a success")
    wrong += attack.unprintable(re.sub(rb"[\r\a]", b"", ran.err))     # ssh itself lets both pass
    ours = [x for x in re.split(rb"[\r\n]+", ran.err) if x.startswith(b"meshssh: ")]
    if len(ours) > 1 or any(len(x) >= 200 for x in ours):
        wrong.append("more than one line of ours, or a long one")
    if re.search(rb"^(# |@nix )", ran.err, re.M):
        wrong.append("a line that Nix acts upon")
    if not ran.told and not ran.err:
        wrong.append("not a word")
    CASES["ssh"].run(name, wrong and wrong + attack.shown(ran))


def meets_doctor(name):
    ran = attack.run([MESHSSH, "--doctor", "--json", "--timeout=1", "odd-" + name], limit=LIMIT_DOCTOR, env=with_config())
    statuses = {0, 1, 2} if hostile.may_be_healthy(name) else {1, 2}
    wrong = attack.sane(ran, statuses) + attack.line(ran.err, False)
    try:
        doc = json.loads(ran.out)
        if not doc["target"].get("ssh"):
            wrong.append("not looked at as ssh's")
        # That nothing was looked at is a warning.
        if 0 not in statuses and not [x for x in doc["findings"] if x["severity"] == "error" or x["code"] in ("server-limits", "unfinished")]:
            wrong.append("healthy, with %s" % [x["code"] for x in doc["findings"]])
    except (ValueError, KeyError, TypeError) as e:
        wrong.append("no document: %r" % e)
    wrong += attack.unprintable(ran.out)
    CASES["doctor"].run(name, wrong and wrong + attack.shown(ran)[:1])
    if FULL or name.startswith(("drip", "flood")):
        ran = attack.run([MESHSSH, "--doctor", "--json", "--timeout=1", "127.0.0.1", SERVERS[name].port()],
                         limit=LIMIT_DOCTOR, env=attack.environment())
        wrong = attack.sane(ran, {0, 1, 2}) + attack.line(ran.err, False) + attack.unprintable(ran.out)
        CASES["doctor, a port that is not ssh's"].run(name, wrong and wrong + attack.shown(ran))
    if not FULL and not name.startswith(("id-escape", "escape", "kex-list-escape", "garbage", "hash")):
        return
    ran = attack.run([MESHSSH, "--doctor", "--timeout=1", "odd-" + name], limit=LIMIT_DOCTOR, env=with_config())
    wrong = attack.sane(ran, statuses) + attack.line(ran.err, False)
    wrong += attack.unprintable(ran.out)
    if 0 not in statuses and b"healthy" in ran.out:
        wrong.append("healthy")
    CASES["doctor, for people"].run(name, wrong and wrong + attack.shown(ran))


def doctor_once(_):
    """A server that takes one connection, and refuses the next: on this machine one is enough to look at it."""
    def serve(s):
        ONCE.close()
        hostile.says(hostile.ID + hostile.KEX)(s)
    ONCE.serve = serve
    ran = attack.run([MESHSSH, "--doctor", "--json", "--timeout=1", "once"], limit=LIMIT_DOCTOR, env=with_config())
    wrong = attack.sane(ran, {0, 1})
    if b'"kexinit_bytes"' not in ran.out or b'"stopped"' in ran.out:
        wrong.append("not looked at")
    CASES["doctor, one connection"].run("once", wrong and wrong + attack.shown(ran))


def scan(_):
    """All at once, so that the whole takes no longer than the slowest."""
    hosts = ["127.0.0.1:" + s.port() for s in SERVERS.values()]
    for case, words in (("scan", ["--json"]), ("scan, for people", [])):
        ran = attack.run([MESHSSH, "--scan", "--timeout=1", *words, *hosts], limit=LIMIT_SCAN, env=with_config())
        wrong = attack.sane(ran, {1}) + attack.line(ran.err, False)
        wrong += attack.unprintable(ran.out)
        if re.search(rb"^(# |@nix )", ran.out, re.M):
            wrong.append("a line that Nix acts upon")
        CASES[case].run("all", wrong and wrong + attack.shown(ran)[:2])
        if not words:
            continue
        rows = {}
        for text in ran.out.splitlines():
            try:
                row = json.loads(text)
                rows[row["host"]] = row
            except (ValueError, KeyError) as e:
                CASES[case].run(text[:80], ["no row: %r" % e])
        for name, server in SERVERS.items():
            row = rows.get("127.0.0.1:" + server.port())
            CASES["scan, each row"].run(name, ["no row"] if row is None else
                                        ["says that it works: %s" % row] if row["ok"] and not hostile.is_ssh(name) else
                                        ["took %d ms" % row["ms"]] if row["ms"] > 1000 * (3 + attack.BUSY) else [])


CASES = {}
prepare()
for case_name in ("relay", "ssh", "doctor", "doctor, for people", "doctor, a port that is not ssh's",
                  "doctor, one connection", "scan", "scan, each row", "scan, for people"):
    CASES[case_name] = Tally("%d hostile servers: %s" % (len(SERVERS), case_name))
closed = Tally("no connection is left open")
NAMES = sorted(SERVERS)
JOBS = [(f, n) for f in (meets_relay, meets_ssh, meets_doctor) for n in NAMES]
attack.rng("order").shuffle(JOBS)
# The longest first.
attack.phase(attack.pool, lambda job: job[0](job[1]), [(scan, None), (doctor_once, None)] + JOBS, 16)
closed.run("all servers", ["%s: %d" % (n, s.open) for n, s in SERVERS.items()
                            if not hostile.never_looks(n) and not attack.wait(lambda s=s: not s.open)])
attack.verdicts()
