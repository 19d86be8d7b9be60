#!/usr/bin/env python3
"""versus.py [--screens] [PATTERN]: what becomes of a session when its connection breaks, through plain ssh, ssh with
ServerAliveInterval, autossh, MPTCP, mosh and meshssh with meshssh-serve. It measures and asserts nothing, and no test runs it.

All of them are in one lab at the same time, each at a terminal of its own (tmux), and the same happens to all. Ten lines a
second are typed into each; a program on the server answers each line with its process id and the number of the line. So the
same process id is the same session, and another one a new session. Seconds count from the break, or, after an outage, from
when the path is back, to the first answer to what was typed after that; but those until a session ends count from the break.
What has not answered after LIMIT seconds hangs. What is not installed is not measured. There is one path; a second one, which
MPTCP and `meshssh --or` could use, is not.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

sys.dont_write_bytecode = True  # nothing is written into the source tree

import resume
from lab import MESHSSH, Failed, Missing, Site, enter, wait_for

LIMIT = 90          # seconds; ssh with ServerAliveInterval 15 gives up after 60
PACE = 0.1          # between two lines
STEADY = 3          # seconds for which a session is watched before the break, and after the last one has gone on
MPTCP_PORT = 2214   # of an sshd whose socket is one of MPTCP
ALIVE = ("-o", "ServerAliveInterval=15")

ANSWERS = """import os, random, string, sys, termios
mode = termios.tcgetattr(0)
mode[3] &= ~termios.ECHO
termios.tcsetattr(0, termios.TCSANOW, mode)
for line in sys.stdin:
    pad = "".join(random.choices(string.ascii_letters, k=int(sys.argv[1])))
    print(f"{pad}\\n{os.getpid()} answers {line.strip()}.", flush=True)
"""


@dataclass(frozen=True)
class Tool:
    name: str
    program: str                # which it needs
    argv: object                # the command line, by what the lab's ssh needs and the command for the server
    carries: str = "all of ssh"


TOOLS = (
    Tool("plain ssh", "ssh", lambda ssh, command: ["ssh", *ssh, "-tt", "v4", *command]),
    Tool("ServerAliveInterval 15", "ssh", lambda ssh, command: ["ssh", *ssh, *ALIVE, "-tt", "v4", *command]),
    # A session of some hours is past the gate time, within which an end of ssh ends autossh.
    Tool("autossh", "autossh", lambda ssh, command: ["env", "AUTOSSH_GATETIME=0", "autossh", "-M", "0", *ssh, *ALIVE, "-tt",
                                                     "v4", *command]),
    Tool("MPTCP", "mptcpize", lambda ssh, command: ["mptcpize", "run", "ssh", *ssh, "-p", str(MPTCP_PORT), "-tt", "v4",
                                                   *command]),
    Tool("mosh", "mosh", lambda ssh, command: ["mosh", f"--ssh={shlex.join(['ssh', *ssh])}", "--predict=never", "v4", "--",
                                               *command], "a terminal"),
    Tool("meshssh", MESHSSH, lambda ssh, command: [MESHSSH, *ssh, "-p", str(resume.PORT), "-tt", "v4", *command]),
)


class Terminal:
    """What is known of one tool's session."""

    def __init__(self, tool, number):
        self.tool = tool
        self.target = f"t{number}"
        self.screen = ""
        self.process = None     # of the last answer
        self.answered = -1
        self.at = 0.0           # when it came
        self.first = None       # when the first answer came to what was typed after the break
        self.dead = None        # when it ended

    def saw(self, screen, dead, now):
        self.screen = screen
        for process, number in re.findall(r"^(\d+) answers (\d+)\.", screen, re.M):
            if int(number) > self.answered or process != self.process:
                self.process, self.answered, self.at = process, int(number), now
        if dead and self.dead is None:
            self.dead = now


