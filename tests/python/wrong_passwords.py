"""Counts the wrong passwords that one connection takes before it is closed."""
import paramiko

from common import USER, paramiko_transport

transport = paramiko_transport()
count = 0
while transport.is_active() and count < 50:
    count += 1
    try:
        transport.auth_password(USER, "wrong", fallback=False)
    except paramiko.AuthenticationException:
        # Raised for the last one, too: whether it is active tells them apart.
        transport.join(0.5)
    except (paramiko.SSHException, EOFError):
        break
print(count)
transport.close()
