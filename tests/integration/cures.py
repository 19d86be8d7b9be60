# SPDX-License-Identifier: ISC
"""Replays each golden document with a hostile word in the place of each text that its cures have, and tells the cures
in which that word stands open to a shell: cures.py MESHSSH-DOCTOR FOLDER DOCUMENT..."""
import json
import pathlib
import re
import subprocess
import sys

HOSTILE = "a$(touch pwned);b"
OPTION = "-oProxyCommand=touch"
# Programs that a cure calls; behind the name of one, words are a shell's.
COMMAND = re.compile(r"(?<![\w/.-])(sudo|chmod|chown|ip|route|ls|ssh|ssh-keygen|tailscale|tailscaled|meshssh|command|systemctl"
                     r"|systemd-run|kill|rm|mv|cat)\s")


def leaves(value, path=()):
    """The paths of all texts in it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, (dict, list)):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(child, path + (key,))


def put(document, path, text):
    """A copy of the document with this text there."""
    copy = json.loads(json.dumps(document))
    at = copy
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = text
    return copy


def cures(doctor, file):
    """What a replay of the file advises."""
    out = subprocess.run([doctor, "--json", f"--replay={file}"], capture_output=True, timeout=60, check=False).stdout
    return [cure for finding in json.loads(out)["findings"] for cure in finding["cure"]] if out else []


def is_open(cure):
    """A hostile word stands in a command of it, and no quotes are around it; or it is one for the program."""
    if re.search(rf"\s'?{OPTION}", cure) and COMMAND.search(cure.split(OPTION, 1)[0]):
        return True
    bare = re.sub(r"'[^']*'", "", cure)
    return HOSTILE.split(";", 1)[0] in bare and COMMAND.search(bare.split("$(", 1)[0]) is not None


def main(doctor, folder, *files):
    file = pathlib.Path(folder) / "hostile.json"
    tried, found = 0, set()
    for name in files:
        document = json.loads(pathlib.Path(name).read_text(encoding="utf-8"))
        said = " ".join(cures(doctor, name))
        for path, text in leaves(document.get("facts", {}), ("facts",)):
            if len(text) < 2 or text not in said:
                continue
            for word in (HOSTILE, OPTION):
                file.write_text(json.dumps(put(document, path, word)), encoding="utf-8")
                tried += 1
                found.update(cure for cure in cures(doctor, str(file)) if is_open(cure))
    print(f"{tried} documents")
    for cure in sorted(found):
        print(cure)


main(*sys.argv[1:])
