"""Run by proxies.sh: proxies and tailscaled sockets whose answers were damaged, each in its own way."""

import importlib.util
import json
import os
import re
import socket
import time

import attack
import hostile
from attack import CONFIG, FULL, MESHSSH, T, Tally

spec = importlib.util.spec_from_file_location("oddproxy", os.path.join(attack.TOOLS, "oddproxy.py"))
odd = importlib.util.module_from_spec(spec)
spec.loader.exec_module(odd)

MANY = 1500 if FULL else 100
CLIENT = b"SSH-2.0-attack\r\n" + bytes(range(256))
STREAM = odd.BANNER + CLIENT
LIMIT = 5
KEY = "ssh-ed25519 " + attack.base64(hostile.string(b"ssh-ed25519") + hostile.string(b"k" * 32)).decode()
EVIL = "\x1b[31m\x07\x9b2J\x00\n# evil\r\n@nix {}"


def damage(data, r):
    """One to three changes of a kind that a person or a bad cable would make."""
    data = bytearray(data)
    for _ in range(r.randint(1, 3)):
        at = r.randrange(len(data) + 1)
        kind = r.randrange(9)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << r.randrange(8)
        elif kind == 1 and at < len(data):
            data[at] = r.choice(b"\0\r\n\t \x1b\x7f\x80\xff:;,09")
        elif kind == 2:
            data[at:at] = r.choice((b"\r\n", b"\n", b"\0", b"\r\n\r\n", b" ", b"HTTP/1.1 200 OK\r\n", b"\5\0", b"x" * 3000,
                                    b"A: " + b"y" * 70000 + b"\r\n", hostile.EVIL, b"%s%n"))
        elif kind == 3:
            del data[at:at + r.randint(1, 12)]
        elif kind == 4:
            del data[at:]
        elif kind == 5:
            data[at:at] = data[at:at + r.randint(1, 60)]
        elif kind == 6:
            data[at:at] = r.randbytes(r.randint(1, 40))
        elif kind == 7:
            piece = data[at:at + 20]
            data[at:at + 20] = piece.swapcase() if r.random() < 0.5 else bytes(reversed(piece))
        else:
            data *= 2
    return bytes(data)


# What is behind the proxy.
the_server = hostile.echoes(b"", len(CLIENT))


def head(s):
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        more = s.recv(1)
        if not more:
            raise EOFError
        data += more
    return data


def socks(method, reply):
    def serve(s):
        s.recv(300)
        s.sendall(method)
        s.recv(300)
        s.sendall(reply + odd.BANNER)
        the_server(s)
    return serve


def http(answer):
    def serve(s):
        head(s)
        s.sendall(answer + odd.BANNER)
        the_server(s)
    return serve


def judge(case, what, ran, server):
    """The stream, whole from where it begins, or one line; never half of it as a success."""
    wrong = attack.sane(ran) + attack.line(ran.err, ran.status > 0 and not ran.out)
    wires = server.wires()
    if ran.status == 0 and (ran.err or not ran.out or not any(w.endswith(ran.out) for w in wires)):
        wrong.append("a success, and not all that the server said")
    if ran.out and not any(ran.out in w for w in wires):
        wrong.append("bytes on stdout that nobody sent")
    case.run(what, wrong and wrong + attack.shown(ran))


def one_proxy(job):
    case, kind, what, serve = job
    server = hostile.Server(serve)
    via = "--via=%s=127.0.0.1:%s" % (kind, server.port())
    ran = attack.run([MESHSSH, "--timeout=1", via, "nas.test", "22"], CLIENT, hold=True, limit=LIMIT)
    judge(case, what, ran, server)
    if what == "undamaged" and (ran.status != 0 or ran.out != STREAM):
        case.run(what, ["does not even work undamaged"] + attack.shown(ran))
    server.close()


