"""Names that are no text: as bytes with asyncssh and paramiko."""
import asyncio
import io

import paramiko

from common import asyncssh_connect, paramiko_session

NAMES = [b"caf\xe9", b"new\nline", b"bell\x07\x1b[31m", b"\xff\xfe", b"x" * 255, b"-rf", b"a b\tc"]


async def with_asyncssh():
    async with asyncssh_connect() as connection, connection.start_sftp_client(path_encoding=None) as sftp:
        for name in NAMES:
            async with sftp.open(b"/" + name, "wb") as file:
                await file.write(name)
        listed = set(await sftp.listdir(b"/")) - {b".", b".."}
        assert listed == set(NAMES), listed ^ set(NAMES)
        for name in NAMES:
            async with sftp.open(b"/" + name, "rb") as file:
                assert await file.read() == name
            await sftp.remove(b"/" + name)


def with_paramiko():
    transport = paramiko_session()
    sftp = paramiko.SFTPClient.from_transport(transport)
    for name in NAMES:
        sftp.putfo(io.BytesIO(name), b"/" + name)
        with sftp.open(b"/" + name, "rb") as file:
            assert file.read() == name
        sftp.rename(b"/" + name, b"/renamed")
        sftp.remove(b"/renamed")
    transport.close()


asyncio.run(with_asyncssh())
with_paramiko()
