"""paramiko: logs in by a post-quantum key exchange, goes over to a classical one, and makes a folder right behind it, under the
new keys. `FOLDER`; prints what became of it."""
import threading

import paramiko

from common import ARGUMENTS, paramiko_session

transport = paramiko_session()
sftp = paramiko.SFTPClient.from_transport(transport)
transport.get_security_options().kex = ("curve25519-sha256@libssh.org",)
outcome = []


def make():
    # Held back by the library until the keys have changed.
    try:
        sftp.mkdir(ARGUMENTS[0])
        outcome.append("made")
    except (EOFError, OSError, paramiko.SSHException):
        outcome.append("not made")


maker = threading.Thread(target=make)
begin = transport._send_kex_init


def begin_and_make():
    begin()
    if not maker.ident:
        maker.start()


transport._send_kex_init = begin_and_make
try:
    transport.renegotiate_keys()
except (EOFError, paramiko.SSHException):
    pass
maker.join(20)
print(*outcome)
transport.close()
