"""paramiko: logs in by a post-quantum key exchange, goes over to a classical one, and sends a request right behind it."""
import threading

import paramiko

from common import paramiko_session

transport = paramiko_session()
assert transport.kex_engine is None or "mlkem" in transport.kex_engine.name, transport.kex_engine
sftp = paramiko.SFTPClient.from_transport(transport)
sftp.mkdir("before")
transport.get_security_options().kex = ("curve25519-sha256@libssh.org",)


def request():
    # Held back by the library until the keys have changed.
    try:
        sftp.mkdir("behind")
    except (EOFError, OSError, paramiko.SSHException):
        pass


sent = transport._send_kex_init


def send_and_ask():
    sent()
    threading.Thread(target=request).start()


transport._send_kex_init = send_and_ask
try:
    transport.renegotiate_keys()
except (EOFError, paramiko.SSHException):
    pass
transport.join(20)
assert not transport.is_alive(), "the session has ended"
