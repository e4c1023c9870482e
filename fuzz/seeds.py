#!/usr/bin/env python3
"""Writes the seed corpora: a few inputs per target that reach far from the start.

Run it in this folder after a change of a format; it writes the same files every time.
"""

import base64
import pathlib
import shutil
import struct

HERE = pathlib.Path(__file__).resolve().parent
KEYS = HERE.parent / "crates/core/tests-data/sshkey"
CERTIFICATES = HERE.parent / "crates/core/tests-data/certificates"


def seed(target, name, content):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def u32(n):
    return struct.pack(">I", n)


def u64(n):
    return struct.pack(">Q", n)


def string(b):
    return u32(len(b)) + b


# SFTP: the first byte is the size of the pieces.


def message(kind, number, *fields):
    return string(bytes([kind]) + u32(number) + b"".join(fields))


INIT = message(1, 3)
HANDLE = string(u32(1))
ATTRS = u32(0x8000000F) + u64(5) + u32(1) + u32(2) + u32(0o644) + u32(3) + u32(4) + u32(1) + string(b"a") + string(b"b")
NO_ATTRS = u32(0)
A, B = string(b"/caf\xe9"), string(b"/b\n")


def extended(number, name, *fields):
    return message(200, number, string(name + b"@openssh.com"), *fields)


def sftp():
    files = [
        message(3, 1, A, u32(0x1A), ATTRS),
        message(6, 2, HANDLE, u64(0), string(b"some data")),
        message(6, 3, HANDLE, u64(9), string(b"")),
        message(5, 4, HANDLE, u64(0), u32(32768)),
        message(5, 5, HANDLE, u64(32768), u32(32768)),
        message(8, 6, HANDLE),
        message(10, 7, HANDLE, ATTRS),
        message(4, 8, HANDLE),
    ]
    paths = [message(k, 9, A) for k in (7, 11, 13, 15, 16, 17, 19)] + [
        message(9, 10, A, ATTRS),
        message(12, 11, HANDLE),
        message(14, 12, A, NO_ATTRS),
        message(18, 13, A, B),
        message(20, 14, A, B),
    ]
    extensions = [
        extended(15, b"posix-rename", A, B),
        extended(16, b"hardlink", A, B),
        extended(17, b"fsync", HANDLE),
        extended(18, b"statvfs", A),
        extended(19, b"fstatvfs", HANDLE),
        extended(20, b"lsetstat", A, ATTRS),
        extended(21, b"limits"),
        extended(22, b"users-groups-by-id", string(u32(1) + u32(2)), string(u32(3))),
        extended(23, b"expand-path", string(b"~")),
        extended(24, b"unknown", A),
        message(200, 25, string(b"copy-data"), HANDLE, u64(0), u64(0), HANDLE, u64(9)),
        message(200, 26, string(b"home-directory"), string(b"")),
        message(200, 27, string(b"check-file-handle"), HANDLE, string(b"md5,sha256"), u64(0), u64(0), u32(1024)),
        message(200, 28, string(b"check-file-name"), A, string(b"sha1"), u64(1), u64(2), u32(0)),
        message(200, 29, string(b"space-available"), A),
    ]
    seed("sftp_stream", "files", b"\x07" + INIT + b"".join(files))
    seed("sftp_stream", "paths", b"\x40" + INIT + b"".join(paths))
    seed("sftp_stream", "extensions", b"\x00" + INIT + b"".join(extensions))
    lies = message(3, 1, A, u32(0x11), NO_ATTRS) + message(21, 2) + message(4, 3, string(b"foreign")) + b"\0\0\0\0"
    seed("sftp_stream", "lies", b"\x0b" + INIT + lies)


