"""paramiko: what goes on in a connection while requests are at work in it that do not end soon (`check-file` of `short`,
many times) or at all (of `endless`)."""
import paramiko
from paramiko.sftp import CMD_EXTENDED, int64

from common import paramiko_session

transport = paramiko_session()
first = paramiko.SFTPClient.from_transport(transport)


def check(file):
    first._async_request(file, CMD_EXTENDED, "check-file", file.handle, "sha256", int64(0), int64(0), 0)


short, endless = first.open("short", "rb"), first.open("endless", "rb")
ANSWER = 4 + 1 + 4 + 4 + len("sha256") + 32
for _ in range(1000):
    check(short)
transport.global_request("keepalive@openssh.com", wait=True)
assert transport.is_active() and len(first.sock.in_buffer) < 900 * ANSWER, "it is answered among the others"
check(endless)

for _ in range(3):
    transport.global_request("keepalive@openssh.com", wait=True)
    assert transport.is_active(), "a keep-alive is answered"
transport.renegotiate_keys()
second = paramiko.SFTPClient.from_transport(transport)
assert second.stat("endless").st_size == 1 << 40, "another channel is served"
transport.close()