def proxies():
    jobs = []
    case = Tally("SOCKS5 proxies with damaged answers")
    inet = b"\1\x7f\0\0\1\0\x16"
    for n in range(MANY):
        r = attack.rng("socks %d" % n)
        reply = b"\5\0\0" + r.choice((inet, b"\4" + b"\0" * 18, b"\3\x09localhost\0\x16"))
        method = damage(b"\5\0", r) if n % 3 == 0 else b"\5\0"
        if n % 3:
            reply = damage(reply, r)
        jobs.append((case, "socks5", "%d: %.60r %.60r" % (n, method, reply), socks(method, reply)))
    jobs.append((case, "socks5", "undamaged", socks(b"\5\0", b"\5\0\0" + inet)))
    case = Tally("HTTP proxies with damaged answers")
    answers = sorted(odd.HTTP_YES) + sorted(odd.HTTP_NO)
    for n in range(MANY):
        r = attack.rng("http %d" % n)
        name = r.choice(answers)
        answer = damage(odd.HTTP_YES.get(name, odd.HTTP_NO.get(name)), r)
        jobs.append((case, "http", "%d: %s %.100r" % (n, name, answer), http(answer)))
    jobs.append((case, "http", "undamaged", http(odd.HTTP_YES["200"])))
    attack.pool(one_proxy, jobs)


# --- tailscaled -----------------------------------------------------------------------------------------------------

def tailscaled(dial, status):
    """`status` is an answer, or takes the client over."""
    def serve(s):
        if head(s).startswith(b"POST"):
            dial(s)
        elif isinstance(status, bytes):
            s.sendall(status)
            s.shutdown(socket.SHUT_WR)
            hostile.odd.wait_end(s)
        else:
            status(s)
    path = os.path.join(T, "socket.%d" % next(attack.COUNTER))
    return hostile.Server(serve, socket.AF_UNIX, path)


def dial_yes(s):
    s.sendall(odd.SWITCH + odd.BANNER)
    the_server(s)


def dial_says(answer, end):
    def dial(s):
        s.sendall(answer)
        if end == "fin":
            s.shutdown(socket.SHUT_WR)
        if end != "close":
            hostile.odd.wait_end(s)
    return dial


def dial_damaged(answer):
    def dial(s):
        s.sendall(answer + odd.BANNER)
        the_server(s)
    return dial


STATUS = odd.status_answer(odd.status_document())


def one_dial(job):
    case, what, dial = job
    server = tailscaled(dial, STATUS)
    ran = attack.run([MESHSSH, "--timeout=1", "--tailscaled=" + server.name, "node.mesh.test", "22"], CLIENT, hold=True,
                     limit=LIMIT)
    judge(case, what, ran, server)
    if "undamaged" in what and (ran.status != 0 or ran.out != STREAM):
        case.run(what, ["does not even work undamaged"] + attack.shown(ran))
    if what.startswith("cut") and (ran.status == 0 or ran.out):
        case.run(what, ["a success"] + attack.shown(ran))
    server.close()


def upgrades():
    case = Tally("tailscaled: the upgrade's answer cut at every byte")
    jobs = [(case, "cut at %d, %s" % (n, end), dial_says(odd.SWITCH[:n], end)) for n in range(len(odd.SWITCH))
            for end in ("fin", "close", "silence") if end != "silence" or FULL or n % 16 == 0]
    case = Tally("tailscaled: the upgrade's answer damaged")
    jobs.append((case, "undamaged", dial_yes))
    for n in range(MANY):
        r = attack.rng("dial %d" % n)
        answer = damage(odd.SWITCH if n % 4 else odd.LOCAL_NO[r.choice(sorted(odd.LOCAL_NO))], r)
        jobs.append((case, "%d: %.100r" % (n, answer), dial_damaged(answer)))
    attack.pool(one_dial, jobs)


def with_peers(*names):
    """A document whose peers have these names."""
    document = odd.status_document()
    document["Peer"] = {"nodekey:%064x" % n: {
        "ID": str(n), "HostName": name, "DNSName": name + ".mesh.test.", "OS": "linux", "UserID": 1, "Online": True,
        "TailscaleIPs": ["100.64.1.%d" % (n % 250 + 1)], "sshHostKeys": [KEY]}
        for n, name in enumerate(names)}
    return document


