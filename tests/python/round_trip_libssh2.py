"""Moves a file up and down with libssh2, by SFTP and SCP: round_trip_libssh2.py HOST PORT KEY KNOWN_HOSTS PASSWORD FILE"""
import os
import socket
import sys

from ssh2.session import Session
from ssh2.sftp import LIBSSH2_FXF_CREAT, LIBSSH2_FXF_READ, LIBSSH2_FXF_WRITE

host, port, key, _, password, name = sys.argv[1:]


def connect():
    session = Session()
    session.handshake(socket.create_connection((host, int(port)), timeout=30))
    return session


with open(name, "rb") as f:
    content = f.read()

session = connect()
session.userauth_publickey_fromfile("alice", key, passphrase="")
sftp = session.sftp_init()
with sftp.open("/libssh2.bin", LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT, 0o644) as f:
    f.write(content)
with sftp.open("/libssh2.bin", LIBSSH2_FXF_READ, 0) as f:
    back = b"".join(data for size, data in f if size > 0)
assert back == content
names = [entry for _, entry, _ in sftp.opendir("/").readdir()]
assert b"libssh2.bin" in names, names

channel = session.scp_send64("/scp.bin", 0o644, len(content), 0, 0)
at = 0
while at < len(content):
    at += channel.write(content[at:])[1]
channel.send_eof()
channel.wait_eof()
channel.close()
channel.wait_closed()
channel, info = session.scp_recv2("/scp.bin")
assert info.st_size == len(content)
back = b""
while len(back) < len(content):
    size, data = channel.read()
    assert size > 0, size
    back += data
assert back[:len(content)] == content
session.disconnect()

session = connect()
session.userauth_password("alice", password)
sftp = session.sftp_init()
sftp.unlink("/libssh2.bin")
sftp.unlink("/scp.bin")
session.disconnect()
os._exit(0)
