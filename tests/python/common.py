"""What the scripts share: `script HOST PORT KEY KNOWN_HOSTS PASSWORD [ARGUMENT]...`."""
import os
import socket
import sys

HOST, PORT, KEY, KNOWN_HOSTS, PASSWORD = sys.argv[1:6]
PORT = int(PORT)
ARGUMENTS = sys.argv[6:]
USER = "alice"


def connected():
    """A connection to the server, from the address in SOURCE and begun with the PROXY header in HEADER, if there are any."""
    source = os.environ.get("SOURCE")
    stream = socket.create_connection((HOST, PORT), 20, (source, 0) if source else None)
    stream.sendall(bytes.fromhex(os.environ.get("HEADER", "")))
    return stream


def paramiko_transport():
    """An encrypted connection whose host key is the server's, without a login."""
    import paramiko
    hosts = paramiko.HostKeys(KNOWN_HOSTS)
    transport = paramiko.Transport(connected())
    transport.start_client(timeout=20)
    key = transport.get_remote_server_key()
    assert hosts.check(f"[{HOST}]:{PORT}", key), "not the host key that we know"
    return transport


def paramiko_key():
    import paramiko
    return paramiko.Ed25519Key.from_private_key_file(KEY)


def paramiko_session():
    transport = paramiko_transport()
    transport.auth_publickey(USER, paramiko_key())
    return transport


def asyncssh_connect(**further):
    import asyncssh
    return asyncssh.connect(HOST, PORT, username=USER, client_keys=[KEY], known_hosts=KNOWN_HOSTS,
                            config=None, agent_path=None, **further)


def content(seed, length):
    """Bytes that differ everywhere and are the same for the same seed."""
    import random
    return random.Random(seed).randbytes(length)
