"""scan-output.py FOLDER MESHSSH: see scan-output.sh, which shows the verdicts."""

import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

FOLDER, MESHSSH = sys.argv[1:]
SRCDIR = os.environ["SRCDIR"]
OUTPUT = os.path.join(FOLDER, "metrics", "scan.prom")


def verdict(good, name, detail=""):
    with open(os.path.join(FOLDER, "verdicts"), "a", encoding="utf-8") as out:
        print(f"{'ok' if good else 'not_ok'} {name}\t{ascii(detail)}", file=out)


class Server:
    """Says these bytes to each client; None: nothing, and the connection stays."""

    def __init__(self, says):
        self.says = says
        self.asked = threading.Event()
        self.held = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.name = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            self.held.append(client)
            self.asked.set()
            if self.says is not None:
                client.sendall(self.says)


def scan(*arguments, **more):
    more.setdefault("timeout", 60)
    return subprocess.run([MESHSSH, "--scan", "--timeout=2", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          check=False, **more)


def samples(families):
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def metrics(servers):
    plain, odd, silent = servers
    done = scan("--format=openmetrics", plain.name, odd.name, silent.name, plain.name, "nosuch.invalid", "no host")
    text = done.stdout.decode("ascii")
    verdict(done.returncode == 1, "status", f"{done.returncode} {done.stderr}")
    families = list(read_openmetrics(text))
    found = samples(families)
    verdict(found == samples(read_text(text)), "both parsers read the same", text)
    verdict(all(family.type == "gauge" and family.documentation for family in families), "each family has type and help", text)
    verdict(all(family.name.endswith("_seconds") == (family.unit == "seconds") for family in families), "and its unit", text)
    labels = {name: [dict(of) for of_name, of in found if of_name == name] for name, _ in found}
    reached = {dict(of)["host"]: value for (name, of), value in found.items() if name == "meshssh_host_reachable"}
    verdict(reached == {plain.name: 1, odd.name: 1, silent.name: 0, "nosuch.invalid": 0}, "each host once", reached)
    servers_said = {of["host"]: of["server"] for of in labels["meshssh_host_server"]}
    verdict(servers_said == {plain.name: "Plain_1.0", odd.name: 'a"b\\n}M^?M-CM-$^[[0m 1'}, "what servers say is a label",
            servers_said)
    codes = {of["host"]: of["code"] for of in labels["meshssh_host_failure"]}
    verdict(codes.keys() == {silent.name, "nosuch.invalid"} and codes["nosuch.invalid"] in ("name-unknown", "name-lookup"),
            "failures are codes", codes)
    took = {dict(of)["host"]: value for (name, of), value in found.items() if name == "meshssh_host_duration_seconds"}
    verdict(took.keys() == reached.keys() and 1.9 < took[silent.name] < 10 and took[plain.name] < 1.9, "durations", took)
    verdict(found["meshssh_scan_invalid_hosts", ()] == 1, "what is no host is counted", text)
    for path in "man/meshssh-doctor.1", "contrib/prometheus/meshssh.rules.yml":
        with open(os.path.join(SRCDIR, path), encoding="utf-8") as file:
            named = set(re.findall(r"meshssh_\w+", file.read()))
        verdict(len(named) > 4 and named <= labels.keys() and (path.endswith(".yml") or named == labels.keys()),
                f"{path} names what there is", named ^ labels.keys())


def files(servers):
    plain, _, silent = servers
    os.mkdir(os.path.dirname(OUTPUT))
    to_file = [f"--output={OUTPUT}", "--format=openmetrics"]

    def content():
        with open(OUTPUT, "rb") as file:
            return file.read()

    done = scan(*to_file, plain.name, umask=0o027)
    old = content()
    verdict(done.returncode == 0 and not done.stdout and not done.stderr and old.endswith(b"# EOF\n") and
            os.stat(OUTPUT).st_mode & 0o777 == 0o640, "--output", done)
    os.chmod(OUTPUT, 0o644)

    # It ends while a host is looked at.
    silent.asked.clear()
    for end in signal.SIGTERM, signal.SIGKILL:
        with subprocess.Popen([MESHSSH, "--scan", "--timeout=60", *to_file, plain.name, silent.name],
                              stdin=subprocess.DEVNULL) as process:
            asked = silent.asked.wait(20)
            process.send_signal(end)
        silent.asked.clear()
        verdict(asked and process.returncode == -end and content() == old, f"{end.name}: the old file", process.returncode)

    # It ends while it writes, a minute ago and just now: the next run removes what that left, and leaves what may be another's.
    left = []
    for _ in range(2):
        subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:signal=KILL",
                        MESHSSH, "--scan", *to_file, plain.name], stdin=subprocess.DEVNULL, timeout=60, check=False)
        left += [name for name in os.listdir(os.path.dirname(OUTPUT)) if name not in (*left, "scan.prom")]
        if len(left) == 1:
            os.utime(os.path.join(os.path.dirname(OUTPUT), left[0]), (0, time.time() - 60))
    verdict(len(left) == 2 and content() == old, "killed as it writes: the old file, and a hidden one", left)
    done = scan(*to_file, plain.name)
    verdict(done.returncode == 0 and sorted(os.listdir(os.path.dirname(OUTPUT))) == sorted([*left[1:], "scan.prom"]),
            "which the next run removes", os.listdir(os.path.dirname(OUTPUT)))
    for name in left[1:]:
        os.unlink(os.path.join(os.path.dirname(OUTPUT), name))
    old = content()

    # The disk is full: of the file's size there is a limit, which the program's records stay below.
    done = scan(*to_file, plain.name, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512)))
    verdict(done.returncode == 74 and done.stderr.count(b"\n") == 1 and b"scan.prom" in done.stderr and content() == old,
            "no room: the old file", done)
    verdict(os.listdir(os.path.dirname(OUTPUT)) == ["scan.prom"], "and nothing beside it", os.listdir(os.path.dirname(OUTPUT)))

    link = os.path.join(FOLDER, "link")
    os.symlink(OUTPUT, link)
    done = scan("--json", "--output", link, plain.name)
    verdict(done.returncode == 0 and os.path.islink(link) and json.loads(content())["ok"] and
            os.stat(OUTPUT).st_mode & 0o777 == 0o644, "a link stays, and leads to the new file", done)
    done = scan(f"--output={OUTPUT}", plain.name)
    verdict(done.returncode == 0 and b"\n1 reached, 0 not\n" in content(), "for people", content())
    done = scan("--output=/dev/stdout", "--json", plain.name)
    verdict(done.returncode == 0 and json.loads(done.stdout)["ok"], "standard output by its name", done)
    old = content()
    done = scan(f"--output={OUTPUT}", "--tailnet", f"--tailscaled={FOLDER}/none")
    verdict(done.returncode == 69 and content() == old, "no scan, no new file", done)
    for wrong in ["--doctor", f"--output={OUTPUT}"], ["--doctor", "--format=openmetrics"]:
        done = subprocess.run([MESHSSH, *wrong, "127.0.0.1"], capture_output=True, timeout=60, check=False)
        verdict(done.returncode == 64 and done.stderr.count(b"\n") == 1, f"{wrong[1].split('=')[0]} is for --scan", done)


def main():
    servers = Server(b"SSH-2.0-Plain_1.0\r\n"), Server(b'SSH-2.0-a"b\\n}\xff\xc3\xa4\x1b[0m 1\r\n'), Server(None)
    metrics(servers)
    files(servers)


main()