def scp():
    lines = {
        "to": b"-r -p -d -t -- '/a b'\xff",
        "from": b"-v -f *.[!a-c]?x ~/in/\\* ~bob/\"q\\\"\"\xffb.zxx",
        "shell": b"-t $(id);`id`|x\xff",
    }
    for name, line in lines.items():
        seed("scp_command", name, line)
    records = b"T1700000000 0 1600000000 999999\nD0755 0 d\nC0644 5 a b\nhe\nlo\0C0600 0 e\n\0C0600 2 x\nxx\x01no\nE\n"
    seed("scp_stream", "records", b"\x03" + records)
    seed("scp_stream", "whole", b"\xff" + records + b"\x01warning\n\x02bye\n")
    seed("scp_stream", "answers", b"\x01" + b"\0\0\x01no such file\n\0\x02bye\n")
    seed("scp_stream", "elsewhere", b"\x20" + b"C0644 1 ../x\nx\0")


def keys():
    for name in ("ed25519.pub", "ecdsa256.pub", "short521.pub", "rsa2048.pub", "ecdsa384.rfc4716", "ed25519.putty"):
        copy("sshkey_public", name)
    both = (KEYS / "ed25519.pub").read_bytes() + b"# more\r\n\n" + (KEYS / "rsa2048.rfc4716").read_bytes()
    seed("sshkey_public", "several", both)
    for name in (
        "ed25519.openssh",
        "ed25519.pkcs8",
        "ed25519.aes256-ctr",
        "ed25519.chacha20-poly1305",
        "ecdsa256.pem",
        "ecdsa384.pkcs8",
        "short521.openssh",
        "rsa2048.openssh",
        "rsa2048.pem",
    ):
        copy("sshkey_private", name)


def certificates():
    for path in sorted(CERTIFICATES.glob("*-cert.pub")):
        seed("ssh_certificates", path.stem, path.read_bytes())
        seed("ssh_certificates", path.stem + "-blob", base64.b64decode(path.read_text().split()[1]))
    for path in sorted(CERTIFICATES.glob("*.krl")):
        seed("revoked_keys", path.name, path.read_bytes())
    key = (KEYS / "ed25519.pub").read_bytes()
    words = b"# list\n\nserial: 7\nserial: 0x10-99\nid: badge\nSHA256:nshGyQYMvyb+F/GsiyP2n4UnOvlub+5mOvCagLlc3es\nsha1: "
    seed("revoked_keys", "words", words + key + b"key: " + (CERTIFICATES / "nobody-cert.pub").read_bytes() + key)
    options = [
        b'from="10.0.0.0/8,!10.1.*,files.example.com",expiry-time="20300101Z"',
        b'cert-authority,principals="alice,team",verify-required',
        b'command="internal-sftp",no-touch-required,restrict,environment="A=\\"b\\""',
        b"shiny,from",
    ]
    for at, option in enumerate(options):
        seed("authorized_keys", f"options-{at}", option + b" " + key + b"# more\n" + key)
    seed("authorized_keys", "patterns", b"10.0.0.0/8,!192.0.2.?,2001:db8::/32,*.example.com")
    # The first byte: the key in the high half, the algorithm in the low one.
    number = string(b"\0" + b"\xff" * 32)
    plain = {0x00: (b"ssh-ed25519", bytes(64)), 0x12: (b"ecdsa-sha2-nistp256", number * 2),
             0x46: (b"rsa-sha2-512", bytes(256))}
    sk = {0x51: (b"sk-ssh-ed25519@openssh.com", bytes(64)), 0x65: (b"sk-ecdsa-sha2-nistp256@openssh.com", number * 2)}
    for choice, (name, signature) in (plain | sk).items():
        tail = b"\x01" + u32(4711) if choice in sk else b""
        label = name.decode().split("@")[0]
        seed("ssh_signatures", label, bytes([choice]) + string(name) + string(signature) + tail)


def copy(target, name):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(KEYS / name, folder / name)


