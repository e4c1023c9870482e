//! Where a PostgreSQL server is, and how to log in there.

use std::fmt;
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use causeway_core::Secret;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::StoreError;

/// How many connections a node has at most, unless it is said otherwise.
const CONNECTIONS: NonZeroU16 = NonZeroU16::MIN.saturating_add(7);
/// How long a statement may take, unless it is said otherwise.
const LIMIT: Duration = Duration::from_secs(5);

/// Where a PostgreSQL server is, how to log in there, and how much is asked of it.
///
/// The state is in a schema `causeway` of the database, made by the first node that opens it; so the user owns the
/// database, or may make schemas in it. A pooler in between must keep a client on one connection (*session* mode).
#[derive(Debug, Clone)]
pub struct Settings {
    pub address: Address,
    pub database: String,
    pub user: String,
    /// Empty if the server asks for none.
    pub password: Secret,
    /// The most connections of this node. A statement waits while all are in use.
    pub connections: NonZeroU16,
    /// How long a statement may take, from waiting for a connection to the answer.
    pub limit: Duration,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// The folder of its Unix socket, and the port that the socket is named after.
    Socket { folder: PathBuf, port: u16 },
    /// A name or an address, and whether the connection is protected.
    Tcp { host: String, port: u16, tls: Tls },
}

/// Whether a connection over a network is protected. What is protected is never done without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// The server proves its host name or address by a certificate. The authorities whose word counts are the public
    /// ones that browsers know, and those given here in PEM.
    Verified { authorities: Vec<u8> },
    /// Everybody on the way reads and changes everything, the password included: for the loopback interface, or
    /// where something else protects the way.
    None,
}

impl Settings {
    /// With the usual number of connections and the usual limit.
    pub fn new(address: Address, database: &str, user: &str, password: Secret) -> Self {
        Self {
            address,
            database: database.to_owned(),
            user: user.to_owned(),
            password,
            connections: CONNECTIONS,
            limit: LIMIT,
        }
    }

    /// For one connection: they hold the password in clear and would print it.
    pub(super) fn options(&self) -> Result<PgConnectOptions, StoreError> {
        let refused = |what| StoreError::Setting { database: self.to_string(), what };
        let password = std::str::from_utf8(self.password.expose())
            .map_err(|_| refused("the password is no text in UTF-8"))?;
        // The protocol ends texts with a NUL, and what followed would be read as further settings.
        if [&self.database, &self.user, password].iter().any(|text| text.contains('\0')) {
            return Err(refused("a NUL is in the name of the database or the user, or in the password"));
        }
        // The library begins with variables of the environment, and what we say replaces them. Only PGOPTIONS, PGSSLCERT
        // and PGSSLKEY cannot be taken back; what would matter of the first is set again by `session`.
        let options = PgConnectOptions::new_without_pgpass()
            .database(&self.database)
            .username(&self.user)
            .password(password)
            .application_name("causeway")
            .options(self.session());
        Ok(match &self.address {
            Address::Socket { folder, port } => {
                options.socket(folder).port(*port).ssl_mode(PgSslMode::Disable)
            }
            Address::Tcp { host, port, tls } => {
                let options = options.host(host).port(*port);
                match tls {
                    Tls::Verified { authorities } => {
                        options.ssl_mode(PgSslMode::VerifyFull).ssl_root_cert_from_pem(authorities.clone())
                    }
                    Tls::None => options.ssl_mode(PgSslMode::Disable),
                }
            }
        })
    }

    /// What holds for our sessions, whatever the server's own settings are.
    fn session(&self) -> [(&'static str, String); 5] {
        let twice =
            self.limit.saturating_mul(2).as_millis().clamp(1, i32::MAX.unsigned_abs().into()).to_string();
        [
            // Statements wait for each other's rows and look again, instead of being refused.
            ("default_transaction_isolation", "read committed".to_owned()),
            // A revision that was given out must not be given out again after a crash.
            ("synchronous_commit", "on".to_owned()),
            // Nobody's functions are taken for the system's.
            ("search_path", "pg_catalog".to_owned()),
            // What nobody waits for any more ends on the server too; later than here, where the error says more.
            ("statement_timeout", twice.clone()),
            ("idle_in_transaction_session_timeout", twice),
        ]
    }
}

/// As in a connection string, without user and password.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            Address::Socket { folder, port } => {
                write!(f, "postgresql:///{}?host={}&port={port}", self.database, folder.display())
            }
            Address::Tcp { host, port, .. } if host.contains(':') => {
                write!(f, "postgresql://[{host}]:{port}/{}", self.database)
            }
            Address::Tcp { host, port, .. } => {
                write!(f, "postgresql://{host}:{port}/{}", self.database)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(address: Address) -> Settings {
        Settings::new(address, "state", "node", Secret::new(*b"hunter2"))
    }

    fn tcp(host: &str, tls: Tls) -> Settings {
        settings(Address::Tcp { host: host.to_owned(), port: 5432, tls })
    }

    #[test]
    fn neither_user_nor_password_is_printed() {
        let socket = settings(Address::Socket { folder: "/run/postgresql".into(), port: 5433 });
        assert_eq!(socket.to_string(), "postgresql:///state?host=/run/postgresql&port=5433");
        assert_eq!(tcp("db.example", Tls::None).to_string(), "postgresql://db.example:5432/state");
        assert_eq!(tcp("::1", Tls::None).to_string(), "postgresql://[::1]:5432/state");
        assert!(!format!("{socket:?}").contains("hunter2"));
    }

    #[test]
    fn what_the_protocol_cannot_carry_is_refused() {
        let good = tcp("db.example", Tls::None);
        assert!(good.options().is_ok());
        for bad in [
            Settings { user: "node\0replication\0true".to_owned(), ..good.clone() },
            Settings { database: "state\0".to_owned(), ..good.clone() },
            Settings { password: Secret::new(*b"\0"), ..good.clone() },
            Settings { password: Secret::new(*b"\xff"), ..good.clone() },
        ] {
            let refused = bad.options().unwrap_err();
            assert!(matches!(refused, StoreError::Setting { .. }), "{refused}");
        }
    }
}
