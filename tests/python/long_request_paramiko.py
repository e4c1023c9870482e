"""paramiko: what goes on in a connection while a request is at work in it that does not end (`check-file` of the file
`endless`)."""
import paramiko
from paramiko.sftp import CMD_EXTENDED, int64

from common import paramiko_session

transport = paramiko_session()
first = paramiko.SFTPClient.from_transport(transport)
file = first.open("endless", "rb")
first._async_request(file, CMD_EXTENDED, "check-file", file.handle, "sha256", int64(0), int64(0), 0)
first._async_request(file, CMD_EXTENDED, "check-file", file.handle, "sha256", int64(0), int64(0), 0)

for _ in range(3):
    transport.global_request("keepalive@openssh.com", wait=True)
    assert transport.is_active(), "a keep-alive is answered"
transport.renegotiate_keys()
second = paramiko.SFTPClient.from_transport(transport)
assert second.stat("endless").st_size == 1 << 40, "another channel is served"
assert not first.sock.recv_ready(), "the request is at work"
transport.close()