def configuration():
    text = (b"\xef\xbb\xbf# top\r\n[server]\nname = x\n\n[accounts/a]\nname: ann\npermissions =\n    allow-list\n"
            b"# note\n\n    /x, allow-read\n[accounts/b]\nname=bob")
    seed("editor", "values", text + b"\0saccounts/a\npermissions\nallow-list\n/y, deny-full-control\0sserver\nNAME\n"
         b"\0saccounts/b\npassword\n$6$x\0uaccounts/a\nname")
    seed("editor", "sections", text + b"\0aaccounts/c\nname\ncem\nmore\0raccounts/a\0aserver/x\ny\nz\0rserver")
    seed("editor", "texts", text + b"\0" + text.replace(b"ann", b"anna") + b"\n[accounts/c]\n")
    seed("environment_names", "plain", b"SERVER__UMASK=027\nSERVICES__SFTP_1_A__PORT=\nsr=")
    seed("environment_names", "files", b"ACCOUNTS__ANN__X__NAME_FILE=x\nACCOUNTS__ANN_X__PASSWORD_FILE=x\n"
         b"Accounts__Ann.x__name=y\0[accounts/ann__x]\nname=a\n[accounts/ann_x]\nname=b\nname_file=c\n[server]\n")


def rules():
    seed("permission_rules", "globs", b"/inbox/caf\xe9.PDF\nallow-list, allow-read\n/inbox/*, allow-full-control\n"
         b"! *.tmp | *.part, allow-write\n/queue/${USER}/[!a-z]?, allow-rename\n*.exe, deny-full-control\n")
    seed("permission_rules", "expressions", b"/in/report-1.pdf\nallow-read\nm/^/in/report-\\d+\\.pdf$/i, allow-write\n"
         b"e/\\.pdf$/, deny-full-control\n\"g/a,b/\", allow-list\n")
    seed("permission_rules", "limit", b"/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n/x, allow-full-control\n"
         b"m/(.*)(.*)(.*)\\1\\2\\3b$/, allow-read\n")
    seed("permission_rules", "old-names", b"/\nread, write\n/, full-control\n")


EXPRESSIONS = HERE.parent / "crates/core/tests-data/expressions/by_hand.txt"


def expressions():
    seed("expressions", "globs", b"/in/Report.CSV\nann\n! *.tmp | /out/${USER}/[!a-c]?*")
    seed("expressions", "dates", b"/in/20261124\nann\nt//in/{year.decimal}{month.padded}*/-1d")
    seed("expressions", "limit", b"a" * 60 + b"\nann\n(.*)(.*)(.*)\\1\\2\\3b$  ")
    seed("expressions", "user", b"/home/a*b\na*b?[x]\nm/^/home/(?P<u>${USER})(?=/)(?:(?P=u)|x)*?$/")
    # Of what the tests compare with Python; the length makes them regular expressions.
    lines = [line for line in EXPRESSIONS.read_text().splitlines() if line.startswith("m")]
    for at, line in enumerate(lines[::8]):
        _, text, value, *_ = line.split("\t") + [""]
        text += "|" * (-len(text.encode()) % 4)
        seed("expressions", f"python-{at:02}", f"{value}\nann\n{text}".encode())


def addresses():
    seed("address_rules", "ipv4", b"192.168.1.7\ndeny 192.168.1.1\nallow 192.168.1.0/24\nDENY 0.0.0.0/0\n")
    seed("address_rules", "ipv6", b"2001:db8::1\nallow 2001:db8::/33\ndeny ::1\nallow ::/0\n")
    seed("address_rules", "mapped", b"::ffff:10.1.2.3\ndeny ::ffff:10.1.2.3\nallow ::ffff:10.0.0.0/104\n")
    seed("address_rules", "wrong", b"10.0.0.1\nallow 10.0.0.1, 10.0.0.2\n")


def ini():
    seed("ini", "installation", b"""\
[server]
name = example
; a comment
[services/sftp-1]
enabled: Yes
type = ssh
port = 10022

[accounts/0b7d]
name = Ann
permissions =
    allow-list, allow-read
    /inbox/*, allow-full-control
#   between

      /deeper, allow-write
password = $argon2id$v=19$m=65536
""")
    seed("ini", "marks", "\ufeff[groups/DEFAULT_GROUP]\r\nEmpty =\r\nsame:x=y\r\n\tmore\r\n  \r\n name\r\n".encode())
    seed("ini", "mistakes", b"x = 1\n[a/b c]\n[server\n[server]\na=1\nA=2\n\x00\n[server]\nno sign\n")


