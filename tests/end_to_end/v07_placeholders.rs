//! Login names that try to be more than one name where a placeholder stands for them (SFTPGo CVE-2026-30915).

use causeway_tests::sftp::{PERMISSION_DENIED, Sftp};
use causeway_tests::{Configuration, Server};

/// Names that mean something in a path, a pattern or another placeholder.
const NAMES: &[&str] =
    &["..", "../bob", "../../data/bob", "a/../../bob", "/bob", "*", "bo?", "[b]ob", "${USER}", "b.b"];

#[test]
fn v07_a_login_name_is_one_name_in_a_home_in_a_virtual_folder_and_in_a_rule() {
    let mut configuration = Configuration::standard()
        .account("bob")
        .set("groups/DEFAULT_GROUP", "virtual_folders", "/own-${USER}, @ROOT@/own/${USER}")
        .permissions(&[
            "allow-list",
            "/box/${USER}/*, allow-full-control",
            "/own-${USER}/*, allow-full-control",
        ]);
    for (number, name) in NAMES.iter().enumerate() {
        let key = format!("hostile-{number}");
        configuration = configuration.account(&key).set(&format!("accounts/{key}-id"), "name", name);
    }
    let server = Server::start(configuration);
    let bobs = server.home("bob").join("box/bob");
    std::fs::create_dir_all(&bobs).unwrap();
    for secret in [bobs.join("secret"), server.root().join("secret"), server.root().join("data/secret")] {
        std::fs::write(secret, "secret").unwrap();
    }
    for name in NAMES {
        let Some(mut sftp) = Sftp::try_connect(&server, name) else { continue };
        for path in [
            "/secret",
            "/../secret",
            "/box/bob/secret",
            "/own-bob/secret",
            "/data/secret",
            "/bob/box/bob/secret",
        ] {
            assert!(sftp.get(path).is_err(), "{name}: {path}");
            assert_eq!(sftp.put(path, b"x"), Err(PERMISSION_DENIED), "{name}: {path}");
        }
    }
    assert_eq!(std::fs::read(bobs.join("secret")).unwrap(), b"secret");
    // Nothing was made for them but one folder each.
    let made = std::fs::read_dir(server.root().join("data")).unwrap().map(|e| e.unwrap().file_name());
    let made: Vec<String> = made.map(|name| name.into_string().unwrap()).collect();
    assert!(made.contains(&"bob".to_owned()));
    for name in made {
        assert!(!name.contains(['/', '*', '?', '$', ':']), "{name}");
    }
}
