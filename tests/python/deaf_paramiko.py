"""Asks for 60 MiB of the file `large`, and then neither reads nor answers any more: stopped, it prints its own process id.
Whoever runs it ends it."""
import os
import signal
import struct

from common import paramiko_session

READS = 1920


def string(text):
    return struct.pack(">I", len(text)) + text


def packet(body):
    return struct.pack(">I", len(body)) + body


pid = os.fork()
if pid:
    os.waitpid(pid, os.WUNTRACED)
    print(pid)
else:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    channel = paramiko_session().open_session(window_size=1 << 27, max_packet_size=1 << 15)
    channel.invoke_subsystem("sftp")
    channel.sendall(packet(b"\x01" + struct.pack(">I", 3)))
    channel.recv(4096)
    channel.sendall(packet(b"\x03" + struct.pack(">I", 1) + string(b"large") + struct.pack(">II", 1, 0)))
    handle = channel.recv(4096)[13:]
    reads = b"".join(
        packet(b"\x05" + struct.pack(">I", n) + string(handle) + struct.pack(">QI", n << 15, 1 << 15))
        for n in range(READS))
    channel.sendall(reads)
    os.kill(os.getpid(), signal.SIGSTOP)
