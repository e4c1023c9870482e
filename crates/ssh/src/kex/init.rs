//! The KEXINIT message (RFC 4253 section 7.1).

use causeway_core::Random;

use crate::transport::message;
use crate::wire::{NameList, Reader, WireError, Writer};

/// Strict key exchange, offered by a client and by a server (OpenSSH PROTOCOL section 1.10).
pub(crate) const STRICT_CLIENT: &str = "kex-strict-c-v00@openssh.com";
pub(crate) const STRICT_SERVER: &str = "kex-strict-s-v00@openssh.com";
/// A client that takes EXT_INFO (RFC 8308 section 2.1).
pub(crate) const EXT_INFO_CLIENT: &str = "ext-info-c";

/// What is offered where there are no ciphers that need a MAC, for the sake of peers that want a match before they look
/// at the cipher. None is used then.
const UNUSED_MACS: [&str; 2] = ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"];
/// The only compression: none.
pub(crate) const NO_COMPRESSION: &str = "none";

/// What a KEXINIT of ours says.
pub(crate) struct Offer<'a> {
    pub(crate) kex: Vec<&'a str>,
    pub(crate) host_keys: Vec<&'a str>,
    pub(crate) ciphers: Vec<&'a str>,
    pub(crate) macs: Vec<&'a str>,
}

impl Offer<'_> {
    /// The payload, with the message number.
    pub(crate) fn payload(&self, random: &Random) -> Vec<u8> {
        let mut payload = Vec::with_capacity(1024);
        let mut w = Writer::new(&mut payload);
        w.u8(message::KEXINIT).raw(&random.bytes::<16>());
        w.name_list(&self.kex).name_list(&self.host_keys);
        w.name_list(&self.ciphers).name_list(&self.ciphers);
        let macs = if self.macs.is_empty() { &UNUSED_MACS[..] } else { &self.macs };
        w.name_list(macs).name_list(macs);
        w.name_list([NO_COMPRESSION]).name_list([NO_COMPRESSION]);
        w.string(b"").string(b"");
        // No guess follows.
        w.bool(false).u32(0);
        payload
    }
}

/// What a KEXINIT says that matters here. Languages do not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KexInit<'a> {
    pub(crate) kex: NameList<'a>,
    pub(crate) host_keys: NameList<'a>,
    pub(crate) cipher_client_to_server: NameList<'a>,
    pub(crate) cipher_server_to_client: NameList<'a>,
    pub(crate) mac_client_to_server: NameList<'a>,
    pub(crate) mac_server_to_client: NameList<'a>,
    pub(crate) compression_client_to_server: NameList<'a>,
    pub(crate) compression_server_to_client: NameList<'a>,
    /// A packet of the key exchange that its sender guessed follows.
    pub(crate) guess_follows: bool,
}

impl<'a> KexInit<'a> {
    /// Reads a payload, message number included.
    pub(crate) fn parse(payload: &'a [u8]) -> Result<Self, WireError> {
        let mut r = Reader::new(payload);
        r.u8()?;
        r.array::<16>()?;
        let (kex, host_keys) = (r.name_list()?, r.name_list()?);
        let (cipher_client_to_server, cipher_server_to_client) = (r.name_list()?, r.name_list()?);
        let (mac_client_to_server, mac_server_to_client) = (r.name_list()?, r.name_list()?);
        let (compression_client_to_server, compression_server_to_client) = (r.name_list()?, r.name_list()?);
        r.string()?;
        r.string()?;
        let guess_follows = r.bool()?;
        // Reserved for future extension: read, not judged.
        r.u32()?;
        r.finish()?;
        Ok(Self {
            kex,
            host_keys,
            cipher_client_to_server,
            cipher_server_to_client,
            mac_client_to_server,
            mac_server_to_client,
            compression_client_to_server,
            compression_server_to_client,
            guess_follows,
        })
    }
}
