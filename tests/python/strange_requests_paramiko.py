"""paramiko: requests that the server knows nothing of, thousands of them, and the routine ones of several clients."""
import paramiko

from common import paramiko_session

transport = paramiko_session()
sftp = paramiko.SFTPClient.from_transport(transport)
for _ in range(20):
    transport.global_request("keepalive@lag.net", wait=False)
for _ in range(3000):
    transport.global_request("strange@" + 4000 * "x", wait=False)
assert transport.global_request("strange@example.com", wait=True) is None
assert sftp.listdir("/") == []
transport.close()
