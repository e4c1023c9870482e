//! The conversation of a login.

use std::sync::Arc;

use causeway_core::sshkey::{Certificate, Offered, PublicKey, Touch};
use causeway_core::{Secret, escape};

use super::dialogue::{Asked, Dialogue};
use super::options::{Factors, LoginOptions, Method, Methods};
use super::refusal::{LoginError, Refused};
use super::reply;
use super::request::{
    Fields, HostRequest, Request, SERVICE_REQUEST, USERAUTH_REQUEST, host_name, password, service, user_name,
};
use crate::keys::{Scheme, VerifyError, fitting, verify, verify_certificate};
use crate::transport::Disconnect;

/// So many messages may a login take, good or bad: whoever needs more is not logging in.
const MAX_MESSAGES: u32 = 128;

/// A login that waits for the client's next message.
#[derive(Debug)]
pub struct Login {
    options: Arc<LoginOptions>,
    session_id: Vec<u8>,
    /// Whether `ssh-userauth` has been asked for, without which no request is read.
    begun: bool,
    banner_shown: bool,
    progress: Progress,
    messages: u32,
    requests: u32,
    failures: u32,
    queries: u32,
}

/// What one user name has proven so far.
#[derive(Debug)]
struct Progress {
    user: String,
    proven: Factors,
    /// What is missing; nothing is known of it while nothing is proven.
    missing: Factors,
    offered: Methods,
}

/// What to do after a message or an answer.
#[derive(Debug)]
#[must_use]
pub enum LoginStep {
    /// Send the payloads in this order, then read on.
    Reply {
        login: Login,
        payloads: Vec<Vec<u8>>,
        /// Set if a request failed without anybody being asked.
        refused: Option<Box<Refused>>,
    },
    /// Send the payloads in this order: they ask the client something.
    Ask { dialogue: Dialogue, payloads: Vec<Vec<u8>> },
    /// Answer UNIMPLEMENTED, and wait on as before.
    Unimplemented(Waiting),
    /// Ask whether this user could log in with this key.
    Query(Query),
    /// Ask whether this proof is that of this user.
    Prove(Proof),
    /// Tell the client, then close the connection. The text for the client is the error's.
    Disconnect { code: Disconnect, error: LoginError, refused: Option<Box<Refused>> },
}

/// What goes on when a message meant nothing.
#[derive(Debug)]
pub enum Waiting {
    Login(Box<Login>),
    Dialogue(Box<Dialogue>),
}

/// What a client gives as proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A one-time code may be appended.
    Password(Secret),
    /// Both, asked for one after the other.
    PasswordAndCode { password: Secret, code: Secret },
    /// A one-time code, where nothing else that is typed is missing.
    Code(Secret),
    /// The key's owner has signed this very session and user name; whether the key is the user's is asked. Of a
    /// certificate, its authority's signature has been verified; whether that is trusted is asked, too.
    Key {
        key: Offered,
        scheme: Scheme,
        /// Of a key in a FIDO authenticator.
        touch: Option<Touch>,
    },
    /// The host's owner has signed this very session and both names of its user.
    Host {
        key: PublicKey,
        scheme: Scheme,
        /// In lower case, without a dot at the end.
        host: String,
        /// The user's name on that host.
        user: String,
    },
}

impl Credential {
    /// What it proves, if it is good.
    fn factors(&self) -> Factors {
        match self {
            Self::Password(_) => Factors { password: true, ..Factors::NONE },
            Self::PasswordAndCode { .. } => Factors { password: true, code: true, ..Factors::NONE },
            Self::Code(_) => Factors { code: true, ..Factors::NONE },
            Self::Key { .. } | Self::Host { .. } => Factors { key: true, ..Factors::NONE },
        }
    }
}

impl Login {
    /// `session_id`: the exchange hash of the connection's first key exchange (RFC 4253 section 7.2).
    pub fn new(options: Arc<LoginOptions>, session_id: &[u8]) -> Self {
        let progress = Progress::begun("", options.methods);
        Self {
            options,
            session_id: session_id.to_vec(),
            begun: false,
            banner_shown: false,
            progress,
            messages: 0,
            requests: 0,
            failures: 0,
            queries: 0,
        }
    }

