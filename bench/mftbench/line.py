"""One stream over a long line (delay.py): how much of it a server fills, beside raw TCP on the same line.

The client is sshfast with a window that is no limit. Only the transfer counts, with opening and closing the file, not the
login. OpenSSH's rate is its window by the round trip from the first second on, so that it moves an eighth of the bytes.
"""
import json
import os
import socket
import statistics
import subprocess
import threading
import time

import peers
from . import acct, cases, fixture, ratios

# Of what raw TCP reaches, the least that is enough.
OF_RAW = 0.80
# How much faster than OpenSSH, and from which round trip on (ms).
TO_OPENSSH, FROM_MS = 3.0, 200
PART = 8
CLIENT = ["req=261120", "inflight=256", f"window={64 << 20}"]


class Raw:
    """A server that sends or takes so many bytes over bare TCP."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            stream, _ = self.listener.accept()
            threading.Thread(target=self.talk, args=(stream,), daemon=True).start()

    @staticmethod
    def talk(stream):
        request = stream.recv(64)
        if not request:
            return
        direction, size = request.split()
        left, block = int(size), bytes(1 << 20)
        if direction == b"get":
            while left:
                left -= stream.send(block[:left])
        else:
            stream.send(b".")
            while left:
                left -= len(stream.recv(1 << 20))
            stream.send(b".")
        stream.close()

    def run(self, direction, size, port):
        """Bytes per second, with as many round trips before and after as a file needs."""
        stream = socket.create_connection(("127.0.0.1", port))
        began = time.perf_counter()
        stream.sendall(f"{direction} {size}".encode())
        left, block = size, bytes(1 << 20)
        if direction == "put":
            stream.recv(1)
            while left:
                left -= stream.send(block[:left])
            stream.recv(1)
        while left:
            left -= len(stream.recv(1 << 20))
        took = time.perf_counter() - began
        stream.close()
        return size / took


def through(peer, fx, direction, size, port):
    ep = peer.endpoints["sftp"]
    fx.clear_up()
    name = {"get": "big.bin" if size == fx.size else "part.bin", "put": "up/big.bin"}[direction]
    command = [cases.SSHFAST, direction, "127.0.0.1", str(port), ep.user, ep.password, "key=" + ep.key, name, *CLIENT]
    sampler = acct.Sampler(peer.pids(), 0.2)
    sampler.start()
    try:
        _, out = cases.go(command + ([f"size={size}"] if direction == "put" else []))
    finally:
        peak = sampler.finish()
    answer = json.loads(out)
    if answer["done"] != size:
        raise cases.Failed(f"{answer['done']} of {size} bytes")
    return size / answer["transfer_seconds"], peak


def line(target, milliseconds):
    """A process of its own: its work must not wait for ours. The process and its port."""
    port = fixture.free_port()
    words = [os.path.join(cases.HERE, "delay.py"), str(port), "127.0.0.1", str(target), str(milliseconds)]
    process = subprocess.Popen(["python3", *words], stdin=subprocess.DEVNULL)
    end = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process, port
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def measure(names, round_trips, reps, size_mib, out):
    if not cases.SSHFAST:
        raise SystemExit("MFTBENCH_SSHFAST is not set")
    fx = fixture.Fixture(size_mib=size_mib)
    live, result, good = [], {}, True
    try:
        fx.data({"big"})
        part = fx.path("home", "part.bin")
        with open(fx.path("home", "big.bin"), "rb") as f, open(part, "wb") as to:
            to.write(f.read(fx.size // PART))
        os.chmod(part, 0o644)
        for name in names:
            peer = peers.ALL[name](fx)
            live.append(peer)
            peer.start()
            peer.wait_up()
        raw = Raw()
        for milliseconds in round_trips:
            targets = {"raw TCP": raw.listener.getsockname()[1],
                       **{peer.name: peer.endpoints["sftp"].port for peer in live}}
            lines = {name: line(port, milliseconds) for name, port in targets.items()}
            try:
                for direction in ("get", "put"):
                    rates, peaks = {name: [] for name in targets}, {}
                    for _ in range(reps):
                        rates["raw TCP"].append(raw.run(direction, fx.size, lines["raw TCP"][1]))
                        for peer in live:
                            size = fx.size // PART if peer.name == "openssh" else fx.size
                            rate, peak = through(peer, fx, direction, size, lines[peer.name][1])
                            rates[peer.name].append(rate)
                            peaks[peer.name] = max(peak, peaks.get(peer.name, 0))
                    good &= report(milliseconds, direction, rates, peaks)
                    result[f"{direction} {milliseconds} ms"] = {"rates": rates, "peak_rss": peaks}
            finally:
                for process, _ in lines.values():
                    process.kill()
                    process.wait()
    finally:
        for peer in live:
            peer.stop()
        fx.close()
    if out:
        with open(out, "w") as f:
            json.dump(result, f, indent=1, sort_keys=True)
    return 0 if good else 1


def report(milliseconds, direction, rates, peaks):
    """Prints what was measured; whether it is enough."""
    good = True
    print(f"\n{direction}, {milliseconds} ms")
    for name, values in rates.items():
        words = f"  {name:10} {statistics.median(values) / 2**20:7.1f} MiB/s"
        if name == "causeway":
            of_raw = ratios.bounded(values, rates["raw TCP"])
            words += f"  {of_raw[0]:.2f} of raw TCP ({of_raw[1] or of_raw[0]:.2f} at least, gate {OF_RAW:.2f})"
            good &= (of_raw[1] or of_raw[0]) >= OF_RAW
            if "openssh" in rates:
                to = ratios.bounded(values, rates["openssh"])
                words += f"  {to[0]:.1f} x OpenSSH ({to[1] or to[0]:.1f} at least)"
                good &= milliseconds < FROM_MS or (to[1] or to[0]) >= TO_OPENSSH
        print(words + (f"  peak RSS {peaks[name] / 2**20:.0f} MiB" if name in peaks else ""), flush=True)
    if not good:
        print("  SHORT")
    return good
