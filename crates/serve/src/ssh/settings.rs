//! From the configuration to what the engine is told.

use std::sync::Arc;

use causeway_config::HostKey as HostKeyOfConfig;
use causeway_config::options::{ServiceOptions, SshOptions};
use causeway_config::value::{Ciphers, DhPrimeMode, DhPrimeSize};
use causeway_net::Limits;
use causeway_ssh::cipher::{Cipher, Mac};
use causeway_ssh::connection::Windows;
use causeway_ssh::kex::{GroupChoice, GroupPolicy, GroupSize, KexMethod};
use causeway_ssh::keys::{CertifiedHostKey, HostKeyPair};
use causeway_ssh::server::KeepAlive;
use causeway_ssh::transport::{RekeyPolicy, UserSignatures};
use causeway_ssh::userauth::{LoginOptions, Method, Methods, Questions};
use causeway_ssh::{Algorithms, HostKey, ServerConfig};

use super::engine::Engine;

/// Why a service cannot be offered as configured.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("a host key cannot be used: {0}")]
    HostKey(String),
    /// With the signatures that would do.
    #[error(
        "none of the host keys can sign as the option 'ssh_cipher_list' wants it ({0}): add a host key of such a type, or \
         change the list"
    )]
    NoHostKey(String),
    #[error("there is no group of {0} bits")]
    GroupSize(u32),
}

pub(super) fn engine(
    options: &SshOptions,
    host_keys: &[HostKeyOfConfig],
    windows: Arc<Windows>,
) -> Result<Engine, SettingsError> {
    let listed = options.ssh_cipher_list.algorithms();
    let algorithms = algorithms(&listed);
    let mut keys: Vec<Arc<dyn HostKey>> = Vec::new();
    let (mut certified, mut faults) = (Vec::new(), Vec::new());
    for HostKeyOfConfig { key, certificate } in host_keys {
        let pair = HostKeyPair::new(key).map_err(|e| SettingsError::HostKey(e.to_string()))?;
        let pair = pair.limited_to(&listed.host_keys);
        if pair.algorithms().is_empty() {
            continue;
        }
        let pair = Arc::new(pair);
        match certificate.as_ref().map(|c| CertifiedHostKey::new(pair.clone(), c.clone())) {
            Some(Ok(key)) => certified.push(Arc::new(key)),
            Some(Err(error)) => faults.push(error.to_string()),
            None => {}
        }
        keys.push(pair);
    }
    if keys.is_empty() {
        return Err(SettingsError::NoHostKey(listed.host_keys.join(", ")));
    }
    let rekey = RekeyPolicy {
        bytes: options.rekey_bytes.get(),
        time: options.rekey_seconds.duration(),
        ..RekeyPolicy::default()
    };
    let keep_alive = KeepAlive {
        interval: options.client_alive_interval.duration(),
        most: options.client_alive_count_max,
    };
    let user_signatures = UserSignatures(listed.user_keys);
    let groups = groups(options.dh_prime_size)?;
    let config = ServerConfig {
        algorithms,
        groups,
        host_keys: keys,
        user_signatures,
        rekey,
        keep_alive,
        windows,
        ..ServerConfig::default()
    };
    Ok(Engine::new(config, certified, faults))
}

fn algorithms(listed: &Ciphers) -> Algorithms {
    Algorithms {
        kex: listed.key_exchanges.iter().filter_map(|n| KexMethod::from_name(n)).collect(),
        ciphers: listed.ciphers.iter().filter_map(|n| Cipher::from_name(n)).collect(),
        macs: listed.macs.iter().filter_map(|n| Mac::from_name(n)).collect(),
    }
}

fn groups(option: DhPrimeSize) -> Result<GroupPolicy, SettingsError> {
    Ok(GroupPolicy {
        min: GroupSize::from_bits(option.min).ok_or(SettingsError::GroupSize(option.min))?,
        choice: match option.mode {
            DhPrimeMode::Minimum => GroupChoice::Smallest,
            DhPrimeMode::Ideal => GroupChoice::Preferred,
            DhPrimeMode::Maximum => GroupChoice::Largest,
        },
    })
}

