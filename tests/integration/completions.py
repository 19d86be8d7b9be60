"""completions.py FOLDER SHELL: see completions.sh, which shows the verdicts. bash and zsh complete at a terminal, where the
key is pressed; fish has a command for it."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time

FOLDER, SHELL = sys.argv[1:]
COMPLETIONS = os.path.join(os.environ["SRCDIR"], "contrib", "completions")
PROGRAMS = [name for name in ("meshssh", "meshssh-doctor", "meshssh-config", "meshssh-serve")
            if os.path.exists(os.path.join(FOLDER, "bin", name))]
MESH = f"{FOLDER}/mesh.sock"

# What is typed, and the last word when the key has been pressed: there is one that fits.
ONE = [
    ("meshssh --fam", "--family"),
    ("meshssh --family=inet6", "--family=inet6"),
    ("meshssh --via=lo", "--via=localapi"),
    ("meshssh --via lo", "localapi"),
    ("meshssh --fdpass --via=direct --no-", "--no-cache"),
    (f"meshssh --replay={FOLDER}/mesh.so", f"--replay={FOLDER}/mesh.sock"),
    ("meshssh --or=peer-00002.m", "--or=peer-00002.mesh.test"),
    ("meshssh alp", "alpha"),
    ("meshssh root@alp", "root@alpha"),
    ("meshssh --via=direct --timeout 5 zeb", "zebra"),
    ("meshssh --relay -- bet", "beta.example"),
    ("meshssh -o StrictHostKeyCh", "StrictHostKeyChecking"),
    ("meshssh --via=socks5=:1055 -o StrictHostKeyCh", "StrictHostKeyChecking"),
    ("meshssh peer-00003.m", "peer-00003.mesh.test"),
    ("meshssh --fdpass -p 22 root@peer-00003.m", "root@peer-00003.mesh.test"),
    ("meshssh --scan alpha peer-00002.m", "peer-00002.mesh.test"),
    ("meshssh --scan alpha --form", "--format"),
    ("meshssh-doctor --format=open", "--format=openmetrics"),
    ("meshssh-doctor alp", "alpha"),
    ("meshssh-doctor MyS", "MyServer"),
    ("meshssh-doctor --a/ww alp", "alpha"),
    ("meshssh-config known-h", "known-hosts"),
    ("meshssh-config check peer-00001.m", "peer-00001.mesh.test"),
    ("meshssh-config nix --protocol=ssh-", "--protocol=ssh-ng"),
    ("meshssh-serve --roam=sa", "--roam=same"),
]
# In bash, the list of hosts is all our own: quoted words are read, and a pipe is not.
if SHELL == "bash":
    ONE += [("meshssh-doctor quo", "quoted"), ("meshssh-config diff quo", "quoted")]
# Nothing fits: a peer is no command of a host, and no value of ssh's options.
NONE = ["meshssh alpha peer-00003.m", "meshssh -l peer-00003.m", "meshssh-serve alp", "meshssh --timeout=alp"]


def verdict(good, name, detail=""):
    with open(os.path.join(FOLDER, "verdicts"), "a", encoding="utf-8") as out:
        print(f"{'ok' if good else 'not_ok'} {SHELL}: {name}\t{ascii(detail)}", file=out)


def options(program):
    text = subprocess.run([program, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return set(re.findall(r"^  (--[a-z-]+)", text, re.MULTILINE))


class Terminal:
    """A shell at a terminal that is wide and high enough."""

    START = {
        "bash": (["bash", "--noprofile", "--norc", "-i"], f"""
bind 'set show-all-if-ambiguous on'; bind 'set completion-query-items 0'; bind 'set page-completions off'
bind 'set bell-style none'; bind 'set enable-bracketed-paste off'
. /usr/share/bash-completion/bash_completion; . {COMPLETIONS}/bash/meshssh"""),
        "zsh": (["zsh", "-f", "-i"], f"""
