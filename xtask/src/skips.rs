//! The checked-in list of what may be skipped: `xtask/skips.txt`.

use crate::command::Failure;
use crate::counts::Skip;
use crate::workspace::{Workspace, read};

/// Names, one a line; `#` begins a comment.
#[derive(Debug)]
pub(crate) struct Allowed(Vec<String>);

impl Allowed {
    pub(crate) fn read(workspace: &Workspace) -> Result<Self, Failure> {
        Ok(Self::parse(&read(&workspace.root.join("xtask/skips.txt"))?))
    }

    fn parse(text: &str) -> Self {
        let names = text.lines().map(|line| line.split('#').next().unwrap_or("").trim());
        Self(names.filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    pub(crate) fn allows(&self, skip: &Skip) -> bool {
        self.0.contains(&skip.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_listed_name_may_be_skipped() {
        let allowed = Allowed::parse("# why\nsshfs # no FUSE\n\n");
        let skip = |name: &str| Skip { name: name.into(), reason: String::new() };
        assert!(allowed.allows(&skip("sshfs")));
        assert!(!allowed.allows(&skip("unit")));
        assert!(!allowed.allows(&skip("")));
    }
}
