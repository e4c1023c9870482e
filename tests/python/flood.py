"""Connections that never log in: `COUNT SOURCES`. A quarter each says nothing, says who it is and stops, announces a packet
of 4 GiB, and sends an identification without an end. Whichever is closed is opened again, until this is killed."""
import resource
import selectors
import socket
import time

from common import ARGUMENTS, HOST, PORT

COUNT, SOURCES = (int(word) for word in ARGUMENTS)
GIANT = b"SSH-2.0-flood\r\n" + b"\xff" * 4 + bytes(64)
ENDLESS = b"x" * 64

hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
assert hard >= COUNT + 100, f"{hard} files may be open"
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
selector = selectors.DefaultSelector()
opened = 0


def start(number):
    global opened
    stream = socket.socket()
    stream.setblocking(False)
    source = number % SOURCES
    stream.bind((f"127.210.{source // 250}.{source % 250 + 1}", 0))
    stream.connect_ex((HOST, PORT))
    selector.register(stream, selectors.EVENT_READ | selectors.EVENT_WRITE, number)
    opened += 1


def serve(key, events):
    """Whether the connection goes on."""
    stream, kind = key.fileobj, key.data // SOURCES % 4
    try:
        if events & selectors.EVENT_READ and not stream.recv(4096):
            return False
        if events & selectors.EVENT_WRITE:
            if kind == 3:
                stream.send(ENDLESS)
                return True
            if kind:
                stream.send(GIANT if kind == 2 else b"SSH-2.0-flood\r\n")
            selector.modify(stream, selectors.EVENT_READ, key.data)
    except BlockingIOError:
        pass
    except OSError:
        return False
    return True


def turn(most):
    """Goes once around; reopens so many at the most."""
    for key, events in selector.select(0.05):
        if not serve(key, events):
            selector.unregister(key.fileobj)
            key.fileobj.close()
            closed.append(key.data)
    for _ in range(min(most, len(closed))):
        start(closed.pop())


closed = list(range(COUNT))
while opened < COUNT:
    turn(500)
print("all are open", flush=True)
while True:
    turn(200)
    time.sleep(0.02)