bindkey -e; unset zle_bracketed_paste; LISTMAX=0; setopt no_beep auto_list
fpath=({COMPLETIONS}/zsh $fpath); autoload -Uz compinit; compinit -u -D"""),
    }

    def __init__(self, socket):
        argv, setup = self.START[SHELL]
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="dumb", TS_SOCKET=socket, PS1="", LC_ALL="C.UTF-8")
            os.execvp(argv[0], argv)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 900, 300, 0, 0))
        # Words, so that the marks stand in no line that the terminal echoes.
        self.run(setup.strip().replace("\n", "; ") + "; PS1=; R() { printf '\\n%s' RES''ULT; printf '<%s>' \"$@\"; }")

    def run(self, line):
        """What the terminal shows for a line until the shell is ready again."""
        os.write(self.fd, (line + "\r" + "echo DO''NE\r").encode())
        text, until = b"", time.monotonic() + 20
        while b"DONE\r\n" not in text:
            ready, _, _ = select.select([self.fd], [], [], max(0, until - time.monotonic()))
            if not ready:
                raise TimeoutError(f"{line}: {text[-2000:]}")
            text += os.read(self.fd, 65536)
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text.decode(errors="replace")).replace("\r", "")

    def complete(self, line):
        """What is listed, and the words of the line then."""
        text = self.run(line + "\t\x01R ")
        listed, mark, result = text.partition("RESULT")
        return listed, re.findall("<([^>]*)>", result) if mark else text

    def one(self, line):
        _, words = self.complete(line)
        return words[-1] if words else ""

    def options(self, program):
        listed, _ = self.complete(program + " --")
        return set(re.findall(r"(?:^|  )(--[a-z][a-z-]*)", listed, re.MULTILINE))

    def end(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


class Fish:
    def __init__(self, socket):
        self.env = dict(os.environ, TS_SOCKET=socket)
        self.folder = os.path.join(FOLDER, "fish")
        os.makedirs(self.folder, exist_ok=True)
        for program in PROGRAMS:
            link = os.path.join(self.folder, program + ".fish")
            if not os.path.islink(link):
                os.symlink(os.path.join(COMPLETIONS, "fish", "meshssh.fish"), link)

    def complete(self, line):
        done = subprocess.run(["fish", "-c", "set -p fish_complete_path $argv[1]; complete -C $argv[2]", self.folder, line],
                              env=self.env, capture_output=True, text=True, timeout=60, check=False)
        return [one.split("\t")[0] for one in done.stdout.splitlines()] + done.stderr.splitlines()

    def one(self, line):
        """The word stays where nothing fits, as at a terminal."""
        found = self.complete(line)
        return found[0] if len(found) == 1 else f"{line.split()[-1]}{found[:5]}" if found else line.split()[-1]

    def options(self, program):
        return {one for one in self.complete(program + " --") if one.startswith("--")}

    def end(self):
        pass


def main():
    shell = Fish(MESH) if SHELL == "fish" else Terminal(MESH)
    for program in PROGRAMS:
        found, wanted = shell.options(program), options(program)
        verdict(found == wanted, f"{program} --: each option of its --help", found ^ wanted)
    for line, word in ONE:
        if line.split()[0] in PROGRAMS:
            found = shell.one(line)
            verdict(found.removesuffix("=") == word, line.replace(FOLDER, "..."), found)
    for line in NONE:
        if line.split()[0] in PROGRAMS:
            found = shell.one(line)
            verdict(found == line.split()[-1], f"{line}: nothing", found)
    shell.end()

    shell = Fish(FOLDER + "/none") if SHELL == "fish" else Terminal(FOLDER + "/none")
    since = time.monotonic()
    found = shell.complete("meshssh peer-00003.m") if SHELL == "fish" else shell.complete("meshssh peer-00003.m")[1]
    took = time.monotonic() - since
    verdict(found in ([], ["meshssh", "peer-00003.m"]) and took < 5, "no tailscaled: quick, and nothing is said", (took, found))
    shell.end()


main()
