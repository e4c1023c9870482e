//! A file system that does not answer any more: those who use it wait, and nobody else does.

use std::process::Command;
use std::time::Duration;

use causeway_tests::clients::Mounted;
use causeway_tests::content::bytes;
use causeway_tests::sftp::{CREATE, FAILURE, NO_SUCH_FILE, Sftp, WRITE};
use causeway_tests::skip::skip;
use causeway_tests::wait::until;
use causeway_tests::{Configuration, Server};

/// More than one set of file systems may have threads.
const SESSIONS: usize = 80;

fn signal(server: &Server, name: &str) {
    let pid = server.pid().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
}

fn threads(server: &Server) -> usize {
    std::fs::read_dir(format!("/proc/{}/task", server.pid())).unwrap().count()
}

#[test]
fn a_file_system_that_hangs_disturbs_nobody_who_does_not_use_it() {
    // The home of bob is a folder of another server, mounted here.
    let far = Server::start(Configuration::standard());
    far.home("alice");
    let mounted = match Mounted::mount_for_all(&far) {
        Ok(mounted) => mounted,
        Err(reason) => return skip(&reason),
    };
    let near = Configuration::standard()
        // The far one keeps the names of its own temporary files for itself.
        .set("server", "atomic_uploads", "No")
        .account("bob")
        .set("accounts/bob-id", "home_folder_path", mounted.folder.to_str().unwrap())
        .set("accounts/bob-id", "create_home_folder", "No");
    let near = Server::start(near);
    let mut sessions: Vec<Sftp> = (0..SESSIONS).map(|_| Sftp::connect(&near, "bob")).collect();
    let open = |(n, sftp): (usize, &mut Sftp)| sftp.open(format!("/up-{n}"), WRITE | CREATE).unwrap();
    let handles: Vec<_> = sessions.iter_mut().enumerate().map(open).collect();
    let mut alice = Sftp::connect(&near, "alice");
    let idle = threads(&near);
    signal(&far, "-STOP");
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (sessions.iter_mut().zip(&handles).enumerate())
            .map(|(n, (sftp, handle))| {
                scope.spawn(move || match n % 2 {
                    0 => sftp.stat(format!("/none-{n}")).map(drop),
                    _ => sftp.write(handle, 0, b"small").map_err(|_| FAILURE),
                })
            })
            .collect();
        until("the sessions wait for the file system", || threads(&near) >= idle + 40);
        // It holds its share of the threads and no more.
        std::thread::sleep(Duration::from_millis(500));
        assert!(threads(&near) <= idle + 70, "{} threads, {idle} before", threads(&near));
        // Others move files, and log in, while it hangs.
        let content = bytes(1, 3_000_000);
        assert_eq!(alice.put("/kept", &content), Ok(()));
        let mut again = Sftp::connect(&near, "alice");
        assert!(again.get("/kept") == Ok(content));
        signal(&far, "-CONT");
        for (n, session) in waiting.into_iter().enumerate() {
            assert_eq!(session.join().unwrap(), if n % 2 == 0 { Err(NO_SUCH_FILE) } else { Ok(()) });
        }
    });
}
