"""One-time codes by time (RFC 6238), computed apart from the server."""
import base64
import hashlib
import hmac
import struct
import sys
import time

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def now(left, period=30):
    """The step of now, with so many seconds left of it."""
    rest = period - time.time() % period
    if rest < left:
        time.sleep(rest)
    return int(time.time()) // period


def code(steps=0, secret=SECRET, digits=6, step=None):
    """The code of so many steps from that one, or from now."""
    step = now(3) if step is None else step
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    tag = hmac.digest(key, struct.pack(">Q", step + steps), hashlib.sha1)
    offset = tag[-1] & 15
    return f"{(struct.unpack('>I', tag[offset:offset + 4])[0] & 0x7fffffff) % 10 ** digits:0{digits}}"


if __name__ == "__main__":
    # As the other scripts: what the server is comes first. Then the key, and the steps of one moment.
    secret, *steps = sys.argv[6:]
    step = now(20)
    for steps in steps:
        print(code(int(steps), secret or SECRET, step=step))
