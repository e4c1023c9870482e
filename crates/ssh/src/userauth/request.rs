//! What a client sends during a login (RFC 4252 sections 5 to 8, RFC 4256).

use super::refusal::LoginError;
use crate::wire::{Reader, WireError};

/// Message numbers (RFC 4253 section 12, RFC 4252 section 6).
pub const SERVICE_REQUEST: u8 = 5;
pub const USERAUTH_REQUEST: u8 = 50;
/// RFC 4256 section 5.
pub const INFO_RESPONSE: u8 = 61;

/// The longest user name, in characters.
pub const MAX_USER_CHARS: usize = 150;

/// The longest password, in bytes: far beyond any that can be stored, with room for a one-time code.
pub const MAX_PASSWORD: usize = 1024;

/// `SSH_MSG_SERVICE_REQUEST`: the name of the service.
pub fn service(payload: &[u8]) -> Result<&[u8], WireError> {
    let mut r = Reader::new(payload);
    r.u8()?;
    let name = r.string()?;
    r.finish()?;
    Ok(name)
}

/// `SSH_MSG_USERAUTH_REQUEST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// As it came: see [`user_name`].
    pub user: &'a [u8],
    pub service: &'a [u8],
    /// The method's name as it came.
    pub method: &'a [u8],
    pub fields: Fields<'a>,
}

/// What a method adds to a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fields<'a> {
    /// Section 5.2.
    None,
    /// Section 8.
    Password(&'a [u8]),
    /// Section 8, with a new password. Neither is kept.
    PasswordChange,
    /// Section 7: would this key do?
    KeyQuery { algorithm: &'a [u8], blob: &'a [u8] },
    /// Section 7.
    Key { algorithm: &'a [u8], blob: &'a [u8], signature: &'a [u8] },
    /// Section 9.
    Host(HostRequest<'a>),
    /// RFC 4256 section 3.1. The language and the ways of asking that a client would like are hints, and not followed.
    Interactive,
    /// A method that is never offered; its fields are not looked at.
    Other,
}

/// A host that vouches for its user (section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostRequest<'a> {
    pub algorithm: &'a [u8],
    pub blob: &'a [u8],
    /// The host's name as it came.
    pub host: &'a [u8],
    /// The user's name on that host, as it came.
    pub user: &'a [u8],
    pub signature: &'a [u8],
}

impl<'a> Request<'a> {
    pub fn parse(payload: &'a [u8]) -> Result<Self, WireError> {
        let mut r = Reader::new(payload);
        r.u8()?;
        let (user, service, method) = (r.string()?, r.string()?, r.string()?);
        let fields = match method {
            b"none" => Fields::None,
            b"password" => {
                let change = r.bool()?;
                let password = r.string()?;
                if change {
                    r.string()?;
                    Fields::PasswordChange
                } else {
                    Fields::Password(password)
                }
            }
            b"publickey" => {
                let signed = r.bool()?;
                let (algorithm, blob) = (r.string()?, r.string()?);
                if signed {
                    Fields::Key { algorithm, blob, signature: r.string()? }
                } else {
                    Fields::KeyQuery { algorithm, blob }
                }
            }
            b"hostbased" => Fields::Host(HostRequest {
                algorithm: r.string()?,
                blob: r.string()?,
                host: r.string()?,
                user: r.string()?,
                signature: r.string()?,
            }),
            b"keyboard-interactive" => {
                let (_language, _submethods) = (r.string()?, r.string()?);
                Fields::Interactive
            }
            _ => {
                r.rest();
                Fields::Other
            }
        };
        r.finish()?;
        Ok(Self { user, service, method, fields })
    }
}

/// `SSH_MSG_USERAUTH_INFO_RESPONSE` (RFC 4256 section 3.4) to one question: the answer, or how many there are instead.
/// Of another number none is read.
pub fn answer(payload: &[u8]) -> Result<Result<&[u8], u32>, WireError> {
    let mut r = Reader::new(payload);
    r.u8()?;
    match r.u32()? {
        1 => {}
        count => return Ok(Err(count)),
    }
    let answer = r.string()?;
    r.finish()?;
    Ok(Ok(answer))
}

/// Passwords and signatures are not shown.
impl std::fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Password(_) => "Password(***)",
            Self::PasswordChange => "PasswordChange",
            Self::KeyQuery { .. } => "KeyQuery",
            Self::Key { .. } => "Key",
            Self::Host(_) => "Host",
            Self::Interactive => "Interactive",
            Self::Other => "Other",
        })
    }
}

/// A user name that may go to a back end: 1 to 150 characters, none of them a control character.
pub fn user_name(user: &[u8]) -> Result<&str, LoginError> {
    // No character is longer than 4 bytes: nothing is decoded in vain.
    if user.is_empty() || user.len() > 4 * MAX_USER_CHARS {
        return Err(LoginError::UserLength);
    }
    let name = std::str::from_utf8(user).map_err(|_| LoginError::UserNotText)?;
    if name.chars().any(char::is_control) {
        return Err(LoginError::UserNotText);
    }
    if name.chars().count() > MAX_USER_CHARS {
        return Err(LoginError::UserLength);
    }
    Ok(name)
}

/// The name of a host that may go to a back end: in lower case and without the dot that ends it, 1 to 255 bytes of
/// US-ASCII (section 9).
pub fn host_name(host: &[u8]) -> Result<String, LoginError> {
    let name = host.strip_suffix(b".").unwrap_or(host);
    let fits = (1..=255).contains(&name.len()) && name.iter().all(|b| b.is_ascii_graphic());
    let name = std::str::from_utf8(name).ok().filter(|_| fits).ok_or(LoginError::HostName)?;
    Ok(name.to_ascii_lowercase())
}

/// A password that may go to a back end.
pub fn password(password: &[u8]) -> Result<&[u8], LoginError> {
    if password.len() > MAX_PASSWORD {
        return Err(LoginError::PasswordLength);
    }
    std::str::from_utf8(password).map(str::as_bytes).map_err(|_| LoginError::PasswordNotText)
}
