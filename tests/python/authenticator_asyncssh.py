"""A FIDO authenticator in software (OpenSSH PROTOCOL.u2f): `public TYPE` prints its key, `login TYPE:FLAGS` tries a login
with a signature that has these flags. The type is `ed25519` or `ecdsa`."""
import asyncio
import base64
import hashlib
import struct

import asyncssh
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from common import ARGUMENTS, HOST, KNOWN_HOSTS, PORT, USER

APPLICATION = b"ssh:"
COUNTER = 4711


def string(data):
    return struct.pack(">I", len(data)) + data


def mpint(number):
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big") if number else b"")


class Ed25519:
    name = b"sk-ssh-ed25519@openssh.com"

    def __init__(self):
        self.key = ed25519.Ed25519PrivateKey.from_private_bytes(b"7" * 32)
        point = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.blob = string(self.name) + string(point) + string(APPLICATION)

    def sign(self, data):
        return self.key.sign(data)


class Ecdsa:
    name = b"sk-ecdsa-sha2-nistp256@openssh.com"

    def __init__(self):
        self.key = ec.derive_private_key(4711, ec.SECP256R1())
        point = self.key.public_key().public_bytes(serialization.Encoding.X962,
                                                   serialization.PublicFormat.UncompressedPoint)
        self.blob = string(self.name) + string(b"nistp256") + string(point) + string(APPLICATION)

    def sign(self, data):
        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return mpint(r) + mpint(s)


TYPES = {"ed25519": Ed25519, "ecdsa": Ecdsa}


class Pair(asyncssh.SSHKeyPair):
    _key_type = "software"

    def __init__(self, inside, flags):
        super().__init__(inside.name, inside.name, (inside.name,), (inside.name,), inside.blob, None)
        self.inside, self.flags = inside, flags

    def sign(self, data):
        tail = struct.pack(">BI", self.flags, COUNTER)
        signed = hashlib.sha256(APPLICATION).digest() + tail + hashlib.sha256(data).digest()
        return string(self.inside.name) + string(self.inside.sign(signed)) + tail


async def login(kind, flags):
    try:
        async with asyncssh.connect(HOST, PORT, username=USER, client_keys=[Pair(TYPES[kind](), flags)],
                                    known_hosts=KNOWN_HOSTS, config=None, agent_path=None,
                                    preferred_auth="publickey"):
            print("let in")
    except asyncssh.PermissionDenied:
        print("refused")


verb, what = ARGUMENTS
if verb == "public":
    inside = TYPES[what]()
    print(inside.name.decode(), base64.b64encode(inside.blob).decode())
else:
    kind, flags = what.split(":")
    asyncio.run(login(kind, int(flags)))
