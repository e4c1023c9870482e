//! What a proven login may do.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use causeway_core::event::Actor;
use causeway_core::rule::Rules;
use causeway_core::{PrincipalId, Timestamp, VPath};

use crate::Credential;
use crate::keys::Admission;

/// When an upload's bytes must be on the disk before the client is told so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UploadSync {
    /// The kernel writes them in its own time.
    #[default]
    None,
    /// Before the CLOSE (or what stands for it) is answered.
    Close,
}

/// One folder of the disk as the login sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where the client sees it. The first mount of a grant is the home, at the root.
    pub at: VPath,
    /// Where it is: an absolute path.
    pub real: PathBuf,
    /// Make the folder at login when it is missing.
    pub create: bool,
}

/// The terms of a grant, all of them resolved: nothing here is inherited or optional any more.
#[derive(Debug, Clone)]
pub struct Terms {
    pub principal: PrincipalId,
    pub account: Actor,
    /// Ids of the groups, the primary one first.
    pub groups: Vec<Arc<str>>,
    pub rules: Rules,
    /// The home first, then the virtual folders.
    pub mounts: Vec<Mount>,
    /// Folders made in the home at each login.
    pub home_structure: Vec<VPath>,
    /// Real folders below which links made outside of Causeway may lead, beside the mounts themselves.
    pub link_roots: Vec<PathBuf>,
    /// Whether what is written is stored under `UUID4-NAME`, each time another.
    pub amend_write_name: bool,
    /// Bytes that one uploaded file may have.
    pub file_write_size: Option<u64>,
    /// Bits that new files and folders do not get.
    pub umask: u32,
    pub atomic_uploads: bool,
    pub upload_sync: UploadSync,
    /// How long a broken upload can be taken up again.
    pub partial_keep: Duration,
    /// How long a file that was removed by SFTP stays.
    pub delete_delay: Duration,
    /// Every file operation leaves the network threads, whatever the file system.
    pub blocking_filesystem: bool,
    /// The session ends if its key exchange does not withstand quantum computers any more.
    pub require_post_quantum: bool,
}

/// Moves on when the configuration that grants were made from has changed.
#[derive(Debug, Clone, Default)]
pub struct Epoch(Arc<AtomicU64>);

impl Epoch {
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Makes every grant of before stale.
    pub fn advance(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

/// Where somebody came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entrance {
    /// Where the peer was.
    pub source: IpAddr,
    /// Id of the service.
    pub service: Arc<str>,
    /// Whether the session's key exchange withstands quantum computers.
    pub post_quantum: bool,
}

/// What a proven login may do. Only this crate makes one; it is shared, never copied or changed.
#[derive(Debug)]
pub struct Grant {
    terms: Terms,
    proof: Proof,
    expires: Option<Timestamp>,
    entrance: Option<Entrance>,
    epoch: Epoch,
    made: u64,
}

/// By what a login was proven, as far as that goes on to matter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proof {
    /// The key, certificate or host; none for everything else.
    pub(crate) key: Option<Arc<Credential>>,
    pub(crate) admission: Admission,
}

#[cfg(any(test, feature = "testing"))]
impl Terms {
    /// Those of somebody with a home and rules and nothing else, for the tests of other rooms.
    pub fn for_test(id: &str, home: PathBuf, rules: &str) -> Self {
        #![allow(clippy::unwrap_used, reason = "for tests")]
        use causeway_core::rule::RuleSource;
        Self {
            principal: PrincipalId { authentication: "app".into(), id: id.into() },
            account: Actor { uuid: id.into(), name: id.into() },
            groups: Vec::new(),
            rules: RuleSource::parse(rules).unwrap().for_user(id).unwrap(),
            mounts: vec![Mount { at: VPath::root(), real: home, create: false }],
            home_structure: Vec::new(),
            link_roots: Vec::new(),
            amend_write_name: false,
            file_write_size: None,
            umask: 0o022,
            atomic_uploads: true,
            upload_sync: UploadSync::None,
            partial_keep: Duration::from_secs(24 * 3600),
            delete_delay: Duration::ZERO,
            blocking_filesystem: false,
            require_post_quantum: false,
        }
    }
}

impl Grant {
    /// `made` is the epoch that was read before the configuration was: a change in between makes a grant that is
    /// stale, never one that looks current and is not.
    pub(crate) fn issue(
        terms: Terms,
        proof: Proof,
        expires: Option<Timestamp>,
        entrance: Option<Entrance>,
        epoch: &Epoch,
        made: u64,
    ) -> Arc<Self> {
        let expires = expires.into_iter().chain(proof.admission.until).min();
        Arc::new(Self { terms, proof, expires, entrance, made, epoch: epoch.clone() })
    }

    /// A grant out of nothing, for the tests of other rooms.
    #[cfg(any(test, feature = "testing"))]
    pub fn for_test(terms: Terms) -> Arc<Self> {
        Self::expiring_for_test(terms, None)
    }

    /// The same with an end.
    #[cfg(any(test, feature = "testing"))]
    pub fn expiring_for_test(terms: Terms, expires: Option<Timestamp>) -> Arc<Self> {
        Self::issue(terms, Proof::default(), expires, None, &Epoch::default(), 0)
    }

    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    pub(crate) fn proof(&self) -> &Proof {
        &self.proof
    }

    /// Whether what was logged in with allows nothing but SFTP.
    pub fn is_sftp_only(&self) -> bool {
        self.proof.admission.sftp_only
    }

    /// From when on the account may not be logged in any more.
    pub fn expires(&self) -> Option<Timestamp> {
        self.expires
    }

    /// Where the login came in; none for who acts without one.
    pub fn entrance(&self) -> Option<&Entrance> {
        self.entrance.as_ref()
    }

    /// Where the peer was that logged in; none for who acts without a login.
    pub fn source(&self) -> Option<IpAddr> {
        self.entrance.as_ref().map(|entrance| entrance.source)
    }

    /// The epoch it was made in.
    pub fn epoch(&self) -> u64 {
        self.made
    }

    /// Whether the configuration has not changed since. One atomic read.
    pub fn is_current(&self) -> bool {
        self.epoch.now() == self.made
    }
}
