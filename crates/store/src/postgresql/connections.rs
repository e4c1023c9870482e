//! The connections of a node to its server.
//!
//! The library's own pool asks the server after each use whether the connection is still good, and waits for the answer
//! without end: a server that hangs would keep the connections for ever. It also hides why no connection could be
//! made. Here a connection is only kept after a statement that succeeded, and asked for before it is used again.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{ConnectOptions, Connection, PgConnection, Postgres};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::StoreError;
use crate::postgresql::Settings;

/// How much of the limit the question may take whether a connection still answers; the rest is for a new one.
const SHARE_OF_PING: u32 = 4;

/// Clones share the connections.
#[derive(Clone)]
pub(super) struct Connections(Arc<Shared>);

struct Shared {
    settings: Settings,
    /// One for each connection that may exist while a statement runs.
    permits: Semaphore,
    idle: Mutex<Vec<PgConnection>>,
}

impl Connections {
    pub(super) fn new(settings: Settings, first: PgConnection) -> Self {
        let permits = Semaphore::new(settings.connections.get().into());
        Self(Arc::new(Shared { settings, permits, idle: Mutex::new(vec![first]) }))
    }

    /// Runs one statement, which is a transaction of its own.
    ///
    /// A connection whose statement failed, took too long or was given up by the caller is closed: what its next answer
    /// would belong to is not known.
    pub(super) async fn rows(
        &self,
        statement: Query<'_, Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>, StoreError> {
        let settings = &self.0.settings;
        let work = async {
            let _permit = self.0.permits.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
            let mut connection = match self.idle_one().await {
                Some(connection) => connection,
                None => connect(settings).await?,
            };
            let rows = statement.fetch_all(&mut connection).await?;
            self.keep(connection);
            Ok(rows)
        };
        timeout(settings.limit, work).await.unwrap_or_else(|_| {
            self.idle().clear();
            Err(no_answer(settings))
        })
    }

    /// Lets statements that run come to their end, and ends all connections.
    pub(super) async fn close(&self) {
        let settings = &self.0.settings;
        let all = self.0.permits.acquire_many(settings.connections.get().into());
        // Whether in time or not: from here on there are no new ones.
        drop(timeout(settings.limit, all).await);
        self.0.permits.close();
        let idle = std::mem::take(&mut *self.idle());
        let goodbyes = async {
            for connection in idle {
                // The server notices without it, too.
                drop(connection.close().await);
            }
        };
        drop(timeout(settings.limit, goodbyes).await);
    }

    /// A connection that still answers. If one does not, the others are as old, and new ones are made.
    async fn idle_one(&self) -> Option<PgConnection> {
        let mut connection = self.idle().pop()?;
        let limit = self.0.settings.limit / SHARE_OF_PING;
        if let Ok(Ok(())) = timeout(limit, connection.ping()).await {
            return Some(connection);
        }
        self.idle().clear();
        None
    }

    fn keep(&self, connection: PgConnection) {
        let mut idle = self.idle();
        if !self.0.permits.is_closed() {
            idle.push(connection);
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<PgConnection>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connections({})", self.0.settings)
    }
}

/// A new connection. The caller bounds the time.
pub(super) async fn connect(settings: &Settings) -> Result<PgConnection, StoreError> {
    let database = settings.to_string();
    settings.options()?.connect().await.map_err(|cause| match cause {
        // Its text names the character.
        sqlx::Error::Configuration(cause) if cause.to_string().contains("saslprep password") => {
            StoreError::Setting {
                database,
                what: "the password has a character that SASLprep (RFC 4013) forbids",
            }
        }
        cause => StoreError::Open { database, cause },
    })
}

pub(super) fn no_answer(settings: &Settings) -> StoreError {
    StoreError::NoAnswer { database: settings.to_string(), limit: settings.limit }
}
