//! Fresh installations.

use super::*;
use crate::init::{Fresh, HOST_KEYS, HostKey, NewAccount, account, server_ini};
use crate::value::{ListenAddress, RotateOn};
use crate::{Protocol, Sink, load};

fn fresh(root: &Path) -> Fresh<'_> {
    let address = ListenAddress::Literal("::".parse().unwrap());
    Fresh {
        root,
        uuid: "0190-fresh",
        name: "here",
        account: "",
        sftp_address: address,
        sftp_port: 10022,
        host_keys: &HOST_KEYS[..1],
    }
}

/// An installation with that `server.ini` and one host key.
fn install(text: &str) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("configuration")).unwrap();
    crate::files::write_whole(&root.path().join(HOST_KEYS[0].path), private_key().expose()).unwrap();
    crate::files::write_whole(&root.path().join("configuration/server.ini"), text.as_bytes()).unwrap();
    root
}

#[test]
fn a_fresh_installation_has_no_problem() {
    let root = install("");
    let mut text = server_ini(&fresh(root.path())).unwrap();
    let pem = private_key();
    let key = causeway_core::sshkey::PrivateKey::parse(pem.expose(), None).unwrap().public().clone();
    let keys = [key.clone(), key.with_comment(b"second")];
    let demo =
        NewAccount { id: "demo", name: "demo", description: "", password: "$6$salt$hash", keys: &keys };
    text.push_str(&account(&demo).unwrap());
    std::fs::write(root.path().join("configuration/server.ini"), &text).unwrap();

    let loaded = load(root.path(), &environment()).unwrap();
    assert_eq!(loaded.problems, []);
    let config = loaded.config;
    assert!(config.server.atomic_uploads);
    let service = config.services["sftp"].live().unwrap();
    assert_eq!((service.options.address.to_string(), service.options.port.0), ("::".into(), 10022));
    let Protocol::Ssh { host_keys, .. } = &service.protocol;
    assert_eq!(host_keys.len(), 1);
    let Sink::LocalFile(log) = &config.event_handlers["DEFAULT-FILE"].live().unwrap().sink else { panic!() };
    assert_eq!(log.rotate_on, RotateOn::Daily { hour: 0, minute: 0 });
    let demo = config.effective("demo").unwrap();
    assert_eq!(demo.home, root.path().join("data/demo"));
    assert!(demo.create_home);
    assert_eq!(demo.ssh_keys.len(), 2);
}

#[test]
fn what_is_not_one_line_does_not_become_an_option() {
    let root = Path::new("/srv/causeway");
    assert!(server_ini(&Fresh { name: "a\numask = 777", ..fresh(root) }).is_err());
    assert!(server_ini(&fresh(Path::new("relative"))).is_err());
    assert!(server_ini(&fresh(Path::new("/srv/${USER}"))).is_err());
    let keys = [HostKey { id: "a\n[x]", ..HOST_KEYS[0] }];
    assert!(server_ini(&Fresh { host_keys: &keys, ..fresh(root) }).is_err());
    let new = NewAccount { id: "a", name: "x\ny = z", description: "", password: "", keys: &[] };
    assert!(account(&new).is_err());
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let root = tempfile::tempdir().unwrap();
    let error = load(root.path(), &environment()).unwrap_err();
    assert!(error.to_string().contains("configuration/server.ini"), "{error}");
}
