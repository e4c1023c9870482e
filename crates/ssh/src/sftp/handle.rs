//! Handles: what an open file or folder is called on the wire.

/// The number of an open file or folder within one session. Four bytes on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub u32);

/// The peer sent a handle of a length that this server never gives out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the handle is none of this server's")]
pub struct ForeignHandle;

impl Handle {
    /// Reads the bytes of a handle. Whether it is open is for the session to say.
    pub fn parse(raw: &[u8]) -> Result<Self, ForeignHandle> {
        let raw: [u8; 4] = raw.try_into().map_err(|_| ForeignHandle)?;
        Ok(Self(u32::from_be_bytes(raw)))
    }

    pub fn to_bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_of_another_length_is_foreign() {
        assert_eq!(Handle::parse(&Handle(7).to_bytes()), Ok(Handle(7)));
        for raw in [&b""[..], &[0, 0, 7], &[0, 0, 0, 0, 7], &[0; 256]] {
            assert_eq!(Handle::parse(raw), Err(ForeignHandle));
        }
    }
}
