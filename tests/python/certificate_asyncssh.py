"""Tries a login with a key and a certificate: `KEY CERTIFICATE`. A host's certificate is shown as if it were a user's."""
import asyncio
import asyncssh

from common import ARGUMENTS, HOST, KNOWN_HOSTS, PORT, USER

key, certificate = ARGUMENTS


async def main():
    pair = asyncssh.load_keypairs([key], certlist=[])[0]
    cert = asyncssh.read_certificate(certificate)
    pair.set_certificate(cert)
    try:
        async with asyncssh.connect(HOST, PORT, username=USER, client_keys=[pair], known_hosts=KNOWN_HOSTS,
                                    config=None, agent_path=None, preferred_auth="publickey"):
            print("let in")
    except asyncssh.PermissionDenied:
        print("refused")


asyncio.run(main())
