"""Sends and receives ARGUMENT mebibytes at once on one connection, and compares every byte."""
import asyncio

from common import ARGUMENTS, asyncssh_connect, content

BLOCK = content(0, 1 << 20)
COUNT = int(ARGUMENTS[0])


async def send(sftp, name):
    async with sftp.open(name, "wb") as file:
        for number in range(COUNT):
            await file.write(number.to_bytes(8, "big") + BLOCK[8:], number << 20)


async def receive(sftp, name):
    async with sftp.open(name, "rb", block_size=1 << 18) as file:
        for number in range(COUNT):
            block = await file.read(1 << 20, number << 20)
            assert block == number.to_bytes(8, "big") + BLOCK[8:], f"block {number}"


async def main():
    async with asyncssh_connect(rekey_bytes=16 << 20) as connection:
        async with connection.start_sftp_client() as one, connection.start_sftp_client() as two:
            await send(one, "first")
            await asyncio.gather(send(one, "second"), receive(two, "first"))
            await receive(one, "second")


asyncio.run(main())
