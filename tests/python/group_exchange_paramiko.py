"""paramiko with a group exchange in which it wants no larger group than so many bits."""
import socket

import paramiko
from paramiko.kex_gex import KexGexSHA256

from common import ARGUMENTS, HOST, PORT

sizes = []
take_group = KexGexSHA256._parse_kexdh_gex_group


def take_and_note_group(self, message):
    take_group(self, message)
    sizes.append(self.p.bit_length())


KexGexSHA256._parse_kexdh_gex_group = take_and_note_group

most = int(ARGUMENTS[0])
KexGexSHA256.min_bits = min(1024, most)
KexGexSHA256.preferred_bits = most
KexGexSHA256.max_bits = most
transport = paramiko.Transport(socket.create_connection((HOST, PORT), 20))
transport.get_security_options().kex = ("diffie-hellman-group-exchange-sha256",)
transport.start_client(timeout=20)
transport.close()
assert sizes == [most], sizes