    /// Takes a message: those that the transport handles itself (1 to 4, 7, 20 to 49) never come here.
    pub fn step(mut self, payload: &[u8]) -> LoginStep {
        if let Some(end) = self.count_message() {
            return end;
        }
        match payload.first() {
            Some(&SERVICE_REQUEST) => match service(payload) {
                // Some clients ask again before each attempt; that changes nothing.
                Ok(reply::USERAUTH) => {
                    self.begun = true;
                    LoginStep::Reply { login: self, payloads: vec![reply::service_accept()], refused: None }
                }
                Ok(other) => no_service(other),
                Err(e) => disconnect(Disconnect::ProtocolError, e.into()),
            },
            Some(&USERAUTH_REQUEST) if self.begun => match Request::parse(payload) {
                Ok(request) if request.service != reply::CONNECTION => no_service(request.service),
                Ok(request) => self.request(&request),
                Err(e) => disconnect(Disconnect::ProtocolError, e.into()),
            },
            Some(&number) if is_unassigned(number) => {
                LoginStep::Unimplemented(Waiting::Login(Box::new(self)))
            }
            number => {
                let number = number.copied().unwrap_or_default();
                disconnect(Disconnect::ProtocolError, LoginError::Unexpected(number))
            }
        }
    }

    /// The end, if it is one message too many.
    pub(super) fn count_message(&mut self) -> Option<LoginStep> {
        self.messages += 1;
        (self.messages > MAX_MESSAGES)
            .then(|| disconnect(Disconnect::ProtocolError, LoginError::TooManyRequests))
    }

    fn request(mut self, request: &Request<'_>) -> LoginStep {
        self.requests += 1;
        let user = match user_name(request.user) {
            Ok(user) => user,
            Err(cause) => {
                self.forget("");
                return self.fail(Some(Refused::new(request, None, cause)));
            }
        };
        if user != self.progress.user {
            self.forget(user);
        }
        match request.fields {
            Fields::None => self.none(),
            Fields::Password(_) | Fields::PasswordChange if !self.offers(Method::Password) => {
                self.not_offered(request)
            }
            Fields::Password(given) => match password(given) {
                Ok(given) => {
                    let credential = self.typed(Secret::new(given));
                    self.prove(Method::Password, credential)
                }
                Err(cause) => self.fail(Some(Refused::new(request, None, cause))),
            },
            Fields::PasswordChange => {
                self.fail(Some(Refused::new(request, None, LoginError::PasswordChange)))
            }
            Fields::KeyQuery { .. } | Fields::Key { .. } if !self.offers(Method::PublicKey) => {
                self.not_offered(request)
            }
            Fields::KeyQuery { algorithm, blob } => self.key_query(request, algorithm, blob),
            Fields::Key { algorithm, blob, signature } => self.key(request, algorithm, blob, signature),
            Fields::Host(_) if !self.offers(Method::HostBased) => self.not_offered(request),
            Fields::Host(host) => self.host(request, &host),
            Fields::Interactive if !self.offers(Method::KeyboardInteractive) => self.not_offered(request),
            Fields::Interactive if self.wants_code_alone() => self.ask(Asked::Code),
            Fields::Interactive => self.ask(Asked::Password),
            Fields::Other => self.not_offered(request),
        }
    }

    fn offers(&self, method: Method) -> bool {
        self.progress.offered.contains(method)
    }

    /// Another user begins with nothing (V04): no part that was proven for the last one counts.
    fn forget(&mut self, user: &str) {
        self.progress = Progress::begun(user, self.options.methods);
    }

    /// Whether of what is typed nothing but the code is missing.
    fn wants_code_alone(&self) -> bool {
        self.progress.missing.code && !self.progress.missing.password
    }

    /// What the field of a password holds.
    fn typed(&self, given: Secret) -> Credential {
        if self.wants_code_alone() { Credential::Code(given) } else { Credential::Password(given) }
    }

