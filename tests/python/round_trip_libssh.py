"""Moves a file up and down with libssh: round_trip_libssh.py HOST PORT KEY KNOWN_HOSTS PASSWORD FILE"""
import sys

import ssh.session
from ssh import options
from ssh.key import import_privkey_file

CHUNK = 32768
host, port, key, _, password, name = sys.argv[1:]


def connect():
    session = ssh.session.Session()
    session.options_set(options.HOST, host)
    session.options_set(options.USER, "alice")
    session.options_set_port(int(port))
    session.connect()
    return session


def sftp_of(session):
    sftp = session.sftp_new()
    sftp.init()
    return sftp


with open(name, "rb") as f:
    content = f.read()

session = connect()
session.userauth_publickey(import_privkey_file(key))
sftp = sftp_of(session)
with sftp.open("/libssh.bin", 0o101, 0o644) as f:  # O_WRONLY | O_CREAT
    for at in range(0, len(content), CHUNK):
        assert f.write(content[at:at + CHUNK])
with sftp.open("/libssh.bin", 0, 0) as f:
    back = b""
    while True:
        size, data = f.read(CHUNK)
        if size <= 0:
            break
        back += data[:size]
assert back == content
sftp.rename("/libssh.bin", "/renamed.bin")
assert sftp.stat("/renamed.bin").size == len(content)
# As the draft has it, it sends the link's name first.
sftp.symlink("/renamed.bin", "/link-libssh")
assert sftp.stat("/link-libssh").size == len(content)
sftp.unlink("/link-libssh")
session.disconnect()

session = connect()
session.userauth_password("alice", password)
sftp_of(session).unlink("/renamed.bin")
session.disconnect()
