//! `kill -9` loses nothing that was acknowledged and shows nobody half a file.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use causeway_tests::content::bytes;
use causeway_tests::sftp::{CREATE, Sftp, TRUNCATE, WRITE};
use causeway_tests::wait::until;
use causeway_tests::{Configuration, Server};

const UPLOADERS: u64 = 8;

/// Name of a file and its content: the seed and the length are in the name, so that any file can be judged.
fn file(seed: u64) -> (String, Vec<u8>) {
    let length = usize::try_from(100_000 + (seed * 7_919) % 2_000_000).unwrap();
    (format!("f-{seed}"), bytes(seed, length))
}

/// Uploads until the connection breaks; records every file whose CLOSE was answered.
fn upload(server: &Server, first: u64, recorded: &Mutex<HashMap<String, u64>>) {
    let Some(mut sftp) = Sftp::try_connect(server, "alice") else { return };
    for seed in (first..).step_by(usize::try_from(UPLOADERS).unwrap()) {
        let (name, content) = file(seed);
        let Ok(handle) = sftp.open(format!("/{name}"), WRITE | CREATE | TRUNCATE) else { return };
        let mut offset = 0;
        for chunk in content.chunks(65_536) {
            if sftp.write(&handle, offset, chunk).is_err() {
                return;
            }
            offset += u64::try_from(chunk.len()).unwrap();
        }
        if sftp.close(&handle).is_err() {
            return;
        }
        recorded.lock().unwrap().insert(name, seed);
    }
}

/// `CAUSEWAY_CRASHES` sets the number of rounds.
#[test]
fn kill_9_during_8_uploads_loses_no_acknowledged_file_and_leaves_no_partial_one() {
    let rounds: u64 = std::env::var("CAUSEWAY_CRASHES").map_or(3, |n| n.parse().unwrap());
    let mut server = Server::start(Configuration::standard());
    server.home("alice");
    let recorded = Mutex::new(HashMap::new());
    for round in 0..rounds {
        let process = server.pid();
        std::thread::scope(|scope| {
            for uploader in 0..UPLOADERS {
                let (server, recorded) = (&server, &recorded);
                scope.spawn(move || upload(server, round * 1_000_000 + uploader, recorded));
            }
            // Another moment each time: between the first bytes and the middle of many files.
            std::thread::sleep(Duration::from_millis(400 + (round * 137) % 1_100));
            let pid = process.to_string();
            assert!(std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
        });
        server.kill();
        server.run();
        let recorded = recorded.lock().unwrap();
        let mut present = 0;
        for entry in std::fs::read_dir(server.home("alice")).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if let Some(seed) = name.strip_prefix("f-") {
                let (_, content) = file(seed.parse().unwrap());
                assert!(
                    std::fs::read(entry.path()).unwrap() == content,
                    "round {round}: {name} is not what was sent"
                );
                present += usize::from(recorded.contains_key(&name));
            } else {
                assert!(name.starts_with(".cw-"), "round {round}: {name}");
            }
        }
        assert_eq!(present, recorded.len(), "round {round}: an acknowledged file is gone");
        let verified = server.command(&["audit", "verify"]);
        assert!(verified.status.success(), "round {round}: {verified:?}");
        let mut names = Sftp::connect(&server, "alice").list("/").unwrap();
        names.retain(|name| !name.starts_with(b"f-"));
        assert!(names.is_empty(), "round {round}: clients see {names:?}");
    }
    assert!(!recorded.lock().unwrap().is_empty(), "nothing was uploaded: the test shows nothing");
    let recorded = recorded.into_inner().unwrap();
    for name in recorded.keys() {
        let path = format!("/{name}");
        server.wait_for_event(&format!("the upload of {name}"), |entry| {
            entry.id == 30068 && entry.path == path
        });
    }
}