def many_peers(count):
    one = ',"nodekey:%x":{"DNSName":"n%d.mesh.test.","TailscaleIPs":["100.64.0.1"],"Online":true}'
    rest = json.dumps(odd.status_document())[:-1].replace('"Peer": null', '"Peer": {}').replace('"Peer": {}, ', "")
    peers = "".join(one % (n, n) for n in range(count))[1:]
    return ('%s,"Peer":{%s}}' % (rest, peers)).encode()


def wrong_types():
    """Each key with values of another kind, at the top and in a peer."""
    others = {"number": 7, "list": [], "object": {}, "null": None, "true": True, "text": "x", "minus": -1, "lists": [[[]]],
              "huge": "x" * (1 << 20), "evil": EVIL, "evils": [EVIL, 7, None]}
    document = with_peers("node")
    peer = document["Peer"]["nodekey:%064x" % 0]
    keys = [(document, k) for k in document] + [(document["Self"], k) for k in document["Self"]] + [(peer, k) for k in peer]
    for n, (where, key) in enumerate(keys):
        for m, (name, other) in enumerate(others.items()):
            if FULL or (n + m + int(attack.rng("types").random() * 100)) % 23 == 0:
                kept = where[key]
                where[key] = other
                yield "%s is %s" % (key, name), json.dumps(document).encode()
                where[key] = kept


def bodies():
    """Documents as an attacker would have them: name and bytes."""
    good = json.dumps(with_peers("node", "other")).encode()
    yield "undamaged", good
    yield from wrong_types()
    yield "%d peers" % (1000000 if FULL else 100000), many_peers(1000000 if FULL else 100000)
    yield "peers beyond the limit", many_peers(350000)
    yield "deep lists", b"[" * 200000
    yield "deep objects", b'{"Peer":' * 50000 + b"{}" + b"}" * 50000
    yield "deep in a peer", good.replace(b'"OS": "linux"', b'"OS": ' + b"[" * 3000 + b"]" * 3000)
    yield "NUL", good.replace(b"node.mesh", b"no\0de.mesh")
    yield "\\u0000", good.replace(b"node.mesh", b"no\\u0000de.mesh")
    yield "lone surrogate", good.replace(b"node.mesh", b"no\\ud800de.mesh")
    yield "no UTF-8", good.replace(b"node.mesh", b"no\xff\xc0\x80de.mesh")
    yield "byte order mark", b"\xef\xbb\xbf" + good
    yield "numbers", good.replace(b'"UserID": 1', b'"UserID": 1e999999').replace(b'"NodeID": 2', b'"NodeID": ' + b"9" * 5000)
    yield "keys twice", good[:-1] + b', "TUN": "x", "Peer": 7, "Self": null, "BackendState": "NeedsLogin"}'
    yield "text behind", good + b"\nextra"
    yield "empty", b""
    yield "null", b"null"
    yield "names", json.dumps(with_peers("*", "-oProxyCommand=touch PWNED", "!node", "localhost", "github.com", 'a"b', "a b",
                                         "n" * 300, "\xe4\xf6", "%h", "`touch PWNED`", "$(touch PWNED)", "\n Match exec x",
                                         "?ode", "10", "0x7f", "node", "NODE", EVIL)).encode()
    for n in range(300 if FULL else 12):
        r = attack.rng("body %d" % n)
        yield "damaged %d" % n, damage(good, r) if n % 3 else good[:r.randrange(len(good))]


def drip(s):
    for i in range(len(STATUS)):
        s.sendall(STATUS[i:i + 1])
        time.sleep(0.1)


