//! A host key with the certificate of an authority: clients that trust the authority need not know the key.

use std::sync::Arc;

use causeway_core::sshkey::{Certificate, CertificateKind};
use thiserror::Error;

use super::host::HostKeyPair;
use super::scheme::Scheme;
use super::verify::{VerifyError, verify_certificate};
use crate::kex::{HostKey, SignError};

/// The longest certificate that is sent, in bytes: what answers a key exchange has to fit into the output.
const MAX_SENT: usize = 16 * 1024;

/// A host key that shows its certificate instead of itself.
#[derive(Debug)]
pub struct CertifiedHostKey {
    pair: Arc<HostKeyPair>,
    certificate: Arc<Certificate>,
    algorithms: Vec<&'static str>,
}

/// Why a certificate cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CertifiedHostKeyError {
    #[error("it is a certificate for a user, not for a host")]
    NotForHosts,
    #[error("it is a certificate for another key")]
    OtherKey,
    #[error("it is longer than {MAX_SENT} bytes")]
    TooLong,
    #[error("the signature of its authority: {0}")]
    Authority(#[from] VerifyError),
}

impl CertifiedHostKey {
    /// The key signs in the ways that are left to it.
    pub fn new(pair: Arc<HostKeyPair>, certificate: Arc<Certificate>) -> Result<Self, CertifiedHostKeyError> {
        if certificate.kind() != CertificateKind::Host {
            return Err(CertifiedHostKeyError::NotForHosts);
        }
        if certificate.key() != pair.public() {
            return Err(CertifiedHostKeyError::OtherKey);
        }
        if certificate.blob().len() > MAX_SENT {
            return Err(CertifiedHostKeyError::TooLong);
        }
        verify_certificate(&certificate)?;
        let certified = |name: &&str| Scheme::from_name(name.as_bytes()).ok().map(Scheme::certificate_name);
        let algorithms = pair.algorithms().iter().filter_map(certified).collect();
        Ok(Self { pair, certificate, algorithms })
    }

    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}

impl HostKey for CertifiedHostKey {
    fn algorithms(&self) -> &[&'static str] {
        &self.algorithms
    }

    fn public_blob(&self) -> &[u8] {
        self.certificate.blob()
    }

    /// The signature is the plain key's, under its plain name (PROTOCOL.certkeys).
    fn sign(&self, algorithm: &str, data: &[u8]) -> Result<Vec<u8>, SignError> {
        let scheme = Scheme::from_certificate_name(algorithm.as_bytes()).map_err(|_| SignError)?;
        self.pair.sign(scheme.name(), data)
    }
}
