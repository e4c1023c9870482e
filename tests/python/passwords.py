"""Tries logins by password, `USER PASSWORD` in turn, each on a connection of its own; of several passwords in one word, a
line each, one after the other on the same connection."""
import paramiko

from common import ARGUMENTS, paramiko_transport

for user, password in zip(ARGUMENTS[::2], ARGUMENTS[1::2]):
    transport = paramiko_transport()
    try:
        *before, last = password.split("\n")
        for wrong in before:
            try:
                transport.auth_password(user, wrong, fallback=False)
            except paramiko.AuthenticationException:
                pass
        left = transport.auth_password(user, last, fallback=False)
        print("refused" if left else "let in")
    except (paramiko.SSHException, EOFError):
        print("refused")
    transport.close()
