"""paramiko: logs in with the password `WORD`, and prints whether that was let in and could use its files."""
import paramiko

from common import ARGUMENTS, USER, paramiko_transport

transport = paramiko_transport()
transport.auth_timeout, transport.channel_timeout = 120, 20
try:
    transport.auth_password(USER, ARGUMENTS[0])
    print(paramiko.SFTPClient.from_transport(transport).normalize("."))
except paramiko.AuthenticationException:
    print("refused")
transport.close()
