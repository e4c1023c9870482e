"""Two sessions of one connection upload at the same time, ARGUMENT mebibytes each; every byte arrives in its own file."""
import threading

import paramiko

from common import ARGUMENTS, content, paramiko_session

BLOCK = content(0, 1 << 18)
COUNT = int(ARGUMENTS[0]) * 4


def block(name, number):
    return name.encode() + number.to_bytes(8, "big") + BLOCK[8 + len(name):]


def send(sftp, name):
    with sftp.open(name, "wb") as file:
        file.set_pipelined(True)
        for number in range(COUNT):
            file.write(block(name, number))


transport = paramiko_session()
sessions = {name: paramiko.SFTPClient.from_transport(transport) for name in ("one", "other")}
threads = [threading.Thread(target=send, args=(sftp, name)) for name, sftp in sessions.items()]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for name, sftp in sessions.items():
    with sftp.open(name, "rb") as file:
        file.prefetch(COUNT << 18)
        for number in range(COUNT):
            assert file.read(1 << 18) == block(name, number), (name, number)
transport.close()
