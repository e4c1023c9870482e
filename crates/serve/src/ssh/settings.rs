//! From the configuration to what the engine is told.

use std::sync::Arc;

use causeway_config::options::{ServiceOptions, SshOptions};
use causeway_config::value::CipherList;
use causeway_core::sshkey::PrivateKey;
use causeway_net::Limits;
use causeway_ssh::cipher::Cipher;
use causeway_ssh::kex::KexMethod;
use causeway_ssh::keys::HostKeyPair;
use causeway_ssh::transport::{RekeyPolicy, UserSignatures};
use causeway_ssh::userauth::{LoginOptions, Methods};
use causeway_ssh::{Algorithms, HostKey, ServerConfig};

/// Why a service cannot be offered as configured.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("a host key cannot be used: {0}")]
    HostKey(String),
    #[error("no host key is left that fits the option 'ssh_cipher_list'")]
    NoHostKey,
}

pub(super) fn engine(
    options: &SshOptions,
    host_keys: &[Arc<PrivateKey>],
) -> Result<ServerConfig, SettingsError> {
    let defaults = ServerConfig::default();
    let mut algorithms = defaults.algorithms;
    let mut user_signatures = defaults.user_signatures;
    let mut allowed: Option<&[&'static str]> = None;
    if let CipherList::Listed(listed) = &options.ssh_cipher_list {
        algorithms = Algorithms {
            kex: listed.key_exchanges.iter().filter_map(|n| KexMethod::from_name(n)).collect(),
            ciphers: listed.ciphers.iter().filter_map(|n| Cipher::from_name(n)).collect(),
        };
        if !listed.signatures.is_empty() {
            user_signatures = UserSignatures(listed.signatures.clone());
            allowed = Some(&listed.signatures);
        }
    }
    let mut keys: Vec<Arc<dyn HostKey>> = Vec::new();
    for key in host_keys {
        let pair = HostKeyPair::new(key).map_err(|e| SettingsError::HostKey(e.to_string()))?;
        let pair = match allowed {
            Some(allowed) => pair.limited_to(allowed),
            None => pair,
        };
        if !pair.algorithms().is_empty() {
            keys.push(Arc::new(pair));
        }
    }
    if keys.is_empty() {
        return Err(SettingsError::NoHostKey);
    }
    let rekey = RekeyPolicy {
        bytes: options.rekey_bytes.get(),
        time: options.rekey_seconds.duration(),
        ..RekeyPolicy::default()
    };
    Ok(ServerConfig { algorithms, host_keys: keys, user_signatures, rekey, ..ServerConfig::default() })
}

pub(super) fn login(service: &ServiceOptions, options: &SshOptions) -> LoginOptions {
    LoginOptions {
        methods: Methods::ALL,
        banner: banner(&options.before_login_message.to_string()),
        max_failures: service.login_attempts.get(),
        ..LoginOptions::default()
    }
}

/// Lines end as RFC 4252 section 5.4 wants it, the last one too.
fn banner(text: &str) -> String {
    text.lines().map(|line| format!("{line}\r\n")).collect()
}

pub(super) fn limits(options: &ServiceOptions) -> Limits {
    let count = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    Limits {
        total: count(options.maximum_concurrent_connections),
        before_login: count(options.connections_before_login),
        before_login_per_source: count(options.connections_before_login_per_source),
    }
}