class Desk:
    """The terminals, and who types."""

    def __init__(self, lab, pad):
        self.lab = lab
        self.number = 0
        self.socket = lab.site.path(f"{lab.name}.tmux")
        self.config = lab.site.write("tmux.conf", "set -g remain-on-exit on\nset -g history-limit 0\n")
        self.terminals = [Terminal(tool, number) for number, tool in enumerate(TOOLS) if shutil.which(tool.program)]
        command = [sys.executable, lab.site.write("answers.py", ANSWERS), str(pad)]
        self.env = {"PATH": os.environ["PATH"], "HOME": lab.site.path("home"), "LC_ALL": "C.UTF-8", "TERM": "screen",
                    "XDG_CACHE_HOME": lab.site.path(f"cache.{lab.name}")}
        for one in self.terminals:
            argv = one.tool.argv(["-F", lab.site.path("ssh_config")], command)
            self.tmux("new-session", "-d", "-x", "80", "-y", "50", "-s", one.target, shlex.join(argv))
        wait_for("all sessions", 30, lambda: self.turn() and all(one.answered >= 0 for one in self.terminals))

    def tmux(self, *argv):
        done = subprocess.run(self.lab.inside("client", "tmux", "-S", self.socket, "-f", self.config, *argv), env=self.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return done.stdout

    def turn(self):
        """Types a line into each, and looks at each."""
        argv = []
        self.number += 1
        for one in self.terminals:
            if one.dead is None:
                argv += ["capture-pane", "-p", "-J", "-t", one.target, ";",
                         "display-message", "-p", "-t", one.target, f"== {one.target} #{{pane_dead}}", ";",
                         "send-keys", "-t", one.target, str(self.number), "Enter", ";"]
        said = self.tmux(*argv[:-1]) if argv else ""
        now, screen = time.monotonic(), []
        for line in said.splitlines():
            if found := re.fullmatch(r"== (t\d+) (\d)", line):
                next(one for one in self.terminals if one.target == found[1]).saw("\n".join(screen), found[2] == "1", now)
                screen = []
            else:
                screen.append(line)
        return True

    def goes_on_after(self, number):
        """Waits until each has answered a later line, or has ended, or for LIMIT seconds."""
        def done():
            for one in self.terminals:
                if one.first is None and one.answered > number:
                    one.first = one.at
            return all(one.first or one.dead for one in self.terminals)
        self.watch(LIMIT, done)
        self.watch(STEADY)

    def watch(self, seconds, done=lambda: False):
        """Goes on typing for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not done():
            began = time.monotonic()
            self.turn()
            self.lab.pause(max(PACE - (time.monotonic() - began), 0.01))


# --- what happens -----------------------------------------------------------------------------------------------------


def reset(lab):
    lab.run("client", "ss", "-K", "dst", "10.77.2.2")


def address(lab):
    """The client's address is another one; the path manager of MPTCP is told, as NetworkManager does."""
    resume.address(lab)
    if shutil.which("mptcpize"):
        lab.run("client", *"ip mptcp endpoint delete id 1".split(), check=False)
        lab.run("client", *"ip mptcp endpoint add 10.77.1.77 dev c0 subflow".split(), check=False)


def forget(lab):
    """As a NAT that has forgotten the connections that there are, and drops what belongs to them; mosh's as well."""
    ports = set()
    for which in (("-Htn", "dst", "10.77.2.2"), ("-Huan",)):
        ports |= {line.split()[3].rpartition(":")[2] for line in lab.run("client", "ss", *which).splitlines()}
    for which in ("sport", "dport"):
        lab.rule(f"th {which} {{ {', '.join(ports)} }} counter drop")


@dataclass(frozen=True)
class Event:
    name: str
    breaks: object              # called with the lab
    gap: float = 0              # seconds until the path is back
    pad: int = 0                # bytes before each answer


EVENTS = (
    Event("connection reset", reset),
    Event("the client's address changes", address),
    Event("a NAT forgets, and is silent", forget),
    Event("no path for 5 s", lambda lab: lab.dead(), gap=5),
    Event("no path for 60 s", lambda lab: lab.dead(), gap=60),
    Event("packets over 1280 bytes vanish", lambda lab: lab.hole(1280), pad=1500),
    Event("packets over 999 bytes vanish", lambda lab: lab.hole(999), pad=1500),
)


def mptcp(lab):
    """An sshd with MPTCP, and in-kernel path managers that may make other subflows."""
    for space in ("client", "server"):
        lab.run(space, *"ip mptcp limits set subflow 4 add_addr_accepted 4".split())
    lab.run("client", *"ip mptcp endpoint add 10.77.1.2 dev c0 id 1 subflow".split())
    config = lab.site.path(f"{lab.name}-sshd-22.conf")
    lab.start("server", "mptcpize", "run", shutil.which("sshd"), "-D", "-e", "-f", config, "-p", str(MPTCP_PORT),
              log="mptcp.log")
    wait_for("sshd with MPTCP", 10, lambda: f":{MPTCP_PORT}" in lab.run("server", "ss", "-HMltn"))


def outcome(one, process, began, since):
    """In words: what became of a session, which was that process before."""
    if one.dead is not None:
        return f"ends after {one.dead - began:.1f} s"
    if one.first is None:
        return "hangs"
    took = f"{one.first - since:.1f} s"
    steady = "" if time.monotonic() - one.at < 2 else ", then stands still"
    return (took if one.process == process else f"new session, {took}") + steady


def measure(site, event):
    """One event, in a lab of its own: a cell for each tool."""
    with resume.Resumable(site) as lab:
        if shutil.which("mptcpize"):
            mptcp(lab)
        desk = Desk(lab, event.pad)
        if shutil.which("mptcpize") and " 0 " in lab.run("client", *"nstat -az MPTcpExtMPCapableSYNACKRX".split()):
            raise Failed("the session of MPTCP is one of TCP")
        desk.watch(STEADY)
        before = {one: one.process for one in desk.terminals}
        began = since = time.monotonic()
        event.breaks(lab)
        if event.gap:
            desk.watch(event.gap)
            lab.alive()
            since = time.monotonic()
        desk.goes_on_after(desk.number)
        results = {one.tool: outcome(one, before[one], began, since) for one in desk.terminals}
        if "--screens" in sys.argv:
            for one in desk.terminals:
                print(f"# {one.tool.name}: {results[one.tool]}", *one.screen.split()[-12:])
        desk.tmux("kill-server")
        return [results.get(tool, "not measured") for tool in TOOLS]


def show(rows):
    width = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(text.ljust(w) for text, w in zip(row, width)).rstrip())


def main():
    pattern = next((word for word in sys.argv[1:] if not word.startswith("--")), "")
    rows = [["", *(tool.name for tool in TOOLS)]]
    try:
        if not os.access(resume.SERVE, os.X_OK):
            raise Missing(f"{resume.SERVE} is not built")
        if not shutil.which("tmux"):
            raise Missing("tmux is not installed")
        enter()
        with Site() as site:
            os.environ["TMPDIR"] = site.temp
            for event in EVENTS:
                if re.search(pattern, event.name):
                    rows.append([event.name, *measure(site, event)])
                    print(" | ".join(rows[-1]), flush=True)
    except (Failed, Missing) as reason:
        print(f"versus.py: {reason}", file=sys.stderr)
        return 1
    show([*rows, ["carries", *(tool.carries for tool in TOOLS)]])
    return 0


if __name__ == "__main__":
    sys.exit(main())
