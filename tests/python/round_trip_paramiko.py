"""paramiko: files, folders, attributes, positions in a file."""
import hashlib
import io
import stat

import paramiko

from common import content, paramiko_session

data = content(1, 3_000_001)
transport = paramiko_session()
sftp = paramiko.SFTPClient.from_transport(transport)

sftp.mkdir("folder")
sftp.putfo(io.BytesIO(data), "folder/up.bin")
back = io.BytesIO()
sftp.getfo("folder/up.bin", back)
assert hashlib.sha256(back.getvalue()).digest() == hashlib.sha256(data).digest()

sftp.utime("folder/up.bin", (1234567890, 1234567890))
sftp.chmod("folder/up.bin", 0o640)
attributes = sftp.stat("folder/up.bin")
assert attributes.st_mtime == 1234567890 and stat.S_IMODE(attributes.st_mode) == 0o640
assert attributes.st_size == len(data)

with sftp.open("folder/up.bin", "r+b") as file:
    file.seek(1000)
    file.write(b"changed")
    file.seek(998)
    assert file.read(11) == data[998:1000] + b"changed" + data[1007:1009]
sftp.truncate("folder/up.bin", 10)
assert sftp.stat("folder/up.bin").st_size == 10
with sftp.open("folder/up.bin", "ab") as file:
    file.write(b"appended")
with sftp.open("folder/up.bin", "rb") as file:
    assert file.read() == data[:10] + b"appended"

sftp.symlink("/folder/up.bin", "link")
assert sftp.readlink("link") == "/folder/up.bin"
assert stat.S_ISLNK(sftp.lstat("link").st_mode) and stat.S_ISREG(sftp.stat("link").st_mode)
sftp.remove("link")

sftp.rename("folder/up.bin", "folder/renamed.bin")
sftp.putfo(io.BytesIO(b"other"), "folder/other.bin")
try:
    sftp.rename("folder/other.bin", "folder/renamed.bin")
    raise SystemExit("RENAME replaced an existing file")
except IOError:
    pass
sftp.posix_rename("folder/other.bin", "folder/renamed.bin")
assert sftp.listdir("folder") == ["renamed.bin"]
sftp.remove("folder/renamed.bin")
sftp.rmdir("folder")
for absent in (sftp.stat, sftp.remove, sftp.listdir):
    try:
        absent("folder")
        raise SystemExit(f"{absent} found what is gone")
    except FileNotFoundError:
        pass
transport.close()
