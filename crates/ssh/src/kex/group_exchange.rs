//! Group exchange (RFC 4419): the client says how large a group it wants, the server chooses one.

use std::sync::Arc;

use super::group::{Group, GroupSize};
use crate::algorithms::{Kind, Mismatch};
use crate::error::Error;
use crate::transport::message;
use crate::wire::{Reader, Writer};

/// What a client asks for, in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GroupRequest {
    pub(crate) min: u32,
    pub(crate) preferred: u32,
    pub(crate) max: u32,
}

impl GroupRequest {
    /// What we ask for as a client: nothing that is within reach of anybody, and nothing so large that it only costs.
    pub(crate) const OURS: Self = Self { min: 2048, preferred: 3072, max: 8192 };

    /// `SSH_MSG_KEX_DH_GEX_REQUEST` (RFC 4419 section 3), message number included.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, Error> {
        let mut r = Reader::new(payload);
        r.u8()?;
        let (min, preferred, max) = (r.u32()?, r.u32()?, r.u32()?);
        r.finish()?;
        if min > preferred || preferred > max {
            return Err(Error::PeerKey);
        }
        Ok(Self { min, preferred, max })
    }

    pub(crate) fn payload(self) -> Vec<u8> {
        let mut payload = vec![];
        Writer::new(&mut payload).u8(message::GEX_REQUEST).u32(self.min).u32(self.preferred).u32(self.max);
        payload
    }
}

/// How a server chooses a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupPolicy {
    /// No group is smaller.
    pub min: GroupSize,
    pub choice: GroupChoice,
}

/// Which of the groups that client and server both allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupChoice {
    /// The smallest.
    Smallest,
    /// The smallest of those that are as large as the client prefers, or else the largest.
    Preferred,
    /// The largest.
    Largest,
}

impl Default for GroupPolicy {
    fn default() -> Self {
        Self { min: GroupSize::Bits2048, choice: GroupChoice::Preferred }
    }
}

impl GroupPolicy {
    /// The group for a request.
    pub(crate) fn choose(self, request: GroupRequest) -> Result<Arc<Group>, Error> {
        let mut common = GroupSize::ALL
            .into_iter()
            .filter(|size| *size >= self.min && (request.min..=request.max).contains(&size.bits()));
        let chosen = match self.choice {
            GroupChoice::Smallest => common.next(),
            GroupChoice::Largest => common.next_back(),
            GroupChoice::Preferred => {
                common.clone().find(|size| size.bits() >= request.preferred).or_else(|| common.next_back())
            }
        };
        chosen.ok_or_else(|| self.mismatch(request))?.group()
    }

    fn mismatch(self, request: GroupRequest) -> Error {
        let ours = GroupSize::ALL.into_iter().filter(|size| *size >= self.min);
        let ours: Vec<String> = ours.map(|size| size.bits().to_string()).collect();
        Error::Negotiation(Box::new(Mismatch {
            kind: Kind::GroupSize,
            client: format!("{} to {}, preferably {}", request.min, request.max, request.preferred),
            server: ours.join(","),
        }))
    }
}

/// What the exchange hash covers of a group exchange: the request and the group (RFC 4419 section 3).
pub(crate) fn covered(request: GroupRequest, group: &Group) -> Vec<u8> {
    let mut out = Vec::with_capacity(group.modulus().len() + 32);
    let mut w = Writer::new(&mut out);
    w.u32(request.min).u32(request.preferred).u32(request.max);
    w.mpint(group.modulus()).mpint(&group.generator());
    out
}

/// `SSH_MSG_KEX_DH_GEX_GROUP`.
pub(crate) fn group_payload(group: &Group) -> Vec<u8> {
    let mut payload = Vec::with_capacity(group.modulus().len() + 32);
    Writer::new(&mut payload).u8(message::GEX_GROUP).mpint(group.modulus()).mpint(&group.generator());
    payload
}

/// The group that a server chose for our request.
pub(crate) fn parse_group(payload: &[u8], request: GroupRequest) -> Result<Group, Error> {
    let mut r = Reader::new(payload);
    r.u8()?;
    let (modulus, generator) = (r.mpint()?, r.mpint()?);
    r.finish()?;
    Group::named(modulus, generator, (request.min, request.max))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(min: GroupSize, choice: GroupChoice, request: (u32, u32, u32)) -> Option<u32> {
        let (min_asked, preferred, max) = request;
        let request = GroupRequest { min: min_asked, preferred, max };
        GroupPolicy { min, choice }.choose(request).ok().map(|g| g.bits())
    }

    #[test]
    fn the_group_is_chosen_as_the_policy_says() {
        use GroupChoice::{Largest, Preferred, Smallest};
        use GroupSize::{Bits1024, Bits2048, Bits4096};
        let openssh = (2048, 8192, 8192);
        assert_eq!(chosen(Bits2048, Preferred, openssh), Some(8192));
        assert_eq!(chosen(Bits2048, Smallest, openssh), Some(2048));
        assert_eq!(chosen(Bits2048, Largest, openssh), Some(8192));
        assert_eq!(chosen(Bits4096, Smallest, openssh), Some(4096));
        // What the client prefers lies between two sizes, or above all of them.
        assert_eq!(chosen(Bits2048, Preferred, (1024, 3000, 8192)), Some(3072));
        assert_eq!(chosen(Bits2048, Preferred, (1024, 7000, 8000)), Some(6144));
        assert_eq!(chosen(Bits2048, Preferred, (1024, 1024, 8192)), Some(2048));
        // Small groups exist for who has asked for them.
        assert_eq!(chosen(Bits1024, Preferred, (1024, 1024, 8192)), Some(1024));
        assert_eq!(chosen(Bits2048, Preferred, (1024, 1024, 1536)), None);
        assert_eq!(chosen(Bits1024, Preferred, (1, 1, 1000)), None);
        assert_eq!(chosen(Bits1024, Largest, (u32::MAX, u32::MAX, u32::MAX)), None);
    }

    #[test]
    fn a_request_that_contradicts_itself_is_refused() {
        let parse =
            |min, preferred, max| GroupRequest::parse(&GroupRequest { min, preferred, max }.payload());
        assert!(parse(2048, 3072, 8192).is_ok());
        for (min, preferred, max) in [(3072, 2048, 8192), (2048, 8192, 4096), (2, 1, 0)] {
            assert_eq!(parse(min, preferred, max), Err(Error::PeerKey));
        }
        let whole = GroupRequest::OURS.payload();
        assert!(GroupRequest::parse(&whole[..whole.len() - 1]).is_err());
        assert!(GroupRequest::parse(&[&whole[..], &[0]].concat()).is_err());
    }

    #[test]
    fn no_common_size_is_told_with_both_sides() {
        let request = GroupRequest { min: 1024, preferred: 1024, max: 1024 };
        let error = GroupPolicy::default().choose(request).unwrap_err();
        let Error::Negotiation(mismatch) = error else { panic!("{error:?}") };
        assert_eq!(mismatch.client, "1024 to 1024, preferably 1024");
        assert_eq!(mismatch.server, "2048,3072,4096,6144,8192");
    }

    #[test]
    fn a_group_goes_over_the_wire_and_back() {
        let group = GroupSize::Bits3072.group().unwrap();
        let read = parse_group(&group_payload(&group), GroupRequest::OURS).unwrap();
        assert_eq!((read.modulus(), read.generator()), (group.modulus(), group.generator()));
        let small = GroupSize::Bits1024.group().unwrap();
        assert_eq!(parse_group(&group_payload(&small), GroupRequest::OURS).err(), Some(Error::PeerKey));
    }
}