def config():
    keys = HERE.parent / "crates" / "core" / "tests-data" / "sshkey"
    host_key = (keys / "ed25519.openssh").read_text().strip().replace("\n", "\n    ")
    seed("config", "whole", f"""\
[server]
uuid = 9d7c
name = example
audit_sync = reply
[vault-items/key]
type = ssh-private
name = host
content = {host_key}
[services/s]
enabled = Yes
name = sftp
type = ssh
address = ::
port = 10022
ssh_server_keys = key
ssh_cipher_list = all
idle_connection_timeout = 60
[authentications/a]
enabled = Yes
type = application
name = own
[groups/g]
name = partners
home_folder_path = /srv/${{USER}}
permissions =
    allow-list, allow-read
    /inbox/*, allow-full-control
[accounts/ann]
name = ann
group = g
password = $6$salt$hash
expire_datetime = 2030-01-01 00:00
ssh_authorized_keys_content = ssh-ed25519 AAAA
source_ip_filter = 10.0.0.1, 10.0.0.2
virtual_folders =
    /in, /srv/in
[event-handlers/h]
enabled = Yes
name = log
type = local-file
path = log/x.log
entry_content = {{timestamp}} {{message}}
rotate_each = 1 day
[resources/r]
type = process-monitor
connections_count_trigger = 5
""".encode())
    seed("config", "wrong", b"[server]\nfoo = 1\n[services/x]\ntype = ssh\nport = 99999\n[accounts/a]\nname =\nenabled = maybe\n")


# SSH before the keys: the first byte is the side (even: server) and twice the size of the pieces.


def packet(payload):
    padding = 8 - (5 + len(payload)) % 8
    padding += 8 if padding < 4 else 0
    return u32(1 + len(payload) + padding) + bytes([padding]) + payload + bytes(padding)


def kexinit(kex, marker, ciphers=None, macs=None):
    c, m = ciphers or CIPHERS, macs or MACS
    lists = [kex + b"," + marker, b"ssh-ed25519", c, c, m, m, b"none", b"none", b"", b""]
    return packet(b"\x14" + bytes(16) + b"".join(string(l) for l in lists) + bytes(5))


CIPHERS = b"aes128-gcm@openssh.com,chacha20-poly1305@openssh.com"
MACS = b"hmac-sha2-256"
POINT = bytes([9] + [0] * 31)


def ssh_packets():
    for name, kex, public in (
        ("x25519", b"curve25519-sha256", POINT),
        ("mlkem", b"mlkem768x25519-sha256", bytes(1184) + POINT),
    ):
        init = kexinit(kex, b"ext-info-c,kex-strict-c-v00@openssh.com")
        exchange = packet(b"\x1e" + string(public)) + packet(b"\x15")
        seed("ssh_packets", name, b"\x20SSH-2.0-client_1.0 comment\r\n" + init + exchange)
    for name, kex, messages in (
        ("group14", b"diffie-hellman-group14-sha256", [b"\x1e" + string(b"\x03")]),
        (
            "group-exchange",
            b"diffie-hellman-group-exchange-sha256",
            [b"\x22" + u32(1024) + u32(2048) + u32(8192), b"\x20" + string(b"\x03")],
        ),
    ):
        init = kexinit(kex, b"ext-info-c,kex-strict-c-v00@openssh.com", b"aes128-ctr", b"hmac-sha2-256")
        exchange = b"".join(map(packet, messages)) + packet(b"\x15")
        seed("ssh_packets", name, b"\x20SSH-2.0-client_1.0 comment\r\n" + init + exchange)
    init = kexinit(b"diffie-hellman-group-exchange-sha256", b"kex-strict-s-v00@openssh.com")
    group = packet(b"\x1f" + string(b"\x00" + b"\xff" * 256) + string(b"\x02"))
    seed("ssh_packets", "group-to-client", b"\x23SSH-2.0-server\r\n" + init + group)
    ignored = packet(b"\x02" + string(b"x")) + packet(b"\x01" + u32(11) + string(b"bye") + string(b""))
    seed("ssh_packets", "ignored", b"\x02SSH-2.0-x\n" + kexinit(b"curve25519-sha256", b"ext-info-c") + ignored)
    init = kexinit(b"curve25519-sha256", b"kex-strict-s-v00@openssh.com")
    key = string(string(b"ssh-ed25519") + string(bytes(32)))
    reply = packet(b"\x1f" + key + string(POINT) + string(string(b"ssh-ed25519") + string(bytes(64))))
    seed("ssh_packets", "to-client", b"\x21Welcome\r\nSSH-2.0-server\r\n" + init + reply + packet(b"\x15"))


