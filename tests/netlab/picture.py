#!/usr/bin/env python3
"""picture.py: what meshssh --doctor says of a path that loses large packets, in a lab of its own, as an SVG of a terminal.

usage: tests/netlab/picture.py >contrib/doctor.svg
       tests/netlab/picture.py --check contrib/doctor.svg

The check makes it anew, and compares: other times, another key and another version of the server may stand in it.
"""

import difflib
import html
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True  # nothing is written into the source tree

from lab import MESHSSH, Lab, Site, enter

COLUMNS = 110
COLORS = {"error:": "#e06c75", "warning:": "#e5c07b", "note:": "#61afef", "evidence:": "#7f848e",
          "fix:": "#98c379"}


def look():
    enter()
    with Site() as site, Lab(site) as lab:
        lab.hole(1280, "reverse")
        env = {"PATH": os.environ["PATH"], "HOME": site.path("home"), "LANG": "C", "XDG_CACHE_HOME": site.path("cache")}
        return subprocess.run(lab.inside("client", MESHSSH, "--doctor", "v4"), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, env=env, text=True, timeout=60, check=False).stdout


def wrapped(line):
    indent = len(line) - len(line.lstrip())
    while len(line) > COLUMNS:
        cut = line.rfind(" ", 0, COLUMNS)
        yield line[:cut]
        line = " " * (indent + 10) + line[cut + 1:]
    yield line


def row(number, line):
    text = line.lstrip()
    word = next((word for word in COLORS if text.startswith(word)), "")
    at = len(line) - len(text)
    return (f'<text x="16" y="{34 + 19 * number}" xml:space="preserve">{" " * at}'
            f'<tspan fill="{COLORS.get(word, "#abb2bf")}">{html.escape(word)}</tspan>{html.escape(text[len(word):])}</text>')


def words(svg):
    text = html.unescape(re.sub("<[^>]*>", " ", svg))
    for varies in (r"\b\d+ ms", r"SSH-2\.0-.*", r"\.\.\.[A-Za-z0-9+/]{8}"):
        text = re.sub(varies, "~", text)
    return text.split()


def picture():
    lines = ["$ meshssh --doctor nas"]
    for line in re.sub(r"\bv4\b", "nas", look()).rstrip().split("\n"):
        lines += wrapped(line)
    height = 19 * len(lines) + 34
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{9 * COLUMNS}" height="{height}" font-size="14"'
                      ' font-family="monospace" fill="#abb2bf">',
                      f'<rect width="100%" height="{height}" rx="8" fill="#282c34"/>',
                      *(row(number, line) for number, line in enumerate(lines)), "</svg>\n"])


def main():
    svg = picture()
    if sys.argv[1:2] != ["--check"]:
        sys.stdout.write(svg)
        return
    with open(sys.argv[2], encoding="utf-8") as file:
        old, new = words(file.read()), words(svg)
    if old != new:
        sys.exit("\n".join(["it is not what the doctor says:", *difflib.unified_diff(old, new, "there", "now", lineterm="")]))


if __name__ == "__main__":
    main()
