"""paramiko: the hashes of a file on the server (`check-file`)."""
import hashlib

import paramiko

from common import content, paramiko_session

data = content(1, 100_000)
transport = paramiko_session()
sftp = paramiko.SFTPClient.from_transport(transport)
with sftp.open("a", "wb") as file:
    file.write(data)
with sftp.open("a", "rb") as file:
    assert file.check("sha256") == hashlib.sha256(data).digest()
    assert file.check("sha1", 10, 1000) == hashlib.sha1(data[10:1010]).digest()
    blocks = b"".join(hashlib.sha512(data[at:at + 4096]).digest() for at in range(0, len(data), 4096))
    assert file.check("sha512", 0, 0, 4096) == blocks
transport.close()
