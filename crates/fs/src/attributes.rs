//! What is known of an object without reading it.

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    File,
    Folder,
    Link,
    /// A device, a pipe, a socket, or what could not be looked at.
    Other,
}

/// A moment as file systems keep it: seconds since 1970-01-01T00:00:00Z (negative before) and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Stamp {
    pub seconds: i64,
    pub nanos: u32,
}

/// The attributes of an object as protocols report them. Owners are not among them: a protocol reports the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attributes {
    pub kind: Kind,
    /// Bytes.
    pub size: u64,
    /// Permission bits alone (`0o7777` at most).
    pub mode: u32,
    pub accessed: Stamp,
    pub modified: Stamp,
    /// Names that lead to it.
    pub links: u32,
}

/// The attributes of an object as back ends know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    pub attributes: Attributes,
    /// When content or attributes last changed; no client can set it.
    pub changed: Stamp,
    /// Whose it is. Means something to its back end alone; equal for equal owners.
    pub owner: u64,
    /// Which object of its device it is, whatever names it has. Means something to its back end alone.
    pub identity: u64,
    /// The device it lies on. Means something to its back end alone.
    pub device: u64,
}

/// What to change. Absent members stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SetAttributes {
    /// Bytes; needs the right to write.
    pub size: Option<u64>,
    /// Permission bits; those above `0o777` are left as they are.
    pub mode: Option<u32>,
    pub accessed: Option<Stamp>,
    pub modified: Option<Stamp>,
}

impl SetAttributes {
    /// Whether anything but the size is to change.
    pub fn beside_size(&self) -> bool {
        self.mode.is_some() || self.accessed.is_some() || self.modified.is_some()
    }
}

/// The room of a file system, in blocks of `block` bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    pub block: u64,
    pub blocks: u64,
    pub free: u64,
    /// Free to the server's account.
    pub available: u64,
    pub files: u64,
    pub files_free: u64,
    pub read_only: bool,
}
