//! What the engine is told of a service, at one moment: certificates of host keys begin and end.

use std::sync::Arc;

use causeway_core::sshkey::Certificate;
use causeway_core::{Timestamp, escape};
use causeway_ssh::keys::CertifiedHostKey;
use causeway_ssh::{HostKey, ServerConfig};

/// The engine's part of a service.
#[derive(Debug)]
pub(crate) struct Engine {
    /// With every certificate, and with none.
    all: Arc<ServerConfig>,
    plain: Arc<ServerConfig>,
    certified: Vec<Arc<CertifiedHostKey>>,
    faults: Vec<String>,
}

impl Engine {
    /// `plain` has the host keys alone; `faults` is what is wrong with certificates that are not among those here.
    pub(crate) fn new(
        plain: ServerConfig,
        certified: Vec<Arc<CertifiedHostKey>>,
        faults: Vec<String>,
    ) -> Self {
        Self {
            all: Arc::new(with_certificates(&plain, certified.iter())),
            plain: Arc::new(plain),
            certified,
            faults,
        }
    }

    /// For a connection that begins now. A certificate that is not valid is not shown: a client that trusts its
    /// authority would go no further, and may know the plain key.
    pub(crate) fn at(&self, now: Timestamp) -> Arc<ServerConfig> {
        let is_valid = |key: &&Arc<CertifiedHostKey>| invalid(key.certificate(), now).is_none();
        if self.certified.iter().all(|key| is_valid(&key)) {
            return self.all.clone();
        }
        Arc::new(with_certificates(&self.plain, self.certified.iter().filter(is_valid)))
    }

    /// Why certificates are not shown now.
    pub(crate) fn faults(&self, now: Timestamp) -> impl Iterator<Item = String> {
        let ended = self.certified.iter().filter_map(move |key| {
            let certificate = key.certificate();
            invalid(certificate, now).map(|why| format!("{} {why}", escape::text(certificate.key_id())))
        });
        self.faults.iter().cloned().chain(ended)
    }
}

/// Certificates come before plain keys: a client that knows an authority needs no key of its own, and one that does not
/// takes no offence.
fn with_certificates<'a>(
    plain: &ServerConfig,
    certified: impl Iterator<Item = &'a Arc<CertifiedHostKey>>,
) -> ServerConfig {
    let certified = certified.map(|key| key.clone() as Arc<dyn HostKey>);
    ServerConfig { host_keys: certified.chain(plain.host_keys.iter().cloned()).collect(), ..plain.clone() }
}

fn invalid(certificate: &Certificate, now: Timestamp) -> Option<&'static str> {
    if now < certificate.valid_after() {
        return Some("is not valid yet");
    }
    certificate.expires().is_some_and(|at| now >= at).then_some("has expired")
}