def answers():
    """Whole answers: those documents, and HTTP that lies about one."""
    ok = b"HTTP/1.0 200 OK\r\n"
    good = json.dumps(with_peers("node", "other")).encode()
    for name, body in bodies():
        yield name, odd.status_answer(body)
    yield "length lies", ok + b"Content-Length: 99999999999999999999\r\n\r\n" + good
    yield "length minus", ok + b"Content-Length: -1\r\n\r\n" + good
    yield "chunk minus", ok + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n" + good
    yield "chunk huge", ok + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + good
    yield "chunk endless", ok + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 100000
    yield "gzip", ok + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08" + b"\0" * 100
    yield "headers endless", hostile.floods(ok, b"X: y\r\n" * 1000)
    yield "body endless", hostile.floods(ok + b"\r\n{\"x\": \"", b"x" * 65536)
    yield "drip", drip
    yield "silence", hostile.odd.wait_end
    yield "reset", lambda s: None


def asked(name, server):
    """Every program that asks tailscaled; in the short form the relay and two others, in turn."""
    words = {
        "doctor": [MESHSSH, "--doctor", "--json", "--timeout=1", "--tailscaled=" + server.name, "node.mesh.test"],
        "tailnet": [CONFIG, "tailnet", "--tailscaled=" + server.name],
        "scan": [MESHSSH, "--scan", "--tailnet", "--json", "--timeout=1", "--tailscaled=" + server.name],
        "known-hosts": [CONFIG, "known-hosts", "--tailscaled=" + server.name],
        "stanza": [CONFIG, "stanza", "--no-probe", "--tailscaled=" + server.name, "node.mesh.test"],
    }
    if not FULL and name not in ("names", "undamaged", "drip", "silence"):
        words = {k: words[k] for k in attack.rng(name).sample(sorted(words), 2)}
    if "peers" in name:
        words.pop("scan", None)     # it would really scan them all
    return words


def one_answer(job):
    name, answer = job
    server = tailscaled(dial_yes, answer)
    ran = attack.run([MESHSSH, "--timeout=1", "--tailscaled=" + server.name, "node.mesh.test", "22"], CLIENT, hold=True,
                     limit=LIMIT)
    judge(CASES["relay"], name, ran, server)
    if name == "undamaged" and ran.out != STREAM:
        CASES["relay"].run(name, ["does not even work undamaged"] + attack.shown(ran))
    for what, words in asked(name, server).items():
        place = attack.folder()
        ran = attack.run(words, limit=20, cwd=place)
        wrong = attack.sane(ran, attack.DOCUMENTED | {1, 2}) + attack.line(ran.err, ran.status >= 64)
        wrong += attack.unprintable(ran.out)
        if what == "doctor":
            try:
                json.loads(ran.out)
            except ValueError as e:
                wrong.append("no document: %s" % e)
        if what in ("tailnet", "stanza") and ran.status == 0:
            wrong += ssh_takes(place, ran.out)
        if os.path.exists(place + "/PWNED"):
            wrong.append("it runs what a peer says")
        CASES[what].run(name, wrong and wrong + attack.shown(ran))
    server.close()


def ssh_takes(place, text):
    """What was written is a configuration, for whatever host, and nothing of it is a pattern or a command of a peer's."""
    wrong = []
    with open(place + "/config", "wb") as f:
        f.write(text)
    for host in ("node.mesh.test", "github.com", "localhost", "other.example"):
        ran = attack.run(["ssh", "-G", "-F", place + "/config", host], cwd=place)
        if ran.status != 0:
            wrong.append("ssh refuses it: %.100r" % ran.err)
        elif host != "node.mesh.test" and b"\nproxycommand" in ran.out:
            wrong.append("it takes %s" % host)
    for patterns in re.findall(rb"^Host (.*)", text, re.M):
        if re.search(rb"[^A-Za-z0-9._: *-]", patterns) or re.search(rb"(^| )(-|\*( |$))", patterns):
            wrong.append("Host %.60r" % patterns)
    return wrong


CASES = {what: Tally("tailscaled's status, odd documents: " + what)
         for what in ("relay", "doctor", "tailnet", "scan", "known-hosts", "stanza")}
attack.phase(proxies)
attack.phase(upgrades)
attack.phase(attack.pool, one_answer, list(answers()), 4)   # a million peers are many bytes
attack.verdicts()