    pub(super) fn ask(mut self, asked: Asked) -> LoginStep {
        let questions = &self.options.questions;
        let prompt = match asked {
            Asked::Password => &questions.password,
            Asked::Code | Asked::CodeAfter(_) => &questions.code,
        };
        let question = reply::question(questions, prompt);
        let payloads = self.after_banner(question);
        LoginStep::Ask { dialogue: Dialogue::new(self, asked), payloads }
    }

    /// `none` asks which methods there are (RFC 4252 section 5.2). Clients do that once, which is no attempt.
    fn none(self) -> LoginStep {
        if self.requests == 1 {
            let failure = reply::failure(self.progress.offered, false);
            return self.reply(failure, None);
        }
        self.fail(None)
    }

    fn not_offered(self, request: &Request<'_>) -> LoginStep {
        let name = escape::text(request.method.get(..64).unwrap_or(request.method));
        self.fail(Some(Refused::new(request, None, LoginError::Method(name))))
    }

    fn key_query(mut self, request: &Request<'_>, algorithm: &[u8], blob: &[u8]) -> LoginStep {
        self.queries += 1;
        if self.queries > self.options.max_queries {
            let error = LoginError::TooManyQueries;
            return disconnect(Disconnect::NoMoreAuthMethods, error);
        }
        match self.readable(request, algorithm, blob) {
            Ok((key, scheme)) => LoginStep::Query(Query { login: self, key, scheme }),
            Err(refused) => {
                let failure = reply::failure(self.progress.offered, false);
                self.reply(failure, Some(refused))
            }
        }
    }

    fn key(self, request: &Request<'_>, algorithm: &[u8], blob: &[u8], signature: &[u8]) -> LoginStep {
        let (key, scheme) = match self.readable(request, algorithm, blob) {
            Ok(read) => read,
            Err(refused) => return self.fail(Some(refused)),
        };
        let announced = announced(&key, scheme);
        let data = reply::signed_data(&self.session_id, &self.progress.user, announced, key.blob());
        match verify(key.key(), scheme.name().as_bytes(), &data, signature) {
            Ok(touch) => self.prove(Method::PublicKey, Credential::Key { key, scheme, touch }),
            Err(e) => self.fail(Some(Refused::new(request, Some(key.key().clone()), e.into()))),
        }
    }

    /// RFC 4252 section 9. A host shows a plain key: which hosts are known is written down, key by key.
    fn host(self, request: &Request<'_>, asked: &HostRequest<'_>) -> LoginStep {
        let read = || -> Result<Credential, (Option<PublicKey>, LoginError)> {
            let host = host_name(asked.host).map_err(|e| (None, e))?;
            let user = user_name(asked.user).map_err(|_| (None, LoginError::HostName))?;
            let key = PublicKey::from_blob(asked.blob).map_err(|e| (None, e.into()))?;
            let told = |e: LoginError| (Some(key.clone()), e);
            let scheme = fitting(&key, asked.algorithm).map_err(|e| told(e.into()))?;
            self.allows(scheme).map_err(told)?;
            let data = reply::signed_by_host(&self.session_id, &self.progress.user, asked);
            verify(&key, asked.algorithm, &data, asked.signature).map_err(|e| told(e.into()))?;
            Ok(Credential::Host { key, scheme, host, user: user.to_owned() })
        };
        match read() {
            Ok(credential) => self.prove(Method::HostBased, credential),
            Err((key, cause)) => self.fail(Some(Refused::new(request, key, cause))),
        }
    }

