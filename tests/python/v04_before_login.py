"""With keys but without a login: nothing opens, whatever the client claims."""
import paramiko
from paramiko.common import MSG_CHANNEL_OPEN, MSG_GLOBAL_REQUEST, MSG_USERAUTH_SUCCESS

from common import USER, paramiko_transport


def message(number, *strings):
    out = paramiko.Message()
    out.add_byte(bytes([number]))
    for text in strings:
        out.add_string(text)
    return out


def nothing_opens(*before):
    transport = paramiko_transport()
    try:
        for packet in before:
            transport._send_message(packet)
        channel = transport.open_session(timeout=10)
        raise SystemExit(f"a channel opened without a login: {channel}")
    except (paramiko.SSHException, EOFError, OSError):
        pass
    finally:
        transport.close()


nothing_opens()
nothing_opens(message(MSG_USERAUTH_SUCCESS))
nothing_opens(message(5, "ssh-userauth"), message(MSG_USERAUTH_SUCCESS))
nothing_opens(message(5, "ssh-connection"))
nothing_opens(message(50, USER, "ssh-connection", "none"))
nothing_opens(message(MSG_GLOBAL_REQUEST, "keepalive@openssh.com"))
nothing_opens(message(MSG_CHANNEL_OPEN, "session"))
# A proof of possession that stops before its proof.
transport = paramiko_transport()
try:
    transport.auth_none(USER)
    raise SystemExit("let in with nothing")
except paramiko.SSHException:
    assert not transport.is_authenticated()
transport.close()
