"""Configurations of ssh as people have them, or worse: make(number) is always the same bytes for a number."""

import random

HOSTS = ["alpha", "beta", "gamma", "nas", "*.example", "10.0.0.*", "al*", "!beta", "?eta", "*", "x.example"]
SETTINGS = [
    "User bob", "Port 2222", "Port=2200", "HostName 10.0.0.7", "HostName = %h.example", 'IdentityFile "~/.ssh/id b"',
    "IdentityFile ~/.ssh/id_rsa", "ForwardAgent yes", "ServerAliveInterval 7", "ServerAliveCountMax 9", "IPQoS cs1",
    "ProxyCommand nc -x '127.0.0.1:1080' %h %p", "ProxyJump bastion", "SendEnv FOO_*", "LogLevel QUIET",
    "LocalForward 8080 localhost:80", "Compression yes", "ControlPath ~/.ssh/%C", "TCPKeepAlive\tno", "user\tcarol",
    "StrictHostKeyChecking accept-new", "Ciphers +aes128-ctr", "ConnectTimeout 5", "RemoteCommand echo a # b",
    "SetEnv A=b", "AddressFamily inet", "HOSTKEYALIAS alias", "UserKnownHostsFile ~/.ssh/known ~/.ssh/other",
]
COMMENTS = [
    "# a comment", "#", "   # indented", "# Hallöchen, größte Datei \u2603 \U0001f511", "# ends in a backslash \\",
    "#Include meshssh.conf", "# Host nas", "\t#tab", "# " + "long " * 2000,
    "# The next line is from somebody else; it goes by: hand",
]
MATCHES = [
    "Match all", "Match host alpha,beta", 'Match host "gamma"', "Match user root", "Match exec true",
    'Match originalhost al* exec "test 1 = 1"', "Match !host beta", "Match final host alpha", "Match localuser nobody",
]
INCLUDES = ["Include conf.d/*.conf", "Include nothing-here", "Include ~/.ssh/conf.d/a.conf", 'Include "conf.d/b.conf"']
# What ssh refuses, the whole file with it.
BROKEN = ["Hosst nas", "Port many", "ProxyCommand", "Host", "BogusOption yes", "IPQoS none none none", "Match"]


def line(r):
    kind = r.random()
    if kind < 0.08:
        return ""
    if kind < 0.11:
        return r.choice(["  ", "\t", " \t "])
    if kind < 0.28:
        return r.choice(COMMENTS)
    if kind < 0.46:
        return r.choice(["Host ", "host ", "Host\t", "HOST=", "  Host "]) + " ".join(r.sample(HOSTS, r.randint(1, 3)))
    if kind < 0.55:
        return r.choice(MATCHES)
    if kind < 0.62:
        return r.choice(INCLUDES)
    return r.choice(["", "  ", "\t", "    "]) + r.choice(SETTINGS) + r.choice(["", "", "", " ", "\t"])


def make(number):
    """The bytes of a configuration, or None for none at all."""
    r = random.Random(number)
    if number % 29 == 7:
        return None
    if number % 29 == 11:
        return b""
    lines = [line(r) for _ in range(r.choice([1, 3, 8, 20, 60]))]
    if r.random() < 0.08:
        lines.insert(r.randint(0, len(lines)), r.choice(BROKEN))
    if r.random() < 0.3:
        lines = ["IgnoreUnknown AnOption,Another"] + lines[:1] + ["AnOption what ever"] + lines[1:]
    mixed = r.random() < 0.1
    end = r.choice(["\n", "\n", "\n", "\r\n"])
    text = "".join(x + (r.choice(["\n", "\r\n"]) if mixed else end) for x in lines)
    if r.random() < 0.25:
        text = text.rstrip("\r\n")
    data = text.encode()
    if r.random() < 0.05:
        data += b"\n# latin \xe9 and \x00 a nul\n"
    if r.random() < 0.02:
        data = b"\xef\xbb\xbf" + data
    return data
