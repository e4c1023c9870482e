//! What holds for a server alone: it goes away, hangs, and others stand in between.

use std::net::Ipv4Addr;
use std::num::NonZeroU16;
use std::time::Duration;

use causeway_core::{Clock, Secret};
use sqlx::{Connection, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::line::Line;
use super::server::{PASSWORD, PORT, Server};
use super::skip::skip;
use super::{Bench, Place, suite};
use crate::postgresql::{Address, Settings, Tls};
use crate::{Page, Store, StoreError};

/// Short, for tests that wait until it is over.
const SHORT: Duration = Duration::from_millis(500);

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let Some(server) = shared("a_database_of_a_newer_version_is_refused") else { return };
    let settings = server.database();
    connect(&settings).await.unwrap().close().await;
    server.sql(&settings.database, "UPDATE causeway.version SET version = 99");
    let refused = connect(&settings).await.unwrap_err();
    assert!(matches!(refused, StoreError::Newer { found: 99, known: 1, .. }), "{refused}");
}

#[tokio::test]
async fn a_server_that_restarted_is_found_again() {
    let Some(server) = own("a_server_that_restarted_is_found_again") else { return };
    let store = connect(&server.database()).await.unwrap();
    let before = store.put("n", "k", b"1", None).await.unwrap();
    server.stop();
    server.resume();
    assert_eq!(store.get("n", "k").await.unwrap().unwrap().revision, before);
    assert!(store.put("n", "k", b"2", None).await.unwrap() > before);
}

