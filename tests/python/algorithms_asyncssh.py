"""asyncssh with one key exchange, one cipher and one MAC: a file there and back, with new keys on the way."""
import asyncio
import os
import tempfile

from common import ARGUMENTS, asyncssh_connect, content


async def main():
    kex, cipher, mac = ARGUMENTS
    with tempfile.TemporaryDirectory() as here:
        sent, back = os.path.join(here, "sent"), os.path.join(here, "back")
        with open(sent, "wb") as file:
            file.write(content(1, 3 << 20))
        options = dict(kex_algs=[kex], encryption_algs=[cipher], mac_algs=[mac], rekey_bytes=1 << 20)
        async with asyncssh_connect(**options) as connection, connection.start_sftp_client() as sftp:
            assert connection.get_extra_info("send_cipher") == cipher
            assert connection.get_extra_info("recv_mac") == mac
            await sftp.put(sent, "there")
            await sftp.get("there", back)
            await sftp.remove("there")
        with open(sent, "rb") as one, open(back, "rb") as other:
            assert one.read() == other.read()


asyncio.run(main())
