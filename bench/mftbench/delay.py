"""A line of one's own: forwards TCP connections with a fixed delay each way. Needs no netem.

    python3 delay.py LISTEN_PORT HOST PORT ROUND_TRIP_MS [WINDOW_MIB]

A byte leaves after half the round trip. Its place in the line is free again after the whole of it, as if its
acknowledgement had to come back first: a line holds WINDOW_MIB (16) each way, so raw TCP through it reaches WINDOW per
round trip, whatever the kernel's own buffers are, and nothing faster. Delay apart the line has no limit but this
machine's.
"""
import collections
import socket
import sys
import threading
import time

PIECE = 256 * 1024


class Line:
    """One direction of one connection."""

    def __init__(self, source, sink, round_trip, window):
        self.source, self.sink, self.round_trip, self.window = source, sink, round_trip, window
        self.queue = collections.deque()
        self.bell = threading.Condition()
        for work in self.receive, self.send:
            threading.Thread(target=work, daemon=True).start()

    def receive(self):
        places = collections.deque()
        held = 0
        while True:
            now = time.monotonic()
            while places and (places[0][0] <= now or held + PIECE > self.window):
                free, size = places.popleft()
                time.sleep(max(0, free - time.monotonic()))
                held -= size
            try:
                piece = self.source.recv(PIECE)
            except OSError:
                piece = b""
            now = time.monotonic()
            places.append((now + self.round_trip, len(piece)))
            held += len(piece)
            with self.bell:
                self.queue.append((now + self.round_trip / 2, piece))
                self.bell.notify()
            if not piece:
                return

    def send(self):
        while True:
            with self.bell:
                while not self.queue:
                    self.bell.wait()
                due, piece = self.queue.popleft()
            time.sleep(max(0, due - time.monotonic()))
            try:
                if not piece:
                    self.sink.shutdown(socket.SHUT_WR)
                    return
                self.sink.sendall(piece)
            except OSError:
                # Whoever sends into this line is told by a broken connection.
                self.source.close()
                return


def serve(listener, target, round_trip, window):
    while True:
        near, _ = listener.accept()
        far = socket.create_connection(target)
        for side in near, far:
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        Line(near, far, round_trip, window)
        Line(far, near, round_trip, window)


def start(target, round_trip, window=16 << 20, port=0):
    """Begins to forward to `target`; the port of 127.0.0.1 that it listens on. `round_trip` in seconds."""
    listener = socket.create_server(("127.0.0.1", port))
    threading.Thread(target=serve, args=(listener, target, round_trip, window), daemon=True).start()
    return listener.getsockname()[1]


if __name__ == "__main__":
    listen, host, port, milliseconds, *more = sys.argv[1:]
    start((host, int(port)), float(milliseconds) / 1000, int(more[0] if more else 16) << 20, int(listen))
    threading.Event().wait()