# Messages of a client, as they are and as a list for a whole session.

REQUEST = b"\x32" + string(b"ann") + string(b"ssh-connection")
BLOB = base64.b64decode((KEYS / "ed25519.pub").read_text().split()[1])
MESSAGES = {
    "service": b"\x05" + string(b"ssh-userauth"),
    "none": REQUEST + string(b"none"),
    "query": REQUEST + string(b"publickey") + b"\0" + string(b"ssh-ed25519") + string(BLOB),
    "key": REQUEST + string(b"publickey") + b"\1" + string(b"ssh-ed25519") + string(BLOB)
    + string(string(b"ssh-ed25519") + string(bytes(64))),
    "host": REQUEST + string(b"hostbased") + string(b"ssh-ed25519") + string(BLOB) + string(b"files.example.com.")
    + string(b"ann") + string(string(b"ssh-ed25519") + string(bytes(64))),
    "change": REQUEST + string(b"password") + b"\1" + string(b"old") + string(b"new"),
    "password": REQUEST + string(b"password") + b"\0" + string(b"right"),
    "interactive": REQUEST + string(b"keyboard-interactive") + string(b"") + string(b""),
    "answer": b"\x3d" + u32(1) + string(b"right"),
    "answers": b"\x3d" + u32(2) + string(b"a") + string(b"b"),
    "interactive-of-bob": REQUEST.replace(b"ann", b"bob") + string(b"keyboard-interactive") + string(b"") + string(b""),
    "password-of-bob": REQUEST.replace(b"ann", b"bob") + string(b"password") + b"\0" + string(b"right"),
    "code": b"\x3d" + u32(1) + string(b"123456"),
    "global": b"\x50" + string(b"keepalive@openssh.com") + b"\1",
    "open": b"\x5a" + string(b"session") + u32(7) + u32(1 << 21) + u32(32768),
    "env": b"\x62" + u32(0) + string(b"env") + b"\0" + string(b"LANG") + string(b"C"),
    "subsystem": b"\x62" + u32(0) + string(b"subsystem") + b"\1" + string(b"sftp"),
    "data": b"\x5e" + u32(0) + string(INIT),
    "extended": b"\x5f" + u32(0) + u32(1) + string(b"x"),
    "window": b"\x5d" + u32(0) + u32(1000),
    "eof": b"\x60" + u32(0),
    "close": b"\x61" + u32(0),
}


def messages():
    for name, payload in MESSAGES.items():
        seed("ssh_messages", name, payload)
    one = lambda names: b"".join(struct.pack(">H", len(MESSAGES[n])) + MESSAGES[n] for n in names)
    seed("ssh_session", "refused", one(["service", "none", "query", "key", "host", "change", "password", "open"]))
    kept = ("service", "none", "query", "password", "global", "open", "env", "subsystem", "data", "extended", "window",
            "eof", "close")
    seed("ssh_session", "transfer", one(kept))
    seed("ssh_session", "dialogue", one(["service", "interactive", "answer", "open"]))
    seed("ssh_session", "code", one(["service", "interactive-of-bob", "answer", "code", "open"]))
    seed("ssh_session", "partial", one(["service", "password-of-bob", "interactive-of-bob", "code", "open"]))
    seed("ssh_session", "left", one(["service", "interactive-of-bob", "answer", "interactive", "answers", "password"]))
    seed("ssh_session", "early", one(["service", "open", "data"]))
    rekey = kexinit(b"curve25519-sha256", b"ext-info-c")[5:]
    for name, kex, step in (
        ("rekey-group", b"diffie-hellman-group14-sha256", b"\x1e" + string(b"\x05")),
        (
            "rekey-group-exchange",
            b"diffie-hellman-group-exchange-sha256",
            b"\x22" + u32(2048) + u32(2048) + u32(8192),
        ),
    ):
        offer = kexinit(kex, b"ext-info-c")[5:]
        listed = b"".join(struct.pack(">H", len(p)) + p for p in (offer, step))
        seed("ssh_session", name, one(["service", "password"]) + listed)
    seed("ssh_session", "rekey", one(["service", "password"]) + struct.pack(">H", len(rekey)) + rekey)


