"""Tries logins, each on a connection of its own: `USER;STEP;STEP...`. Steps are `key`, `password=TEXT`,
`interactive=ANSWER|ANSWER`, and `user=NAME`, from where on another user logs in. `{0}`, `{-1}`, `{1}` in a text are the
one-time codes of so many steps from now. One line per login: what each step brought, in order."""
import re

import paramiko

from codes import code
from common import ARGUMENTS, paramiko_key, paramiko_transport


def filled(text):
    return re.sub(r"\{(-?\d+)\}", lambda match: code(int(match[1])), text)


def attempt(transport, user, kind, text):
    asked = []

    def answer(title, instruction, questions):
        assert all(not shown for _, shown in questions)
        asked.extend(question.strip() for question, _ in questions)
        return [filled(answers.pop(0)) for _ in questions]

    if kind == "key":
        left = transport.auth_publickey(user, paramiko_key())
    elif kind == "password":
        left = transport.auth_password(user, filled(text), fallback=False)
    else:
        answers = text.split("|")
        left = transport.auth_interactive(user, answer)
    return ("needs " + ",".join(left) if left else "let in"), asked


def login(user, steps):
    transport = paramiko_transport()
    told = []
    try:
        for step in steps:
            kind, _, text = step.partition("=")
            if kind == "user":
                user = text
                continue
            try:
                result, asked = attempt(transport, user, kind, text)
                told.append(" ".join([*(f"({question})" for question in asked), result]))
            except paramiko.BadAuthenticationType:
                told.append("not offered")
            except paramiko.AuthenticationException:
                told.append("refused")
    except (paramiko.SSHException, EOFError, OSError):
        told.append("ended")
    finally:
        transport.close()
    return told


for argument in ARGUMENTS:
    user, *steps = argument.split(";")
    print("; ".join(login(user, steps)))
