//! Message numbers of the transport (RFC 4250 section 4.1.2), and the reasons for a disconnection.

pub(crate) const DISCONNECT: u8 = 1;
pub(crate) const IGNORE: u8 = 2;
pub(crate) const UNIMPLEMENTED: u8 = 3;
pub(crate) const DEBUG: u8 = 4;
pub(crate) const SERVICE_REQUEST: u8 = 5;
pub(crate) const SERVICE_ACCEPT: u8 = 6;
pub(crate) const EXT_INFO: u8 = 7;
pub(crate) const KEXINIT: u8 = 20;
pub(crate) const NEWKEYS: u8 = 21;
pub(crate) const KEX_INIT: u8 = 30;
pub(crate) const KEX_REPLY: u8 = 31;
/// Group exchange (RFC 4419 section 5). Its other messages have the same meaning as the two above.
pub(crate) const GEX_GROUP: u8 = 31;
pub(crate) const GEX_INIT: u8 = 32;
pub(crate) const GEX_REPLY: u8 = 33;
pub(crate) const GEX_REQUEST: u8 = 34;
/// `ping@openssh.com` (OpenSSH PROTOCOL section 1.9).
pub(crate) const PING: u8 = 192;
pub(crate) const PONG: u8 = 193;

/// The first number of the connection protocol.
pub(crate) const CONNECTION: u8 = 80;

/// Whether a message is for the layers above: services, authentication, connection.
#[inline]
pub(crate) fn is_for_upper_layers(number: u8) -> bool {
    matches!(number, SERVICE_REQUEST | SERVICE_ACCEPT | 50..=127)
}

/// Why a connection is ended, as the peer is told (RFC 4253 section 11.1, RFC 4250 section 4.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disconnect {
    HostNotAllowed,
    ProtocolError,
    KeyExchangeFailed,
    MacError,
    ServiceNotAvailable,
    ProtocolVersionNotSupported,
    HostKeyNotVerifiable,
    ConnectionLost,
    ByApplication,
    TooManyConnections,
    AuthCancelledByUser,
    NoMoreAuthMethods,
    IllegalUserName,
}

impl Disconnect {
    pub fn code(self) -> u32 {
        match self {
            Self::HostNotAllowed => 1,
            Self::ProtocolError => 2,
            Self::KeyExchangeFailed => 3,
            Self::MacError => 5,
            Self::ServiceNotAvailable => 7,
            Self::ProtocolVersionNotSupported => 8,
            Self::HostKeyNotVerifiable => 9,
            Self::ConnectionLost => 10,
            Self::ByApplication => 11,
            Self::TooManyConnections => 12,
            Self::AuthCancelledByUser => 13,
            Self::NoMoreAuthMethods => 14,
            Self::IllegalUserName => 15,
        }
    }
}