#[tokio::test]
async fn without_a_server_there_is_an_error_and_with_it_an_answer_again() {
    let Some(server) = own("without_a_server_there_is_an_error_and_with_it_an_answer_again") else { return };
    let settings = server.database();
    let store = connect(&settings).await.unwrap();
    store.put("n", "k", b"1", None).await.unwrap();
    server.stop();
    for refused in [
        store.get("n", "k").await.unwrap_err(),
        store.put("n", "k", b"2", None).await.unwrap_err(),
        connect(&settings).await.unwrap_err(),
    ] {
        assert!(matches!(refused, StoreError::Open { .. }), "{refused}");
        assert!(refused.to_string().contains(&settings.to_string()), "{refused}");
    }
    server.resume();
    assert_eq!(store.get("n", "k").await.unwrap().unwrap().value, b"1");
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_in_time_and_used_again_when_it_answers() {
    let name = "a_server_that_hangs_is_given_up_in_time_and_used_again_when_it_answers";
    let Some(server) = shared(name) else { return };
    let line = Line::new(server.address, (server.address, PORT)).await;
    let mut settings = server.over_network(&server.database(), line.port);
    let store = connect(&settings).await.unwrap();
    store.put("n", "k", b"1", None).await.unwrap();
    store.close().await;
    settings.limit = SHORT;
    let store = connect(&settings).await.unwrap();
    line.hold();
    assert!(matches!(connect(&settings).await.unwrap_err(), StoreError::NoAnswer { .. }));
    let mut tasks = Vec::new();
    for _ in 0..3 * settings.connections.get() {
        let store = store.clone();
        tasks.push(tokio::spawn(async move { store.get("n", "k").await }));
    }
    for task in tasks {
        let refused = task.await.unwrap().unwrap_err();
        assert!(matches!(refused, StoreError::NoAnswer { .. }), "{refused}");
    }
    line.release();
    // Whatever was held keeps no connection from the many that come now; a busy machine may need a second try.
    let mut answer = store.get("n", "k").await;
    while let Err(StoreError::NoAnswer { .. }) = answer {
        answer = store.get("n", "k").await;
    }
    assert_eq!(answer.unwrap().unwrap().value, b"1");
}

#[tokio::test]
async fn a_connection_that_the_server_ends_fails_its_statement_alone() {
    let Some(server) = shared("a_connection_that_the_server_ends_fails_its_statement_alone") else { return };
    let settings = server.database();
    let store = connect(&settings).await.unwrap();
    let lock = lock(&settings).await;
    let waits = tokio::spawn({
        let store = store.clone();
        async move { store.put("n", "k", b"1", None).await }
    });
    let of_us = format!("datname = '{}' AND application_name = 'causeway'", settings.database);
    let waiting = format!("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND {of_us}");
    until(server, &waiting, "1").await;
    server.sql("postgres", &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {of_us}"));
    let refused = waits.await.unwrap().unwrap_err();
    assert!(matches!(refused, StoreError::Database(_)), "{refused}");
    lock.close().await.unwrap();
    assert_eq!(store.get("n", "k").await.unwrap(), None);
    store.put("n", "k", b"2", None).await.unwrap();
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_ends_on_the_server_too() {
    let Some(server) = shared("what_nobody_waits_for_any_more_ends_on_the_server_too") else { return };
    let mut settings = server.database();
    connect(&settings).await.unwrap().close().await;
    settings.limit = SHORT;
    let store = connect(&settings).await.unwrap();
    let lock = lock(&settings).await;
    let refused = store.put("n", "k", b"1", None).await.unwrap_err();
    assert!(matches!(refused, StoreError::NoAnswer { .. }), "{refused}");
    let ours = format!(
        "SELECT count(*) FROM pg_stat_activity
         WHERE datname = '{}' AND application_name = 'causeway' AND state = 'active'",
        settings.database
    );
    until(server, &ours, "0").await;
    lock.close().await.unwrap();
    assert_eq!(server.sql(&settings.database, "SELECT count(*) FROM causeway.entry"), "0\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_has_no_more_connections_than_it_was_told() {
    let Some(server) = shared("a_node_has_no_more_connections_than_it_was_told") else { return };
    let mut settings = server.database();
    settings.connections = NonZeroU16::new(2).unwrap();
    server.sql("postgres", &format!("ALTER DATABASE {} CONNECTION LIMIT 2", settings.database));
    // The limit of the server does not hold for its administrator.
    server.sql("postgres", "CREATE ROLE guest LOGIN");
    server.sql("postgres", &format!("ALTER DATABASE {} OWNER TO guest", settings.database));
    settings.user = "guest".to_owned();
    let store = connect(&settings).await.unwrap();
    let mut tasks = Vec::new();
    for n in 0..40 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move { store.put("n", &n.to_string(), b"", None).await }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(store.list("n", Page::default()).await.unwrap().len(), 40);
}

#[tokio::test]
async fn over_a_network_the_server_proves_its_name_and_we_ours() {
    let Some(server) = shared("over_a_network_the_server_proves_its_name_and_we_ours") else { return };
    let good = server.over_network(&server.database(), PORT);
    let store = connect(&good).await.unwrap();
    store.put("n", "k", b"1", None).await.unwrap();
    assert!(!format!("{store:?}").contains("correct horse"));

    let tcp = |host: Ipv4Addr, port, tls| Address::Tcp { host: host.to_string(), port, tls };
    let elsewhere = Ipv4Addr::from(u32::from(server.address) ^ 0x0010_0000);
    let line = Line::new(elsewhere, (server.address, PORT)).await;
    let Address::Tcp { tls, .. } = good.address.clone() else { unreachable!() };
    let unknown = Tls::Verified { authorities: Vec::new() };
    let odd = Settings { password: Secret::new("\u{1F40E}"), ..good.clone() };
    let refused = connect(&odd).await.unwrap_err();
    assert!(matches!(refused, StoreError::Setting { .. }) && !format!("{refused:?}").contains('\u{1F40E}'));
    for bad in [
        Settings { address: tcp(elsewhere, line.port, tls), ..good.clone() },
        Settings { address: tcp(server.address, PORT, unknown), ..good.clone() },
        Settings { address: tcp(server.address, PORT, Tls::None), ..good.clone() },
        Settings { password: Secret::new(*b"wrong"), ..good.clone() },
    ] {
        let refused = connect(&bad).await.unwrap_err();
        assert!(matches!(refused, StoreError::Open { .. }), "{bad:?}: {refused}");
        assert!(!refused.to_string().contains(PASSWORD));
    }
}

#[tokio::test]
async fn a_server_that_refuses_tls_is_told_nothing() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut request = [0; 8];
        client.read_exact(&mut request).await.unwrap();
        client.write_all(b"N").await.unwrap();
        let mut more = Vec::new();
        client.read_to_end(&mut more).await.unwrap();
        more
    });
    let tls = Tls::Verified { authorities: Vec::new() };
    let address = Address::Tcp { host: Ipv4Addr::LOCALHOST.to_string(), port, tls };
    let settings = Settings::new(address, "state", "node", Secret::new(*b"hunter2"));
    let refused = connect(&settings).await.unwrap_err();
    assert!(matches!(refused, StoreError::Open { .. }), "{refused}");
    assert_eq!(server.await.unwrap(), b"");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_of_the_database_change_no_promise() {
    let Some(server) = shared("settings_of_the_database_change_no_promise") else { return };
    let settings = server.database();
    for setting in ["default_transaction_isolation = 'serializable'", "synchronous_commit = off"] {
        server.sql("postgres", &format!("ALTER DATABASE {} SET {setting}", settings.database));
    }
    let bench = Bench::at(Place::Server(server, settings.into())).await;
    suite::two_nodes_that_count_with_retries_lose_nothing(bench).await;
}

async fn connect(settings: &Settings) -> Result<Store, StoreError> {
    Store::connect(settings.clone(), Clock::system()).await
}

/// Nobody else reads or writes entries until the connection ends.
async fn lock(settings: &Settings) -> PgConnection {
    let Address::Socket { folder, port } = &settings.address else { unreachable!() };
    let options = sqlx::postgres::PgConnectOptions::new_without_pgpass()
        .socket(folder)
        .port(*port)
        .username(&settings.user)
        .database(&settings.database);
    let mut connection = PgConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE causeway.entry").execute(&mut connection).await.unwrap();
    connection
}

/// Asks until the server says so.
async fn until(server: &Server, question: &str, answer: &str) {
    for _ in 0..300 {
        if server.sql("postgres", question).trim() == answer {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{question}: never {answer}");
}

fn shared(name: &str) -> Option<&'static Server> {
    Server::shared().map_err(|reason| skip(name, reason)).ok()
}

fn own(name: &str) -> Option<Server> {
    Server::start().map_err(|reason| skip(name, &reason)).ok()
}
