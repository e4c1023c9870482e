//! Lines of JSON on the socket, and the command line's end of it.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

use super::place::Place;
use super::{Answer, Request};

/// Bytes of one line at the most: an answer may list many sessions.
pub(super) const LINE_MAX: u64 = 64 << 20;
/// The same for a request.
pub(super) const REQUEST_MAX: u64 = 4 << 20;
/// How long the server may take to do what it is asked.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long it may take to say how it is.
const LOOK: Duration = Duration::from_secs(30);

/// Why the server could not be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// There is no socket, or nobody behind it.
    #[error("the server is not running")]
    NotRunning,
    /// It does nothing more for anybody, and has not done this.
    #[error("the server is stopping")]
    Stopping,
    /// Its process has ended before it answered.
    #[error("the server has ended and did not answer")]
    Unanswered,
    #[error("the server cannot be asked: {0}")]
    Io(#[from] io::Error),
    #[error("the server did not answer in its time; it may still do what it was asked")]
    TooSlow,
    #[error("the server's answer cannot be read: {0}")]
    Nonsense(serde_json::Error),
}

fn connect(socket: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(Place::of(socket)?.name())
}

/// Whether a server runs.
pub(crate) fn is_answered(socket: &Path) -> bool {
    connect(socket).is_ok()
}

/// Asks the running server.
pub(crate) fn call(socket: &Path, request: &Request) -> Result<Answer, CallError> {
    use std::io::{BufRead, BufReader, Read, Write};
    let mut stream = connect(socket).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => CallError::NotRunning,
        _ => CallError::Io(e),
    })?;
    let patience = request.patience();
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let mut line = serde_json::to_vec(request).map_err(CallError::Nonsense)?;
    line.push(b'\n');
    let mut answer = Vec::new();
    stream.write_all(&line).map_err(interrupted)?;
    BufReader::new(stream.take(LINE_MAX)).read_until(b'\n', &mut answer).map_err(interrupted)?;
    if !answer.ends_with(b"\n") && u64::try_from(answer.len()).is_ok_and(|len| len < LINE_MAX) {
        return Err(CallError::Unanswered);
    }
    match serde_json::from_slice(&answer).map_err(CallError::Nonsense)? {
        Answer::Stopping => Err(CallError::Stopping),
        answer => Ok(answer),
    }
}

fn interrupted(error: io::Error) -> CallError {
    match error.kind() {
        io::ErrorKind::WouldBlock => CallError::TooSlow,
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => CallError::Unanswered,
        _ => CallError::Io(error),
    }
}

impl Request {
    /// How long the server may take to answer.
    fn patience(&self) -> Duration {
        match self {
            Request::Status | Request::Sessions | Request::Bans => LOOK,
            _ => PATIENCE,
        }
    }
}

/// Reads one line; none if the other end is gone.
pub(super) async fn receive<T: DeserializeOwned>(
    stream: impl tokio::io::AsyncRead + Unpin,
) -> io::Result<Option<Result<T, serde_json::Error>>> {
    let mut line = Vec::new();
    BufReader::new(stream.take(REQUEST_MAX)).read_until(b'\n', &mut line).await?;
    Ok((!line.is_empty()).then(|| serde_json::from_slice(&line)))
}

/// Writes one line.
pub(super) async fn send(mut stream: impl AsyncWrite + Unpin, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message).map_err(io::Error::other)?;
    line.push(b'\n');
    stream.write_all(&line).await
}
