"""asyncssh: many files at once, folders, attributes, the extensions that it knows."""
import asyncio
import hashlib
import os
import tempfile

import asyncssh

from common import asyncssh_connect, content


async def main():
    with tempfile.TemporaryDirectory() as here:
        async with asyncssh_connect() as connection, connection.start_sftp_client() as sftp:
            tree = os.path.join(here, "tree")
            os.makedirs(os.path.join(tree, "deep"))
            for number in range(20):
                with open(os.path.join(tree, "deep", f"f{number}"), "wb") as file:
                    file.write(content(number, number * 70_001))
            os.utime(os.path.join(tree, "deep", "f3"), (1234567890, 1234567890))
            await sftp.put(tree, "tree", recurse=True, preserve=True)
            await sftp.get("tree", os.path.join(here, "back"), recurse=True, preserve=True)
            for number in range(20):
                with open(os.path.join(here, "back", "deep", f"f{number}"), "rb") as file:
                    got = hashlib.sha256(file.read()).digest()
                assert got == hashlib.sha256(content(number, number * 70_001)).digest(), number
            assert os.stat(os.path.join(here, "back", "deep", "f3")).st_mtime == 1234567890

            async with sftp.open("tree/deep/f1", "rb+") as file:
                await file.write(b"changed", 1000)
                assert await file.read(7, 1000) == b"changed"
                await file.fsync()
            space = await sftp.statvfs("/")
            assert space.blocks > 0
            await sftp.rename("tree/deep/f1", "tree/deep/moved")
            await sftp.posix_rename("tree/deep/moved", "tree/deep/f2")
            await sftp.link("tree/deep/f2", "tree/hard")
            await sftp.symlink("/tree/deep/f2", "tree/soft")
            assert await sftp.readlink("tree/soft") == "/tree/deep/f2"
            assert (await sftp.stat("tree/soft")).size == (await sftp.stat("tree/hard")).size
            await sftp.rmtree("tree")
            assert not await sftp.exists("tree")


asyncio.run(main())
