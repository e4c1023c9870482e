//! The option `amend_write_name`: each upload is stored under a name of its own, and the client need not know.

use causeway_tests::openssh::batch;
use causeway_tests::wait::until;
use causeway_tests::{Configuration, Server};

/// The names in the home of `alice`.
fn names(server: &Server) -> Vec<String> {
    let entries = std::fs::read_dir(server.home("alice")).unwrap();
    entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn uploads_are_stored_under_names_of_their_own_and_the_client_finds_them_by_the_name_it_gave() {
    for atomic in ["Yes", "No"] {
        let server = Server::start(
            Configuration::standard()
                .set("server", "atomic_uploads", atomic)
                .alice("amend_write_name", "Inherit")
                .set("groups/DEFAULT_GROUP", "amend_write_name", "uuid-prefix")
                .set("event-handlers/paths", "name", "paths")
                .set("event-handlers/paths", "type", "local-file")
                .set("event-handlers/paths", "path", "log/paths.log")
                .set("event-handlers/paths", "target", "30043, 30068")
                .set("event-handlers/paths", "entry_content", "{id} {data.path} {data.requested_path}"),
        );
        std::fs::write(server.client().join("one"), "first").unwrap();
        std::fs::write(server.client().join("two"), "second").unwrap();
        let printed = batch(
            &server,
            "put -p one report.csv\nls -l report.csv\nput two report.csv\nget report.csv back\nchmod 600 report.csv\n",
        );
        assert!(printed.contains("report.csv"), "{printed}");
        assert_eq!(std::fs::read_to_string(server.client().join("back")).unwrap(), "second");
        let stored = names(&server);
        assert_eq!(stored.len(), 2, "{stored:?}");
        assert!(stored.iter().all(|name| name.len() == 36 + "-report.csv".len()), "{stored:?}");
        let mut contents: Vec<_> =
            stored.iter().map(|n| std::fs::read_to_string(server.home("alice").join(n)).unwrap()).collect();
        contents.sort();
        assert_eq!(contents, ["first", "second"]);
        until("the events with both names", || {
            let log = std::fs::read_to_string(server.root().join("log/paths.log")).unwrap_or_default();
            stored.iter().all(|name| {
                ["30043", "30068"].iter().all(|id| log.contains(&format!("{id} /{name} /report.csv\n")))
            })
        });
        // Another session sees what is there.
        assert!(batch(&server, "ls -1\n").lines().filter(|l| l.ends_with("-report.csv")).count() == 2);
    }
}
