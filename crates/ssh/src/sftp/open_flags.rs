//! The flags of OPEN (draft-ietf-secsh-filexfer-02 section 6.3), as a type that holds only what makes sense.

const READ: u32 = 0x01;
const WRITE: u32 = 0x02;
const APPEND: u32 = 0x04;
const CREAT: u32 = 0x08;
const TRUNC: u32 = 0x10;
const EXCL: u32 = 0x20;

/// How a file is to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OpenFlags {
    pub access: Access,
    pub creation: Creation,
}

/// What the handle is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    Read,
    Write,
    /// Every write goes to the end of the file, whatever offset it names.
    Append,
    ReadWrite,
    ReadAppend,
}

/// What happens to a file that is there, and to one that is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Creation {
    /// It must be there.
    Never,
    /// It must be there, and is emptied.
    NeverButTruncate,
    /// It is made if it is not there.
    IfMissing,
    /// It is made if it is not there, else emptied.
    IfMissingElseTruncate,
    /// It must not be there.
    New,
}

/// The peer asked for something that contradicts itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenFlagsError {
    /// TRUNC without WRITE.
    #[error("a file cannot be emptied that is opened for reading only")]
    TruncateWithoutWrite,
}

impl OpenFlags {
    /// Reads `pflags`.
    ///
    /// Where the draft forbids a combination that clients send, OpenSSH's reading is followed: neither READ nor
    /// WRITE means reading; TRUNC works without CREAT; EXCL without CREAT and APPEND without WRITE say nothing;
    /// unknown bits are ignored. One thing is refused that OpenSSH hands to the system: TRUNC without WRITE, which
    /// POSIX leaves undefined and which would change a file that is opened for reading.
    pub fn parse(bits: u32) -> Result<Self, OpenFlagsError> {
        let has = |bit| bits & bit != 0;
        let access = match (has(READ), has(WRITE), has(APPEND)) {
            (_, false, _) => Access::Read,
            (false, true, false) => Access::Write,
            (false, true, true) => Access::Append,
            (true, true, false) => Access::ReadWrite,
            (true, true, true) => Access::ReadAppend,
        };
        if has(TRUNC) && !access.writes() {
            return Err(OpenFlagsError::TruncateWithoutWrite);
        }
        let creation = match (has(CREAT), has(TRUNC), has(EXCL)) {
            (false, false, _) => Creation::Never,
            (false, true, _) => Creation::NeverButTruncate,
            (true, false, false) => Creation::IfMissing,
            (true, true, false) => Creation::IfMissingElseTruncate,
            (true, _, true) => Creation::New,
        };
        Ok(Self { access, creation })
    }

    /// As they stand on the wire.
    pub fn bits(self) -> u32 {
        let access = match self.access {
            Access::Read => READ,
            Access::Write => WRITE,
            Access::Append => WRITE | APPEND,
            Access::ReadWrite => READ | WRITE,
            Access::ReadAppend => READ | WRITE | APPEND,
        };
        let creation = match self.creation {
            Creation::Never => 0,
            Creation::NeverButTruncate => TRUNC,
            Creation::IfMissing => CREAT,
            Creation::IfMissingElseTruncate => CREAT | TRUNC,
            Creation::New => CREAT | EXCL,
        };
        access | creation
    }

    /// Whether opening, or what the handle allows, can change anything: opening for reading with CREAT does.
    pub fn changes(self) -> bool {
        self.access.writes() || self.creation != Creation::Never
    }
}

impl Access {
    pub fn reads(self) -> bool {
        matches!(self, Access::Read | Access::ReadWrite | Access::ReadAppend)
    }

    pub fn writes(self) -> bool {
        !matches!(self, Access::Read)
    }

    pub fn appends(self) -> bool {
        matches!(self, Access::Append | Access::ReadAppend)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bits: u32) -> (Access, Creation) {
        let f = OpenFlags::parse(bits).unwrap();
        (f.access, f.creation)
    }

    #[test]
    fn what_clients_send_means_what_they_want() {
        // OpenSSH: get, put, reput.
        assert_eq!(parse(READ), (Access::Read, Creation::Never));
        assert_eq!(parse(WRITE | CREAT | TRUNC), (Access::Write, Creation::IfMissingElseTruncate));
        assert_eq!(parse(WRITE | CREAT), (Access::Write, Creation::IfMissing));
        // paramiko: "r+", "a", "x".
        assert_eq!(parse(READ | WRITE), (Access::ReadWrite, Creation::Never));
        assert_eq!(parse(WRITE | APPEND | CREAT), (Access::Append, Creation::IfMissing));
        assert_eq!(parse(WRITE | CREAT | EXCL), (Access::Write, Creation::New));
    }

    #[test]
    fn what_the_draft_forbids_is_read_as_openssh_reads_it() {
        assert_eq!(parse(0), (Access::Read, Creation::Never));
        assert_eq!(parse(APPEND), (Access::Read, Creation::Never));
        assert_eq!(parse(CREAT), (Access::Read, Creation::IfMissing));
        assert_eq!(parse(WRITE | TRUNC), (Access::Write, Creation::NeverButTruncate));
        assert_eq!(parse(WRITE | EXCL), (Access::Write, Creation::Never));
        assert_eq!(parse(WRITE | CREAT | EXCL | TRUNC), (Access::Write, Creation::New));
        assert_eq!(parse(READ | 0x40), (Access::Read, Creation::Never));
    }

    #[test]
    fn a_file_opened_for_reading_is_never_emptied() {
        for bits in [TRUNC, READ | TRUNC, READ | TRUNC | CREAT, APPEND | TRUNC | CREAT | EXCL] {
            assert_eq!(OpenFlags::parse(bits), Err(OpenFlagsError::TruncateWithoutWrite), "{bits:#x}");
        }
    }

    #[test]
    fn flags_survive_the_wire_and_only_plain_reading_changes_nothing() {
        for bits in 0..0x40 {
            let Ok(flags) = OpenFlags::parse(bits) else { continue };
            assert_eq!(OpenFlags::parse(flags.bits()), Ok(flags));
            assert_eq!(flags.changes(), bits & (WRITE | CREAT | TRUNC) != 0, "{bits:#x}");
            assert_eq!(flags.access.reads(), bits & READ != 0 || bits & WRITE == 0, "{bits:#x}");
            assert_eq!(flags.access.appends(), bits & WRITE != 0 && bits & APPEND != 0, "{bits:#x}");
        }
    }
}
