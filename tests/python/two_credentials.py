"""Key and password, in both orders: the first is accepted in part, the second lets in."""
import paramiko

from common import PASSWORD, USER, paramiko_key, paramiko_transport

for key_first in (True, False):
    transport = paramiko_transport()
    steps = [lambda: transport.auth_publickey(USER, paramiko_key()),
             lambda: transport.auth_password(USER, PASSWORD, fallback=False)]
    names = ["publickey", "password"]
    if not key_first:
        steps.reverse()
        names.reverse()
    left = steps[0]()
    assert names[1] in left and names[0] not in left, left
    assert not transport.is_authenticated()
    assert steps[1]() == []
    assert transport.is_authenticated()
    paramiko.SFTPClient.from_transport(transport).listdir("/")
    transport.close()
