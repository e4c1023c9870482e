"""Tries logins by password, `USER PASSWORD` in turn, all on the same connection."""
import paramiko

from common import ARGUMENTS, paramiko_transport

transport = paramiko_transport()
for user, password in zip(ARGUMENTS[::2], ARGUMENTS[1::2]):
    try:
        left = transport.auth_password(user, password, fallback=False)
        print("refused" if left else "let in")
    except (paramiko.SSHException, EOFError):
        print("refused")
transport.close()