    /// A key and a way of signing that are supported, fit together and are allowed. A certificate has been signed by
    /// the authority that it names: a query costs no less than a proof, whoever the user is.
    fn readable(
        &self,
        request: &Request<'_>,
        algorithm: &[u8],
        blob: &[u8],
    ) -> Result<(Offered, Scheme), Refused> {
        let refused = |key, cause| Refused::new(request, key, cause);
        if !algorithm.ends_with(b"-cert-v01@openssh.com") {
            let key = PublicKey::from_blob(blob).map_err(|e| refused(None, e.into()))?;
            let scheme = fitting(&key, algorithm).map_err(|e| refused(Some(key.clone()), e.into()))?;
            self.allows(scheme).map_err(|e| refused(Some(key.clone()), e))?;
            return Ok((Offered::Key(key), scheme));
        }
        let certificate = Certificate::from_blob(blob).map_err(|e| refused(None, e.into()))?;
        let told = |cause| refused(Some(certificate.key().clone()), cause);
        let scheme = Scheme::from_certificate_name(algorithm)
            .map_err(VerifyError::from)
            .and_then(|scheme| fitting(certificate.key(), scheme.name().as_bytes()))
            .map_err(|e| told(e.into()))?;
        self.allows(scheme).map_err(told)?;
        let signed = verify_certificate(&certificate).map_err(|e| told(LoginError::Authority(e)))?;
        self.allows(signed).map_err(told)?;
        Ok((Offered::Certificate(Box::new(certificate)), scheme))
    }

    fn allows(&self, scheme: Scheme) -> Result<(), LoginError> {
        match self.options.signatures.contains(&scheme.name()) {
            true => Ok(()),
            false => Err(LoginError::NotAllowed(scheme.name())),
        }
    }

    pub(super) fn prove(self, method: Method, credential: Credential) -> LoginStep {
        LoginStep::Prove(Proof { login: self, method, credential })
    }

    /// Counts a failed attempt and says so, or ends the connection at the last.
    pub(super) fn fail(mut self, refused: Option<Refused>) -> LoginStep {
        if let Some(end) = self.count_failure(&refused) {
            return end;
        }
        let failure = reply::failure(self.progress.offered, false);
        self.reply(failure, refused)
    }

    /// Counts an attempt that was not brought to its end, to which nothing is answered. The end, if it is the last.
    pub(super) fn leave(&mut self, method: Method, cause: LoginError) -> Option<LoginStep> {
        let refused = Some(self.refused_here(method, cause));
        self.count_failure(&refused)
    }

    fn count_failure(&mut self, refused: &Option<Refused>) -> Option<LoginStep> {
        self.failures += 1;
        (self.failures >= self.options.max_failures).then(|| LoginStep::Disconnect {
            code: Disconnect::NoMoreAuthMethods,
            error: LoginError::TooManyFailures,
            refused: refused.clone().map(Box::new),
        })
    }

    /// What the user of the login did not do right.
    pub(super) fn refused_here(&self, method: Method, cause: LoginError) -> Refused {
        let user = self.progress.user.as_bytes().to_vec();
        Refused { user, method: method.name().into(), key: None, cause }
    }

    fn reply(mut self, payload: Vec<u8>, refused: Option<Refused>) -> LoginStep {
        let payloads = self.after_banner(payload);
        LoginStep::Reply { login: self, payloads, refused: refused.map(Box::new) }
    }

    /// The payload, and before the first of all answers the banner.
    fn after_banner(&mut self, payload: Vec<u8>) -> Vec<Vec<u8>> {
        let banner = (!self.banner_shown && !self.options.banner.is_empty())
            .then(|| reply::banner(&self.options.banner));
        self.banner_shown = true;
        banner.into_iter().chain([payload]).collect()
    }
}

impl Progress {
    fn begun(user: &str, offered: Methods) -> Self {
        Self { user: user.to_owned(), proven: Factors::NONE, missing: Factors::NONE, offered }
    }
}

/// A key that a client asks about before it signs. The answer must not depend on whether the user exists.
#[derive(Debug)]
#[must_use]
pub struct Query {
    login: Login,
    key: Offered,
    scheme: Scheme,
}

impl Query {
    pub fn user(&self) -> &str {
        &self.login.progress.user
    }

    /// The key or certificate.
    pub fn key(&self) -> &Offered {
        &self.key
    }

    /// The key would do: the client may sign. Nothing has been proven.
    pub fn acceptable(self) -> LoginStep {
        let ok = reply::key_acceptable(announced(&self.key, self.scheme), self.key.blob());
        self.login.reply(ok, None)
    }

