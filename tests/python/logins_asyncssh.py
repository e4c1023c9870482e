"""asyncssh: a login whose every question is answered: `USER ANSWER...`; `{0}` is the one-time code of now. Prints the
questions, and whether it was let in."""
import asyncio

import asyncssh

from codes import code
from common import ARGUMENTS, HOST, KNOWN_HOSTS, PORT

USER, *ANSWERS = ARGUMENTS


class Client(asyncssh.SSHClient):
    def __init__(self):
        self.tried = False

    def kbdint_auth_requested(self):
        # Once: asyncssh would go on for ever.
        again, self.tried = self.tried, True
        return None if again else ""

    def kbdint_challenge_received(self, name, instructions, lang, prompts):
        for prompt, _ in prompts:
            print(prompt.strip())
        return [ANSWERS.pop(0).replace("{0}", code()) for _ in prompts]


async def main():
    try:
        connection, _ = await asyncssh.create_connection(
            Client, HOST, PORT, username=USER, client_keys=None, known_hosts=KNOWN_HOSTS, config=None,
            agent_path=None, preferred_auth="keyboard-interactive")
    except asyncssh.PermissionDenied:
        print("refused")
        return
    async with connection, connection.start_sftp_client() as sftp:
        await sftp.listdir("/")
        print("let in")


asyncio.run(main())
