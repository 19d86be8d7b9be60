#!/usr/bin/env python3
"""powershell.py SCRIPT: read a script with a grammar of PowerShell; print {"errors", "shape", "literals"} as JSON.

errors: what is no PowerShell, as [line, text]. shape: the kinds of all nodes in their order, in which a value that stays
within its quotes changes nothing. literals: what the literals in single quotes say, their quotes taken off.
"""
import json
import sys

import tree_sitter_powershell
from tree_sitter import Language, Parser


def walk(node, text, found):
    said = text[node.start_byte:node.end_byte].decode()
    if node.type == "ERROR" or node.is_missing:
        found["errors"].append([node.start_point[0] + 1, said[:80]])
    if node.type == "verbatim_string_characters":
        found["literals"].append(said[1:-1].replace("''", "'"))
    if node.type != "comment":
        found["shape"].append(node.type)
    for child in node.children:
        walk(child, text, found)


def main():
    with open(sys.argv[1], "rb") as script:
        text = script.read()
    found = {"errors": [], "shape": [], "literals": []}
    sys.setrecursionlimit(10000)
    walk(Parser(Language(tree_sitter_powershell.language())).parse(text).root_node, text, found)
    json.dump(found, sys.stdout)


main()
