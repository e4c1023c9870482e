"""Sends "first"; sends the same as "second" and receives "first" at once on one connection, and compares it."""
import threading

import paramiko

from common import ARGUMENTS, content, paramiko_session

BLOCK = content(0, 1 << 20)
COUNT = int(ARGUMENTS[0])
BATCH = 16
failures = []


def send(sftp, name):
    with sftp.open(name, "wb") as file:
        file.set_pipelined(True)
        for number in range(COUNT):
            file.write(number.to_bytes(8, "big") + BLOCK[8:])


def receive(sftp, name):
    with sftp.open(name, "rb") as file:
        # In batches: paramiko's work grows with the square of what it asks for in advance.
        for first in range(0, COUNT, BATCH):
            numbers = range(first, min(first + BATCH, COUNT))
            blocks = file.readv([(number << 20, 1 << 20) for number in numbers])
            for number, block in zip(numbers, blocks, strict=True):
                if block != number.to_bytes(8, "big") + BLOCK[8:]:
                    failures.append(number)


def both(*work):
    threads = [threading.Thread(target=function, args=arguments) for function, *arguments in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


transport = paramiko_session()
transport.packetizer.REKEY_BYTES = 16 << 20
one, two = (paramiko.SFTPClient.from_transport(transport) for _ in range(2))
send(one, "first")
both((send, one, "second"), (receive, two, "first"))
assert not failures, failures
assert one.stat("second").st_size == COUNT << 20
transport.close()
