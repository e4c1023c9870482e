//! An installation to log in to.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use causeway_config::{Config, Environment, load_text};
use causeway_core::clock::ManualClock;
use causeway_core::event::{Actor, Origin, Source, Value};
use causeway_core::rule::Right;
use causeway_core::sshkey::{Certificate, Offered, PublicKey, Touch};
use causeway_core::{Clock, Moment, Random, Secret, Timestamp, VPath};
use causeway_events::{Batch, catalogue};
use causeway_store::Store;
use jiff::tz::TimeZone;

use crate::activity::Activity;
use crate::{Attempt, Authenticator, Credential, Epoch, Grant, Hashing, Partial, State, Terms, Verdict, Why};

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

/// An account's one-time codes.
pub(super) const TOTP: &str = "otpauth://totp/Test:x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

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

[security-policies/DEFAULT-SECURITY-POLICY]
source_ip_ban_after_count = 0

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

/// The same with another option of `[server]`.
pub(super) fn config_with_server(option: &str, sections: &str, root: &Path) -> Arc<Config> {
    let head = HEAD.replace("@CHAIN@", &format!("DEFAULT-AUTHENTICATION\n{option}"));
    let zone = TimeZone::fixed(jiff::tz::offset(-5));
    load_text(format!("{head}{sections}").as_bytes(), root, &Environment::of([], zone)).unwrap().config
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

    /// With a state, in this folder.
    pub(super) async fn with_state(self, folder: &Path) -> Self {
        let store = Store::open(&folder.join("state.db"), self.clock.clone()).await.unwrap();
        let state = State::new(store, tokio::runtime::Handle::current());
        Self { authenticator: self.authenticator.with_state(state), ..self }
    }

    /// The partial login of an attempt that is good as far as it goes, and the numbers of its events.
    pub(super) async fn partial(&self, attempt: &Attempt) -> (Partial, Vec<u32>) {
        match self.judge(attempt).await {
            (Verdict::Partial(partial), batch) => (partial, numbers(&batch)),
            other => panic!("{other:?}"),
        }
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
        let mut verdict = self.authenticator.judge(attempt, &mut batch).await;
        if let Verdict::Accept(login) = &mut verdict {
            self.authenticator.let_in(login, &mut batch);
        }
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
            Verdict::Accept(login) => login.grant().clone(),
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
    attempt(user, Credential::Key { key: public_key(key).into(), proven: false, touch: None })
}

pub(super) fn proven(user: &str, key: &str) -> Attempt {
    attempt(user, Credential::Key { key: public_key(key).into(), proven: true, touch: None })
}

pub(super) fn code(user: &str, code: &str) -> Attempt {
    attempt(user, Credential::Code(Secret::new(code)))
}

pub(super) fn password_and_code(user: &str, password: &str, code: &str) -> Attempt {
    attempt(user, Credential::PasswordAndCode { password: Secret::new(password), code: Secret::new(code) })
}

/// The attempt, after what was proven before.
pub(super) fn after(partial: &Partial, attempt: Attempt) -> Attempt {
    Attempt { partial: Some(partial.clone()), ..attempt }
}

/// A certificate as an authority might make it; the signature is not looked at here.
pub(super) struct Made {
    pub(super) key: PublicKey,
    pub(super) authority: &'static str,
    pub(super) kind: u32,
    pub(super) serial: u64,
    pub(super) principals: &'static [&'static str],
    pub(super) valid: std::ops::Range<u64>,
    pub(super) critical: &'static [(&'static str, &'static str)],
    pub(super) extensions: &'static [&'static str],
}

impl Made {
    /// For `alice`, of [`OTHER_KEY`], for ever.
    pub(super) fn usual() -> Self {
        Self {
            key: public_key(ALICE_KEY),
            authority: OTHER_KEY,
            kind: 1,
            serial: 7,
            principals: &["alice"],
            valid: 0..u64::MAX,
            critical: &[],
            extensions: &["permit-pty"],
        }
    }

    pub(super) fn certificate(&self) -> Certificate {
        fn string(out: &mut Vec<u8>, text: &[u8]) {
            out.extend_from_slice(&u32::try_from(text.len()).unwrap().to_be_bytes());
            out.extend_from_slice(text);
        }
        let name = self.key.algorithm().certificate_name();
        let plain = self.key.algorithm().name();
        let mut out = Vec::new();
        string(&mut out, name.as_bytes());
        string(&mut out, b"nonce");
        out.extend_from_slice(&self.key.blob()[4 + plain.len()..]);
        out.extend_from_slice(&self.serial.to_be_bytes());
        out.extend_from_slice(&self.kind.to_be_bytes());
        string(&mut out, b"badge of alice");
        let mut names = Vec::new();
        self.principals.iter().for_each(|name| string(&mut names, name.as_bytes()));
        string(&mut out, &names);
        out.extend_from_slice(&self.valid.start.to_be_bytes());
        out.extend_from_slice(&self.valid.end.to_be_bytes());
        let mut critical = Vec::new();
        for (name, value) in self.critical {
            string(&mut critical, name.as_bytes());
            let mut data = Vec::new();
            if !value.is_empty() {
                string(&mut data, value.as_bytes());
            }
            string(&mut critical, &data);
        }
        string(&mut out, &critical);
        let mut extensions = Vec::new();
        for name in self.extensions {
            string(&mut extensions, name.as_bytes());
            string(&mut extensions, b"");
        }
        string(&mut out, &extensions);
        string(&mut out, b"");
        string(&mut out, public_key(self.authority).blob());
        string(&mut out, b"");
        Certificate::from_blob(&out).unwrap()
    }

    pub(super) fn shown(&self, touch: Option<Touch>) -> Attempt {
        let key = Offered::Certificate(Box::new(self.certificate()));
        attempt("alice", Credential::Key { key, proven: true, touch })
    }
}

/// A key in an authenticator.
pub(super) fn sk_key() -> PublicKey {
    let plain = public_key(ALICE_KEY);
    let name = "sk-ssh-ed25519@openssh.com";
    let point = &plain.blob()[4 + "ssh-ed25519".len()..];
    let blob = [&[0, 0, 0, 26], name.as_bytes(), point, &[0, 0, 0, 4], b"ssh:"].concat();
    PublicKey::from_blob(&blob).unwrap()
}

/// A vault item with a public key, `ca`.
pub(super) fn authority(key: &str) -> String {
    format!("\n[vault-items/ca]\nname = ca\ntype = ssh-public\ncontent = {key}\n")
}

pub(super) fn attempt(user: &str, credential: Credential) -> Attempt {
    let source = "192.0.2.1".parse().unwrap();
    let service = Arc::from("sftp");
    Attempt { user: user.to_owned(), credential, service, source, post_quantum: true, partial: None }
}

pub(super) fn public_key(line: &str) -> PublicKey {
    PublicKey::from_openssh_line(line.as_bytes()).unwrap()
}
