//! The server's end of the control socket.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::place::Place;
use super::wire::{receive, send};
use super::{Answer, Request};

/// Connections at the same time.
const CALLERS: usize = 16;
/// How long a caller may take to say what it wants, and to take the answer.
const CALLER: Duration = Duration::from_secs(10);

/// A request on its way to the server, and the way back.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) request: Request,
    /// User id of who asks.
    pub(crate) by: u32,
    pub(crate) answer: oneshot::Sender<Answer>,
}

/// The socket, gone from the folder when this is dropped.
#[derive(Debug)]
pub(crate) struct Door {
    path: PathBuf,
    asked: mpsc::Receiver<Asked>,
}

impl Door {
    /// Opens the socket. One that a killed process has left is replaced; the caller holds the lock of the installation.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        match fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let listener = UnixListener::bind(Place::of(path)?.name())?;
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        let (sender, asked) = mpsc::channel(CALLERS);
        tokio::spawn(listen(listener, sender));
        Ok(Self { path: path.to_owned(), asked })
    }

    /// The next request. Pending for ever when there are no more.
    pub(crate) async fn next(&mut self) -> Asked {
        match self.asked.recv().await {
            Some(asked) => asked,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

async fn listen(listener: UnixListener, sender: mpsc::Sender<Asked>) {
    let places = Arc::new(Semaphore::new(CALLERS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = sender.closed() => return,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let sender = sender.clone();
        tokio::spawn(async move {
            if let Err(error) = serve(stream, &sender).await {
                tracing::debug!(%error, "control");
            }
            drop(place);
        });
    }
}

async fn serve(mut stream: UnixStream, sender: &mpsc::Sender<Asked>) -> io::Result<()> {
    let by = stream.peer_cred()?.uid();
    if by != 0 && by != rustix::process::geteuid().as_raw() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let answer = match timeout(CALLER, receive::<Request>(&mut stream)).await?? {
        None => return Ok(()),
        Some(Err(error)) => Answer::Failed { why: format!("the request cannot be read: {error}") },
        Some(Ok(request)) => {
            let (answer, answered) = oneshot::channel();
            match sender.send(Asked { request, by, answer }).await {
                Ok(()) => answered.await.unwrap_or(Answer::Stopping),
                Err(_) => Answer::Stopping,
            }
        }
    };
    timeout(CALLER, send(&mut stream, &answer)).await?
}
