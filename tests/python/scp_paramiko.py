"""The module `scp`, which speaks the old protocol over paramiko."""
import os
import tempfile

from scp import SCPClient, SCPException

from common import content, paramiko_session

transport = paramiko_session()
with tempfile.TemporaryDirectory() as here, SCPClient(transport) as scp:
    names = ["a b", "it's", "$HOME", "empty"]
    for number, name in enumerate(names):
        with open(os.path.join(here, name), "wb") as file:
            file.write(content(number, 0 if name == "empty" else number * 200_001 + 1))
    scp.put([os.path.join(here, name) for name in names], remote_path=".", preserve_times=True)
    scp.put(here, remote_path="tree", recursive=True)
    for number, name in enumerate(names):
        got = os.path.join(here, f"got-{number}")
        scp.get(name, got)
        with open(got, "rb") as file, open(os.path.join(here, name), "rb") as source:
            assert file.read() == source.read(), name
    back = os.path.join(here, "back")
    scp.get("tree", back, recursive=True)
    assert sorted(os.listdir(back)) == sorted(names), os.listdir(back)
    try:
        scp.get("none", here)
        raise AssertionError("a file that is not there came")
    except SCPException as error:
        assert "No such file" in str(error), error
transport.close()
