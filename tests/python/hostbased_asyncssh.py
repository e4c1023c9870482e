"""Tries a login for which the client's host vouches: `HOST_KEY HOST_NAME USER_ON_HOST`."""
import asyncio
import asyncssh

from common import ARGUMENTS, HOST, KNOWN_HOSTS, PORT, USER

key, host, user = ARGUMENTS


async def main():
    try:
        async with asyncssh.connect(HOST, PORT, username=USER, client_keys=None, known_hosts=KNOWN_HOSTS,
                                    client_host_keysign=False, client_host_keys=[key], client_host=host,
                                    client_username=user, config=None, agent_path=None,
                                    preferred_auth="hostbased"):
            print("let in")
    except asyncssh.PermissionDenied:
        print("refused")


asyncio.run(main())
