//! Home folders and virtual folders.

use causeway_tests::clients::python;
use causeway_tests::openssh::lets_in;
use causeway_tests::program::give;
use causeway_tests::sftp::{Attributes, PERMISSION_DENIED, Sftp};
use causeway_tests::{Configuration, Server};

#[test]
fn b22_a_missing_home_refuses_the_login_unless_it_is_to_be_created() {
    let server =
        Server::start(Configuration::standard().set("groups/DEFAULT_GROUP", "create_home_folder", "No"));
    assert!(!lets_in(&server, "alice"));
    assert!(!server.root().join("data/alice").exists());
    server.home("alice");
    assert!(lets_in(&server, "alice"));
}

#[test]
fn who_has_no_home_has_not_logged_in_and_is_not_taken_for_who_comes_next() {
    let configuration = Configuration::standard()
        .set("groups/DEFAULT_GROUP", "create_home_folder", "No")
        .account("nohome")
        .set("accounts/nohome-id", "password", "its own");
    let server = Server::start(configuration);
    server.home("alice");
    let attempts = ["nohome", "its own", "alice", "wrong", "nobody", "x", "alice", "correct horse"];
    let printed = python(&server, "names_in_turn.py", &attempts);
    assert_eq!(printed.lines().collect::<Vec<_>>(), ["refused", "refused", "refused", "let in"]);
    server.wait_for_events("alice", &[20137]);
    let events = server.events();
    let told: Vec<_> = events.iter().filter(|e| e.account == "nohome").collect();
    assert!(told.iter().all(|e| ![20137, 20142, 20021].contains(&e.id)), "{told:?}");
    for (id, name) in [(20142, "alice"), (20021, "nobody")] {
        let failed = events.iter().find(|e| e.id == id && e.message.contains(name)).unwrap();
        assert!(!["nohome", "alice"].contains(&&*failed.account), "{failed:?}");
    }
}

#[test]
fn b22_a_home_is_created_once_with_the_structure_of_every_group() {
    let configuration = Configuration::standard()
        .set("groups/DEFAULT_GROUP", "home_folder_structure", "/inbox\n/outbox/sent")
        .set("groups/more", "name", "more")
        .set("groups/more", "home_folder_structure", "/extra")
        .alice("group", "DEFAULT_GROUP, more");
    let server = Server::start(configuration);
    let names = |sftp: &mut Sftp| sftp.list("/").unwrap();
    let all = [&b"extra"[..], b"inbox", b"outbox"];
    assert_eq!(names(&mut Sftp::connect(&server, "alice")), all);
    let mut sftp = Sftp::connect(&server, "alice");
    assert_eq!(sftp.list("/outbox"), Ok(vec![b"sent".to_vec()]));
    assert_eq!(sftp.put("/inbox/kept", b"content"), Ok(()));
    let mut again = Sftp::connect(&server, "alice");
    assert_eq!(names(&mut again), all);
    assert_eq!(again.get("/inbox/kept"), Ok(b"content".to_vec()));
    let created = server.events().into_iter().filter(|entry| entry.id == 20042).count();
    assert_eq!(created, 1, "the home was made once");
}

#[test]
fn b21_a_home_is_below_the_folder_of_the_group_by_the_users_name_and_a_shared_one_is_as_it_says() {
    let name = "a:b@dc.tld";
    let configuration = Configuration::standard()
        .account("ben")
        .account("cleo")
        .set("accounts/ben-id", "name", name)
        .set("groups/DEFAULT_GROUP", "home_folder_path", "@ROOT@/data")
        .set("groups/shared", "name", "shared")
        .set("groups/shared", "home_folder_path", "${SHARED}@ROOT@/data/everybody")
        .set("groups/shared", "create_home_folder", "Yes")
        .set("groups/shared", "permissions", "allow-full-control")
        .set("accounts/cleo-id", "group", "shared");
    let server = Server::start(configuration);
    for (account, home) in [("alice", "alice"), (name, "a.b@dc.tld"), ("cleo", "everybody")] {
        assert_eq!(Sftp::connect(&server, account).put("/mine", account.as_bytes()), Ok(()));
        let arrived = std::fs::read(server.root().join("data").join(home).join("mine"));
        assert_eq!(arrived.unwrap(), account.as_bytes(), "{account}");
    }
}

/// `/upload/team` stands for a folder beside the homes.
fn with_virtual_folder() -> Configuration {
    Configuration::standard().set("groups/DEFAULT_GROUP", "virtual_folders", "/upload/team, @ROOT@/team")
}

fn make_team(server: &Server) {
    std::fs::create_dir(server.root().join("team")).unwrap();
    give(&server.root().join("team"));
}

#[test]
fn b23_a_real_object_in_the_way_of_a_virtual_folder_refuses_the_login() {
    let server = Server::start(with_virtual_folder());
    make_team(&server);
    assert!(lets_in(&server, "alice"));
    std::fs::create_dir(server.home("alice").join("upload")).unwrap();
    assert!(!lets_in(&server, "alice"));
}

#[test]
fn b24_virtual_folders_and_their_parents_stay_and_what_is_in_them_moves() {
    let server = Server::start(with_virtual_folder());
    make_team(&server);
    let mut sftp = Sftp::connect(&server, "alice");
    assert_eq!(sftp.list("/"), Ok(vec![b"upload".to_vec()]));
    assert_eq!(sftp.list("/upload"), Ok(vec![b"team".to_vec()]));
    assert_eq!(sftp.put("/upload/team/x", b"content"), Ok(()));
    assert_eq!(std::fs::read(server.root().join("team/x")).unwrap(), b"content");
    for path in ["/upload", "/upload/team"] {
        assert_eq!(sftp.rmdir(path), Err(PERMISSION_DENIED), "{path}");
        assert_eq!(sftp.rename(path, "/elsewhere"), Err(PERMISSION_DENIED), "{path}");
        assert_eq!(sftp.setstat(path, &Attributes::mode(0o700)), Err(PERMISSION_DENIED), "{path}");
    }
    assert!(
        sftp.put("/upload/beside", b"").is_err(),
        "a parent of a virtual folder holds nothing of its own"
    );
    assert_eq!(sftp.rename("/upload/team/x", "/upload/team/y"), Ok(()));
    assert_eq!(sftp.get("/upload/team/y"), Ok(b"content".to_vec()));
    assert_eq!(sftp.remove("/upload/team/y"), Ok(()));
}

#[test]
fn b26_the_home_itself_is_neither_deleted_nor_renamed_nor_changed() {
    let server = Server::start(Configuration::standard());
    let mut sftp = Sftp::connect(&server, "alice");
    for path in ["/", "/.", "/folder/..", "."] {
        assert_eq!(sftp.rmdir(path), Err(PERMISSION_DENIED), "{path}");
        assert_eq!(sftp.rename(path, "/elsewhere"), Err(PERMISSION_DENIED), "{path}");
        assert_eq!(sftp.setstat(path, &Attributes::mode(0o777)), Err(PERMISSION_DENIED), "{path}");
    }
    assert!(server.home("alice").exists());
}
