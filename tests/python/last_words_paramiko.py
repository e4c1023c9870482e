"""Opens an SFTP channel, says nothing more, and prints what it is told at the end: the exit status (-1 is none), then the
code and the text of the disconnection."""
from common import paramiko_session

transport = paramiko_session()
heard = []
transport._parse_disconnect = lambda message: heard.extend([message.get_int(), message.get_text()])
channel = transport.open_session()
channel.invoke_subsystem("sftp")
transport.join()
print(channel.recv_exit_status(), *heard)
