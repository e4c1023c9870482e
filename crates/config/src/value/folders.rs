//! Lists of folders: in the home, beside it, outside of it.

use std::fmt;
use std::ops::Deref;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use causeway_core::rule::user_component;
use causeway_core::{VPath, csv};

use super::template::{PathTemplate, Subject};
use super::{BadValue, items, text_value};

const USER: &str = "${USER}";

/// Folders inside the home, one a line, with `/` between names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FolderList(Arc<[VPath]>);

/// Absolute folders of the disk, one a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathList(Arc<[PathBuf]>);

/// Folders from elsewhere, one a line: `virtual, real`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VirtualFolders(Arc<[VirtualFolder]>);

/// Both sides may hold `${USER}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualFolder {
    at: Arc<str>,
    real: PathTemplate,
}

impl VirtualFolder {
    /// Where the user sees it. Never the root.
    pub(crate) fn at(&self, user: &str) -> Result<VPath, BadValue> {
        read_virtual(&self.at.replace(USER, &user_component(user)))
    }

    /// Where it is.
    pub(crate) fn real(&self, subject: &Subject<'_>) -> Option<PathBuf> {
        self.real.of_account(subject)
    }

    /// Whether each user has a folder of their own there.
    pub(crate) fn is_personal(&self) -> bool {
        self.real.mentions_user()
    }
}

fn read_virtual(text: &str) -> Result<VPath, BadValue> {
    if text.split('/').any(|part| matches!(part, "." | "..")) {
        return Err(BadValue::new(format!("'{text}' must not hold '.' or '..'")));
    }
    match VPath::absolute(text.as_bytes()) {
        Ok(path) if path.is_root() => Err(BadValue::new("the home folder itself cannot stand here")),
        Ok(path) => Ok(path),
        Err(e) => Err(BadValue::new(format!("'{text}' is not a path: {e}"))),
    }
}

impl Deref for FolderList {
    type Target = [VPath];

    fn deref(&self) -> &[VPath] {
        &self.0
    }
}

impl Deref for PathList {
    type Target = [PathBuf];

    fn deref(&self) -> &[PathBuf] {
        &self.0
    }
}

impl Deref for VirtualFolders {
    type Target = [VirtualFolder];

    fn deref(&self) -> &[VirtualFolder] {
        &self.0
    }
}

impl FromStr for FolderList {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        items(text).map(read_virtual).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for PathList {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        items(text).map(absolute).collect::<Result<_, _>>().map(Self)
    }
}

fn absolute(text: &str) -> Result<PathBuf, BadValue> {
    let path = PathBuf::from(text);
    if !path.is_absolute() || path.components().any(|c| matches!(c, std::path::Component::ParentDir)) {
        return Err(BadValue::new(format!("'{text}' is not an absolute path without '..'")));
    }
    Ok(path)
}

impl FromStr for VirtualFolders {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        items(text).map(mapping).collect::<Result<_, _>>().map(Self)
    }
}

fn mapping(line: &str) -> Result<VirtualFolder, BadValue> {
    let members = csv::split(line).map_err(|e| BadValue::new(format!("'{line}': {e}")))?;
    let [at, real] = members.as_slice() else {
        return Err(BadValue::new(format!(
            "'{line}' is not 'virtual, real' (put a path that holds a comma in double quotes)"
        )));
    };
    // Any user will do to see whether it is a path.
    read_virtual(&at.replace(USER, "user"))?;
    let template: PathTemplate = real.parse()?;
    absolute(&real.replace(USER, "user"))?;
    Ok(VirtualFolder { at: Arc::from(at.as_str()), real: template })
}

fn write_lines(f: &mut fmt::Formatter<'_>, lines: impl Iterator<Item = impl fmt::Display>) -> fmt::Result {
    for (i, line) in lines.enumerate() {
        write!(f, "{}{line}", if i > 0 { "\n" } else { "" })?;
    }
    Ok(())
}

impl fmt::Display for FolderList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(f, self.0.iter().map(|p| String::from_utf8_lossy(p.as_bytes())))
    }
}

impl fmt::Display for PathList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(f, self.0.iter().map(|p| p.display()))
    }
}

impl fmt::Display for VirtualFolders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_lines(
            f,
            self.0.iter().map(|v| format!("{}, {}", csv_member(&v.at), csv_member(&v.real.to_string()))),
        )
    }
}

/// A member so that it reads back.
fn csv_member(text: &str) -> String {
    if text.contains(',') || text.starts_with('"') {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

text_value!(FolderList, "folders inside the home, one a line");
text_value!(PathList, "absolute paths, one a line");
text_value!(VirtualFolders, "'virtual, real' mappings, one a line");
