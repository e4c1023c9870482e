"""asyncssh: its own SCP client, which speaks the old protocol."""
import asyncio
import os
import tempfile

import asyncssh

from common import asyncssh_connect, content


async def main():
    with tempfile.TemporaryDirectory() as here:
        async with asyncssh_connect() as connection:
            tree = os.path.join(here, "tree")
            os.makedirs(os.path.join(tree, "deep"))
            for number, name in enumerate(["empty", "deep/a b", "deep/it's", "one"]):
                with open(os.path.join(tree, name), "wb") as file:
                    file.write(content(number, number * 300_001))
            os.utime(os.path.join(tree, "one"), (1234567890, 1234567890))
            await asyncssh.scp(tree, (connection, "."), recurse=True, preserve=True)
            back = os.path.join(here, "back")
            await asyncssh.scp((connection, "tree"), back, recurse=True, preserve=True)
            for number, name in enumerate(["empty", "deep/a b", "deep/it's", "one"]):
                with open(os.path.join(back, name), "rb") as file:
                    assert file.read() == content(number, number * 300_001), name
            assert os.stat(os.path.join(back, "one")).st_mtime == 1234567890
            try:
                await asyncssh.scp((connection, "none"), here)
                raise AssertionError("a file that is not there came")
            except (asyncssh.SFTPError, OSError) as error:
                assert "No such file" in str(error), error


asyncio.run(main())