#[test]
fn an_upload_that_broke_off_is_hidden_from_others_and_can_be_resumed_by_its_owner() {
    let server = Server::start(Configuration::standard());
    let (_, content) = file(1);
    {
        let mut sftp = Sftp::connect(&server, "alice");
        let handle = sftp.open("/broken", WRITE | CREATE).unwrap();
        sftp.write(&handle, 0, &content[..50_000]).unwrap();
        assert!(!server.home("alice").join("broken").exists(), "the final name waits for CLOSE");
    }
    server.wait_for_event("the broken upload", |entry| entry.id == 30042);
    server.wait_for_event("what is kept of it", |entry| {
        entry.id == 70021 && entry.path == "/broken" && entry.message.contains("50000 bytes")
    });
    let mut sftp = Sftp::connect(&server, "alice");
    assert_eq!(sftp.stat("/broken").unwrap().size, Some(50_000), "its owner sees how far it came");
    let handle = sftp.open("/broken", WRITE | CREATE).unwrap();
    let mut offset = 50_000;
    for chunk in content[50_000..].chunks(32_768) {
        sftp.write(&handle, offset, chunk).unwrap();
        offset += u64::try_from(chunk.len()).unwrap();
    }
    sftp.close(&handle).unwrap();
    assert!(std::fs::read(server.home("alice").join("broken")).unwrap() == content);
}

#[test]
fn a_log_with_all_checkpoints_shows_that_the_end_of_the_trail_was_cut_off() {
    let mut server = Server::start(Configuration::standard());
    Sftp::connect(&server, "alice").put("/file", b"content").unwrap();
    server.terminate();
    let segment = server.root().join("audit/0000000001.trail");
    let first_end = std::fs::metadata(&segment).unwrap().len();
    // The checkpoint of a stop comes to the log with the next start.
    for checkpoints in 1..3 {
        server.run();
        until("the checkpoint is in the log", || {
            server.events().iter().filter(|e| e.id == 70013).count() >= checkpoints
        });
        server.terminate();
    }
    let log = server.root().join("log/server.log");
    let verify = |words: &[&str]| {
        let output = server.command(&[&["audit", "verify"], words].concat());
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, report) = verify(&["--head", log.to_str().unwrap()]);
    assert!(code == Some(0) && report.contains("proven up to event"), "{report}");
    std::fs::File::options().write(true).open(&segment).unwrap().set_len(first_end).unwrap();
    let (code, report) = verify(&[]);
    assert_eq!(code, Some(0), "nothing but a head shows it: {report}");
    let (code, report) = verify(&["--head", log.to_str().unwrap()]);
    assert!(code == Some(1) && report.contains("is not in the trail"), "{report}");
}

#[test]
fn the_audit_chain_shows_a_changed_and_a_missing_byte() {
    let mut server = Server::start(Configuration::standard());
    Sftp::connect(&server, "alice").put("/file", b"content").unwrap();
    server.wait_for_events("alice", &[30068]);
    server.terminate();
    assert!(server.command(&["audit", "verify"]).status.success());
    let mut segments: Vec<_> = std::fs::read_dir(server.root().join("audit"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| std::fs::metadata(path).unwrap().is_file())
        .collect();
    segments.sort_by_key(|path| std::fs::metadata(path).unwrap().len());
    let segment = segments.pop().unwrap();
    let original = std::fs::read(&segment).unwrap();
    let mut changed = original.clone();
    let at = changed.windows(5).position(|window| window == b"/file").expect("the path stands in the record");
    changed[at + 1] ^= 1;
    std::fs::write(&segment, &changed).unwrap();
    assert_eq!(server.command(&["audit", "verify"]).status.code(), Some(1));
    changed = original.clone();
    changed.remove(at);
    std::fs::write(&segment, &changed).unwrap();
    assert_eq!(server.command(&["audit", "verify"]).status.code(), Some(1));
    std::fs::write(&segment, &original).unwrap();
    assert!(server.command(&["audit", "verify"]).status.success());
}
