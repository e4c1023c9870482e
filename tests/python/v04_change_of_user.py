"""Half a login as alice and half a login as bob make no login."""
import paramiko

from common import PASSWORD, paramiko_key, paramiko_transport

for first, second in (("alice", "bob"), ("bob", "alice")):
    transport = paramiko_transport()
    assert transport.auth_publickey(first, paramiko_key()) == ["password"]
    try:
        left = transport.auth_password(second, PASSWORD, fallback=False)
        assert "publickey" in left, f"{second} was let in with the key of {first}"
    except (paramiko.SSHException, EOFError):
        pass
    assert not transport.is_authenticated()
    transport.close()
