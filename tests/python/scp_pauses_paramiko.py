"""paramiko: sends a file by SCP that stops in the middle, twice. Meanwhile the keys are changed and another channel is used. `NAME
LENGTH`; leaves the same content beside it, sent by SFTP."""
import threading

import paramiko

from common import ARGUMENTS, content, paramiko_session

name, length = ARGUMENTS[0], int(ARGUMENTS[1])
data = content(1, length)
transport = paramiko_session()
scp = transport.open_session()
scp.settimeout(30)
scp.exec_command(f"scp -t {name}")
assert scp.recv(1) == b"\0"
scp.sendall(b"C0644 %d file\n" % length)
assert scp.recv(1) == b"\0"
scp.sendall(data[:300_000])
# The server expects much more, and waits for it, but not for long.
exchange = threading.Thread(target=transport.renegotiate_keys, daemon=True)
exchange.start()
exchange.join(5)
assert not exchange.is_alive(), "no answer to a key exchange"
scp.sendall(data[300_000:600_000])
transport.channel_timeout = 5
sftp = paramiko.SFTPClient.from_transport(transport)
assert sftp.listdir(".") is not None
for at in range(600_000, length, 7_000):
    scp.sendall(data[at:at + 7_000])
scp.sendall(b"\0")
assert scp.recv(1) == b"\0"
scp.close()
with sftp.open(f"{name}.sftp", "wb") as file:
    file.write(data)
transport.close()
