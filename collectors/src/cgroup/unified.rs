//! The files in the root of version 2 (Documentation/admin-guide/cgroup-v2.rst of the kernel).

use plimsoll_engine::snapshot::GapReason;

use crate::fact::{Fact, Unknown};
use crate::host::{FileKind, Host};

/// The file that names the controllers, which nothing but a group of version 2 has.
pub(super) const CONTROLLERS: &str = "cgroup.controllers";

/// The root of version 2, as far as it can be seen.
#[derive(Debug)]
pub(super) struct Unified<'h> {
    host: &'h Host,
    /// Where it is mounted.
    pub(super) path: String,
}

impl<'h> Unified<'h> {
    /// The version 2 that is mounted at `path`.
    ///
    /// # Errors
    ///
    /// If it cannot be seen there: below another root its mount may be missing.
    pub(super) fn open(host: &'h Host, path: &str) -> Result<Self, Unknown> {
        let unified = Self { host, path: path.to_owned() };
        if host.exists(unified.place(CONTROLLERS))? {
            return Ok(unified);
        }
        let detail = format!("version 2 is mounted at {path}, but something else is what can be seen there");
        Err(Unknown::new(GapReason::Failed, path, detail))
    }

    /// The words of the file `name`.
    pub(super) fn words(&self, name: &str) -> Fact<Vec<String>> {
        self.text(name).map(|text| text.split_whitespace().map(str::to_owned).collect())
    }

    /// The number `key` of `cgroup.stat`; absent before Linux 4.14, which has no such file.
    pub(super) fn stat(&self, key: &str) -> Fact<u64> {
        const FILE: &str = "cgroup.stat";
        self.text(FILE).and_then(|text| match flat_keyed(&text, key) {
            None => Fact::Absent,
            Some(value) => {
                let malformed =
                    |_| Unknown::malformed(self.place(FILE), format!("{key} is {value:?}, no number"));
                value.parse().map_err(malformed).into()
            }
        })
    }

    /// Whether this is the root of all control groups and not that of a cgroup namespace, which shows only
    /// what was delegated to it.
    pub(super) fn is_root(&self) -> Fact<bool> {
        Fact::from(self.host.exists(self.place("cgroup.type"))).map(|exists| !exists)
    }

    /// Whether a control group below the root has the file `name`; absent if there is no other group.
    pub(super) fn child_has(&self, name: &str) -> Fact<bool> {
        let entries = match self.host.read_dir(&self.path) {
            Ok(entries) => entries,
            Err(error) => return Fact::Gap(error.into()),
        };
        match entries.iter().find(|entry| entry.kind == FileKind::Directory) {
            Some(child) => {
                let child = self.place(&child.name.to_string_lossy());
                self.host.exists(format!("{child}/{name}")).into()
            }
            None => Fact::Absent,
        }
    }

    fn text(&self, name: &str) -> Fact<String> {
        self.host.read_text(self.place(name)).into()
    }

    fn place(&self, name: &str) -> String {
        format!("{}/{name}", self.path.trim_end_matches('/'))
    }
}

/// The value of `key` in lines of `KEY VALUE`.
fn flat_keyed<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    text.lines()
        .find_map(|line| line.split_once(' ').filter(|(name, _)| *name == key))
        .map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn a_count_is_found_by_its_whole_name() {
        let text =
            "nr_descendants 73\nnr_subsys_memory 74\nnr_dying_descendants 2\nnr_dying_subsys_memory 1846\n";
        assert_eq!(flat_keyed(text, "nr_descendants"), Some("73"));
        assert_eq!(flat_keyed(text, "nr_dying_descendants"), Some("2"));
        assert_eq!(flat_keyed(text, "nr_dying"), None);
    }

    #[test]
    fn a_mount_that_cannot_be_seen_is_a_gap() {
        let tree = Tree::new().dir("sys/fs/cgroup/memory");
        let host = tree.host();
        let unknown = Unified::open(&host, "/sys/fs/cgroup").unwrap_err();
        assert_eq!(unknown.reason, GapReason::Failed);
        assert!(Unified::open(&host, "/nowhere").is_err());
    }
}