pub(super) fn login(service: &ServiceOptions, options: &SshOptions, host_based: bool) -> LoginOptions {
    LoginOptions {
        methods: if host_based { Methods::ALL.with(Method::HostBased) } else { Methods::ALL },
        signatures: options.ssh_cipher_list.algorithms().user_keys,
        banner: banner(&options.before_login_message.to_string()),
        questions: questions(&options.keyboard_interactive_message.to_string()),
        max_failures: service.login_attempts.get(),
        ..LoginOptions::default()
    }
}

/// The first line is the title, the last one the question, and what is between them the instruction; a line alone is the
/// question.
fn questions(text: &str) -> Questions {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let (name, instruction, password) = match lines.as_slice() {
        [] | [""] => return Questions::default(),
        [question] => ("", String::new(), *question),
        [name, instruction @ .., question] => (*name, instruction.join("\n"), *question),
    };
    // The answer is typed behind it.
    let password = format!("{password} ");
    Questions { name: name.to_owned(), instruction, password, ..Questions::default() }
}

/// Lines end as RFC 4252 section 5.4 wants it, the last one too.
fn banner(text: &str) -> String {
    text.lines().map(|line| format!("{line}\r\n")).collect()
}

/// What the options say, as far as there are descriptors: half of these are for who has logged in.
pub(super) fn limits(options: &ServiceOptions, most: usize) -> Limits {
    Limits {
        total: at_most(options.maximum_concurrent_connections, most),
        before_login: at_most(options.connections_before_login, most.div_ceil(2)),
        before_login_per_source: count(options.connections_before_login_per_source),
    }
}

fn count(option: u32) -> usize {
    usize::try_from(option).unwrap_or(usize::MAX)
}

/// Zero is no limit.
fn at_most(option: u32, most: usize) -> usize {
    if option == 0 { most } else { count(option).min(most) }
}

#[cfg(test)]
mod tests {
    use causeway_config::value::CipherList;
    use causeway_ssh::keys::Scheme;

    use super::*;

    fn list(text: &str) -> Ciphers {
        text.parse::<CipherList>().unwrap().algorithms()
    }

    #[test]
    fn the_first_line_is_the_title_and_the_last_the_question() {
        let parts = |text: &str| {
            let q = questions(text);
            (q.name, q.instruction, q.password)
        };
        let of = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(parts("Password:"), of("", "", "Password: "));
        assert_eq!(parts(""), of("", "", "Password: "));
        assert_eq!(parts("Title\nSecret:"), of("Title", "", "Secret: "));
        assert_eq!(parts("Title\none\ntwo\nSecret:"), of("Title", "one\ntwo", "Secret: "));
    }

    #[test]
    fn v18_connections_are_limited_by_what_there_are_descriptors_for() {
        assert_eq!([0, 5, 10_000].map(|option| at_most(option, 9)), [9, 5, 9]);
        assert_eq!(at_most(10_000, usize::MAX), 10_000);
    }

    #[test]
    fn every_algorithm_that_a_list_can_name_exists() {
        let all = list("all");
        let engine = algorithms(&all);
        assert_eq!(engine.kex, KexMethod::ALL);
        assert_eq!(engine.ciphers, Cipher::ALL);
        assert_eq!(engine.macs, Mac::ALL);
        for name in all.user_keys {
            assert!(Scheme::from_name(name.as_bytes()).is_ok(), "{name}");
        }
        assert_eq!(algorithms(&list("secure")), Algorithms::default());
        let sound = UserSignatures::default();
        assert_eq!(list("secure").user_keys, sound.0);
    }

    #[test]
    fn every_size_of_the_option_is_one_of_a_group() {
        let sizes = GroupSize::ALL.map(GroupSize::bits);
        assert_eq!(sizes, DhPrimeSize::SIZES);
        let default = groups(DhPrimeSize::default()).unwrap();
        assert_eq!(default, GroupPolicy::default());
    }
}
