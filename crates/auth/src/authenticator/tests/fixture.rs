//! An installation to log in to.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use causeway_config::{Config, Environment, load_text};
use causeway_core::clock::ManualClock;
use causeway_core::event::{Actor, Origin, Source, Value};
use causeway_core::rule::Right;
use causeway_core::sshkey::PublicKey;
use causeway_core::{Clock, Moment, Random, Secret, Timestamp, VPath};
use causeway_events::{Batch, catalogue};
use jiff::tz::TimeZone;

use crate::activity::Activity;
use crate::{Attempt, Authenticator, Credential, Epoch, Grant, Hashing, Terms, Verdict, Why};

/// Hashes of `secret`, all cheap, that differ in scheme.
pub(super) const SHA512: &str = "$6$rounds=1000$abcdefgh$nhYjN017qxiYztzyUpZtPnUQcnLy62KsunSLHNeLahp2EHPlAKmFFlrjEwSXGo2kgY5hR2.peKEg2VGUqIJJu1";
pub(super) const PBKDF2: &str =
    "$pbkdf2-sha256$1000$AAECAwQFBgcICQoLDA0ODw$Tvsru20utY6o3q7VRBeuL9h/1QqKhWhwk2PaYNRWBgY";
pub(super) const ARGON2: &str =
    "$argon2id$v=19$m=64,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$sAB5SsCsBD0gmb5FJXoHOsOkGSa93chcRYo67KPvF8c";

pub(super) const ALICE_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJiYCk8SAYjf9+1LHHbIX71FSm2ChWwWcke1HO0myUOM alice";
pub(super) const OTHER_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEtpzc4PfcMY1e9RiLcdndlmwFAIhxeBmDhdOC65U1Bm other";

const HEAD: &str = "
[server]
uuid = 11111111-2222-3333-4444-555555555555
name = test
umask = 027
ssh_server_keys = host
authentications = @CHAIN@

[services/sftp]
type = ssh
name = sftp
address = 127.0.0.1
port = 10022

[vault-items/host]
type = ssh-private
name = host
content =
    -----BEGIN OPENSSH PRIVATE KEY-----
    b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
    QyNTUxOQAAACAqNy8Lux+mws7Br1mYEwgxY0izNZby1PBCy7XuHbliowAAAIj+gakt/oGp
    LQAAAAtzc2gtZWQyNTUxOQAAACAqNy8Lux+mws7Br1mYEwgxY0izNZby1PBCy7XuHbliow
    AAAEAjvVCL113fP24GQK3BCAsVPnJplNzbwho1GBAUvDJuxCo3Lwu7H6bCzsGvWZgTCDFj
    SLM1lvLU8ELLte4duWKjAAAABGhvc3QB
    -----END OPENSSH PRIVATE KEY-----

[groups/DEFAULT_GROUP]
name = Everybody
home_folder_path = /srv/files/${USER}
";

/// 2030-06-15 12:00:00 in UTC, which is 07:00 there.
pub(super) const NOW: u64 = 1_907_755_200;

/// The configuration: a service, host key and group, and `sections`.
pub(super) fn config(sections: &str) -> Arc<Config> {
    config_at(sections, Path::new("/nonexistent"))
}

pub(super) fn config_at(sections: &str, root: &Path) -> Arc<Config> {
    config_with("DEFAULT-AUTHENTICATION", sections, root)
}

fn config_with(chain: &str, sections: &str, root: &Path) -> Arc<Config> {
    let zone = TimeZone::fixed(jiff::tz::offset(-5));
    let text = format!("{}{sections}", HEAD.replace("@CHAIN@", chain));
    let loaded = load_text(text.as_bytes(), root, &Environment::of([], zone)).unwrap();
    loaded.config
}

/// An account whose id is its name with `-id`.
pub(super) fn account(name: &str, options: &str) -> String {
    format!("\n[accounts/{name}-id]\nname = {name}\n{options}\n")
}

pub(super) fn with_password(name: &str, hash: &str) -> String {
    account(name, &format!("password = {hash}"))
}