    /// The key would not do.
    pub fn refuse(self) -> LoginStep {
        let failure = reply::failure(self.login.progress.offered, false);
        self.login.reply(failure, None)
    }
}

/// Something typed, or a key whose signature is right: is it that of this user?
#[derive(Debug)]
#[must_use]
pub struct Proof {
    login: Login,
    method: Method,
    credential: Credential,
}

impl Proof {
    pub fn user(&self) -> &str {
        &self.login.progress.user
    }

    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// By which method it came.
    pub fn method(&self) -> Method {
        self.method
    }

    /// What this user name has proven before on this connection.
    pub fn proven(&self) -> Factors {
        self.login.progress.proven
    }

    /// The login is complete.
    pub fn accept(self) -> LoggedIn {
        let Self { mut login, credential, .. } = self;
        let payloads = login.after_banner(reply::success());
        let Progress { user, proven, .. } = login.progress;
        LoggedIn { payloads, user, proven: proven.or(credential.factors()), credential }
    }

    /// The proof is good, but `missing` is needed too. A code is asked for in the same dialogue, if there is one
    /// ([`LoginStep::Ask`]): until it is answered nothing counts as proven. Factors that are proven already, and those that
    /// no method offers, are left out; if none remains, the login cannot be completed and this is a refusal.
    pub fn partial(self, missing: Factors) -> LoginStep {
        let Self { mut login, method, credential } = self;
        let proven = login.progress.proven.or(credential.factors());
        let missing = missing.without(proven);
        if let (Method::KeyboardInteractive, Credential::Password(password)) = (method, credential)
            && missing.code
        {
            return login.ask(Asked::CodeAfter(password));
        }
        let offered = missing.methods().and(login.options.methods);
        if offered.is_empty() {
            return login.fail(None);
        }
        login.progress = Progress { user: login.progress.user, proven, missing, offered };
        let failure = reply::failure(offered, true);
        login.reply(failure, None)
    }

    /// What was proven before does not count any more, and this does not either: the user begins anew.
    pub fn refuse_and_forget(mut self) -> LoginStep {
        let user = std::mem::take(&mut self.login.progress.user);
        self.login.forget(&user);
        self.login.fail(None)
    }

    /// The proof is not that of this user, or this user may not log in.
    pub fn refuse(self) -> LoginStep {
        self.login.fail(None)
    }
}

/// A login that succeeded.
#[derive(Debug)]
pub struct LoggedIn {
    /// What to send, in this order; connection messages may be read afterwards.
    pub payloads: Vec<Vec<u8>>,
    pub user: String,
    /// Everything that was proven, the last proof among it.
    pub proven: Factors,
    /// The last proof.
    pub credential: Credential,
}

impl Refused {
    fn new(request: &Request<'_>, key: Option<PublicKey>, cause: LoginError) -> Self {
        let cut = |bytes: &[u8], n| bytes.get(..n).unwrap_or(bytes).to_vec();
        Self { user: cut(request.user, 600), method: cut(request.method, 64), key: key.map(Box::new), cause }
    }
}

/// Whether a message of the login means nothing: numbers that nobody has defined, and those of methods of which none is
/// under way (RFC 4252 section 6, RFC 4253 section 11.4).
pub(super) fn is_unassigned(number: u8) -> bool {
    matches!(number, 54..=79)
}

/// The name by which a client announces the algorithm.
fn announced(key: &Offered, scheme: Scheme) -> &'static str {
    match key {
        Offered::Key(_) => scheme.name(),
        Offered::Certificate(_) => scheme.certificate_name(),
    }
}

fn no_service(name: &[u8]) -> LoginStep {
    let name = escape::text(name.get(..64).unwrap_or(name));
    disconnect(Disconnect::ServiceNotAvailable, LoginError::Service(name))
}

pub(super) fn disconnect(code: Disconnect, error: LoginError) -> LoginStep {
    LoginStep::Disconnect { code, error, refused: None }
}