def credentials():
    uri = b"otpauth://totp/Example:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example"
    seed("credentials", "uri", b"\0" + uri)
    seed("credentials", "uri-of-all", b"\0" + uri + b"&algorithm=SHA512&digits=8&period=60")
    seed("credentials", "recovery", b"\1abcd-efgh-ijkl-mnop")
    seed("credentials", "recovery-hashes", b"\1" + b"0123456789abcdef" * 2 + b", " + b"fedcba9876543210" * 2)
    seed("credentials", "argon2", b"\2$argon2id$v=19$m=64,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw")
    seed("credentials", "plain", b"\2correct horse")
    seed("credentials", "typed", b"\3old\nnew one\r\nnew one\n")


def spool():
    seed("spool", "nothing", b"")
    seed("spool", "one-bit", bytes([0x01, 2, 0, 1, 1]))
    seed("spool", "cut", bytes([0x16, 1, 0, 0, 0]))
    seed("spool", "moved", bytes([0x13, 1, 0x40, 0, 80, 0x05, 0, 0, 0, 255]))


# The PROXY protocol: HAProxy's proxy-protocol.txt.


def proxy(command, family, rest):
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes([command, family]) + struct.pack(">H", len(rest)) + rest


def tlv(kind, value):
    return bytes([kind]) + struct.pack(">H", len(value)) + value


def crc32c(content):
    value = 0xFFFFFFFF
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return struct.pack(">I", value ^ 0xFFFFFFFF)


def proxy_headers():
    ipv4 = bytes([192, 0, 2, 1, 192, 0, 2, 2]) + struct.pack(">HH", 40000, 22)
    ipv6 = bytes(range(32)) + struct.pack(">HH", 40000, 22)
    tls = bytes([7, 0, 0, 0, 0]) + tlv(0x21, b"TLSv1.3") + tlv(0x22, b"partner") + tlv(0x23, b"AES")
    empty = proxy(0x21, 0x11, ipv4 + tlv(3, bytes(4)))
    for name, content in {
        "v1_tcp4": b"PROXY TCP4 192.0.2.1 192.0.2.2 40000 22\r\nSSH-2.0-x\r\n",
        "v1_tcp6": b"PROXY TCP6 2001:db8::1 2001:db8::2 40000 22\r\n",
        "v1_unknown": b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n",
        "v2_local": proxy(0x20, 0, b""),
        "v2_tcp4": proxy(0x21, 0x11, ipv4) + b"SSH-2.0-x\r\n",
        "v2_tcp6": proxy(0x21, 0x21, ipv6 + tlv(1, b"ssh") + tlv(2, b"example.com") + tlv(5, b"id")),
        "v2_tls": proxy(0x21, 0x11, ipv4 + tlv(0x20, tls) + tlv(0x30, b"blue") + tlv(4, b"xxx") + tlv(0xEA, b"\1vpce")),
        "v2_checksum": empty[:-4] + crc32c(empty),
        "v2_unix": proxy(0x21, 0x31, bytes(216)),
    }.items():
        seed("proxy_header", name, content)


if __name__ == "__main__":
    credentials()
    spool()
    sftp()
    scp()
    ssh_packets()
    messages()
    keys()
    certificates()
    rules()
    expressions()
    addresses()
    ini()
    config()
    configuration()
    proxy_headers()