/// A process that judges logins.
pub(super) struct Installation {
    pub(super) authenticator: Authenticator,
    pub(super) hashing: Hashing,
    pub(super) hands: Arc<ManualClock>,
    clock: Clock,
}

impl Installation {
    pub(super) fn new(sections: &str) -> Self {
        Self::of(config(sections), Hashing::new(NonZeroUsize::new(2).unwrap(), 64))
    }

    /// With other methods than the usual one.
    pub(super) fn with_chain(chain: &str, sections: &str) -> Self {
        let config = config_with(chain, sections, Path::new("/nonexistent"));
        Self::of(config, Hashing::new(NonZeroUsize::new(2).unwrap(), 64))
    }

    pub(super) fn of(config: Arc<Config>, hashing: Hashing) -> Self {
        let (clock, hands) = Clock::manual(Timestamp::from_seconds(NOW));
        let authenticator = Authenticator::new(
            config,
            Epoch::default(),
            &Secret::new([7; 32]),
            clock.clone(),
            Random::predictable(1),
            hashing.clone(),
        );
        Self { authenticator, hashing, hands, clock }
    }

    pub(super) fn with_activity(self, activity: Activity) -> Self {
        Self { authenticator: self.authenticator.with_activity(Arc::new(activity)), ..self }
    }

    pub(super) async fn judge(&self, attempt: &Attempt) -> (Verdict, Batch) {
        let origin = Origin {
            account: Actor::peer(),
            peer: Some("192.0.2.1:40000".parse().unwrap()),
            component: Source { uuid: Arc::from("sftp"), kind: Arc::from("ssh"), name: Arc::from("sftp") },
            session: None,
        };
        let mut batch = Batch::new(Arc::new(origin), self.clock.clone(), Random::predictable(2));
        let verdict = self.authenticator.judge(attempt, &mut batch).await;
        for event in batch.events() {
            let entry = catalogue::find(event.id).unwrap();
            let mut members: Vec<&str> = event.data.iter().map(|(name, _)| &**name).collect();
            members.sort_unstable();
            let mut known = entry.members.to_vec();
            known.sort_unstable();
            assert_eq!(members, known, "members of {}", event.id);
        }
        (verdict, batch)
    }

    /// The grant of a login that must succeed.
    pub(super) async fn grant(&self, attempt: &Attempt) -> Arc<Grant> {
        match self.judge(attempt).await.0 {
            Verdict::Accept(grant) => grant,
            other => panic!("{other:?}"),
        }
    }

    /// Why a login is refused that must be, and the numbers of its events.
    pub(super) async fn refusal(&self, attempt: &Attempt) -> (Why, Vec<u32>) {
        match self.judge(attempt).await {
            (Verdict::Reject(why), batch) => (why, numbers(&batch)),
            other => panic!("{other:?}"),
        }
    }
}

pub(super) fn numbers(batch: &Batch) -> Vec<u32> {
    batch.events().iter().map(|e| e.id.0).collect()
}

pub(super) fn member(batch: &Batch, name: &str) -> Value {
    batch.events().last().unwrap().member(name).unwrap().clone()
}

/// Whether the rules of a grant give the right there.
pub(super) fn allow(terms: &Terms, right: Right, path: &str) -> bool {
    let path = VPath::absolute(path.as_bytes()).unwrap();
    terms.rules.allow(right, &path, Moment::utc(Timestamp::from_seconds(NOW)))
}

pub(super) fn password(user: &str, password: &str) -> Attempt {
    attempt(user, Credential::Password(Secret::new(password)))
}

pub(super) fn query(user: &str, key: &str) -> Attempt {
    attempt(user, Credential::Key { key: public_key(key), proven: false })
}

pub(super) fn proven(user: &str, key: &str) -> Attempt {
    attempt(user, Credential::Key { key: public_key(key), proven: true })
}

fn attempt(user: &str, credential: Credential) -> Attempt {
    let source = "192.0.2.1".parse().unwrap();
    Attempt { user: user.to_owned(), credential, service: Arc::from("sftp"), source }
}

fn public_key(line: &str) -> PublicKey {
    PublicKey::from_openssh_line(line.as_bytes()).unwrap()
}
