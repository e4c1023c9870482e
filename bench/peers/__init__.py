from .causeway import Before, Causeway
from .nginx import Nginx
from .openssh import OpenSSH, OpenSSHExternal
from .proftpd import ProFTPD
from .pureftpd import PureFTPd
from .pypeers import AsyncSSH, Pyftpdlib
from .rclone import Rclone
from .sftpgo import SFTPGo
from .vsftpd import Vsftpd

ALL = {p.name: p for p in (Causeway, Before, OpenSSH, OpenSSHExternal, ProFTPD, Vsftpd,
                           PureFTPd, Nginx, Rclone, Pyftpdlib, AsyncSSH, SFTPGo)}
