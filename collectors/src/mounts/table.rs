//! All mounts of a node: which one a path is in.

use std::collections::HashMap;
use std::path::Path;

use super::mountinfo::{Malformed, MountInfo};

/// The mounts in the kernel's order.
#[derive(Debug)]
pub(crate) struct MountTable<'t> {
    mounts: Vec<MountInfo<'t>>,
    /// The mounts by number, as indices.
    ids: HashMap<u64, usize>,
    /// The mounts by target, as indices.
    at: HashMap<String, Vec<usize>>,
}

impl<'t> MountTable<'t> {
    /// The mounts of a mountinfo.
    ///
    /// # Errors
    ///
    /// The first malformed line: without it nobody can say what covers what.
    pub(crate) fn new(
        lines: impl Iterator<Item = Result<MountInfo<'t>, Malformed>>,
    ) -> Result<Self, Malformed> {
        lines.collect::<Result<_, _>>().map(Self::of)
    }

    /// Of mounts in the kernel's order.
    pub(crate) fn of(mounts: Vec<MountInfo<'t>>) -> Self {
        let ids = mounts.iter().enumerate().map(|(index, mount)| (mount.id, index)).collect();
        let mut at: HashMap<String, Vec<usize>> = HashMap::with_capacity(mounts.len());
        for (index, mount) in mounts.iter().enumerate() {
            at.entry(mount.target.clone().into_owned()).or_default().push(index);
        }
        Self { mounts, ids, at }
    }

    /// The mounts in the kernel's order.
    pub(crate) fn mounts(&self) -> &[MountInfo<'t>] {
        &self.mounts
    }

    /// The mount that holds `path`, which has to be absolute and without symbolic links. `None` in a
    /// chroot whose root is no mount, for a path that is in no mount below it.
    pub(crate) fn holding(&self, path: &str) -> Option<&MountInfo<'t>> {
        let mut holding = None;
        // From the root down, as the kernel walks: at each directory into what is mounted there, and
        // there into what is mounted upon that.
        for directory in descent(path) {
            // Mounts upon one another are finitely many, whatever their numbers claim.
            for _ in 0..self.at.get(directory).map_or(0, Vec::len) {
                match self.mounted_in(holding, directory) {
                    Some(mount) => holding = Some(mount),
                    None => break,
                }
            }
        }
        holding
    }

    /// Whether `mount` is what a process finds at its target: no other covers it there or further up.
    pub(crate) fn is_visible(&self, mount: &MountInfo<'_>) -> bool {
        self.holding(&mount.target).is_some_and(|holding| holding.id == mount.id)
    }

    /// The mounts that `mount` is mounted in, from the nearest up to the root.
    pub(crate) fn above(&self, mount: &MountInfo<'t>) -> impl Iterator<Item = &MountInfo<'t>> {
        let parent = |mount: &MountInfo<'t>| self.mounts.get(*self.ids.get(&mount.parent)?);
        // However long the chain claims to be, it holds no mount twice.
        std::iter::successors(parent(mount), move |mount| parent(mount)).take(self.mounts.len())
    }

    /// What is mounted at `directory` in the mount `parent`, or at the top if there is none yet.
    fn mounted_in(&self, parent: Option<&MountInfo<'t>>, directory: &str) -> Option<&MountInfo<'t>> {
        let is_in = |mount: &&MountInfo<'t>| match parent {
            Some(parent) => mount.parent == parent.id && mount.id != parent.id,
            None => mount.parent == mount.id || !self.ids.contains_key(&mount.parent),
        };
        let candidates = self.at.get(directory)?.iter().rev();
        candidates.filter_map(|index| self.mounts.get(*index)).find(is_in)
    }
}

/// `/`, `/var`, `/var/lib` of `/var/lib`.
fn descent(path: &str) -> impl Iterator<Item = &str> {
    let mut directories: Vec<&str> = Path::new(path).ancestors().filter_map(Path::to_str).collect();
    directories.reverse();
    directories.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mounts::mountinfo::parse;

    fn holding(text: &str, path: &str) -> Option<u64> {
        MountTable::new(parse(text)).unwrap().holding(path).map(|mount| mount.id)
    }

    fn hidden(text: &str) -> Vec<u64> {
        let table = MountTable::new(parse(text)).unwrap();
        table.mounts().iter().filter(|mount| !table.is_visible(mount)).map(|mount| mount.id).collect()
    }

    const NODE: &str = "\
        22 27 0:21 / /proc rw - proc proc rw\n\
        27 1 254:0 / / rw - ext4 /dev/vda rw\n\
        30 27 254:16 / /var rw - ext4 /dev/vdb rw\n\
        31 30 254:32 / /var/lib/docker rw - xfs /dev/vdc rw\n";

    #[test]
    fn a_path_is_in_the_deepest_mount_that_leads_to_it() {
        assert_eq!(holding(NODE, "/"), Some(27));
        assert_eq!(holding(NODE, "/usr/bin"), Some(27));
        assert_eq!(holding(NODE, "/var"), Some(30));
        assert_eq!(holding(NODE, "/var/lib/dockerd"), Some(30));
        assert_eq!(holding(NODE, "/var/lib/docker"), Some(31));
        assert_eq!(holding(NODE, "/var/lib/docker/overlay2"), Some(31));
        // Moved there after /proc was mounted, which it does not cover.
        assert_eq!(holding(NODE, "/proc/1"), Some(22));
        assert!(hidden(NODE).is_empty());
    }

    #[test]
    fn of_mounts_upon_one_another_the_uppermost_is_seen() {
        let text =
            format!("{NODE}40 27 0:40 / /dev/shm rw - tmpfs a rw\n41 40 0:41 / /dev/shm rw - tmpfs b rw\n");
        assert_eq!(holding(&text, "/dev/shm/x"), Some(41));
        assert_eq!(hidden(&text), [40]);
    }

    #[test]
    fn a_mount_further_up_hides_what_was_mounted_below_it_before() {
        let text = format!("{NODE}50 30 0:50 / /var/lib rw - tmpfs a rw\n");
        assert_eq!(holding(&text, "/var/lib/docker"), Some(50));
        assert_eq!(hidden(&text), [31]);
        let text = format!(
            "{NODE}50 30 0:50 / /var/lib rw - tmpfs a rw\n51 50 0:51 / /var/lib/docker rw - ext4 d rw\n"
        );
        assert_eq!(holding(&text, "/var/lib/docker"), Some(51));
    }

    #[test]
    fn a_root_upon_the_first_root_is_the_root() {
        let text = "1 1 0:2 / / rw - rootfs rootfs rw\n27 1 254:0 / / rw - ext4 /dev/vda rw\n";
        assert_eq!(holding(text, "/etc"), Some(27));
    }

    #[test]
    fn in_a_chroot_the_root_may_be_no_mount() {
        let text = "60 27 0:60 / /proc rw - proc proc rw\n61 27 0:61 / /data rw - ext4 /dev/vdd rw\n";
        assert_eq!(holding(text, "/data/x"), Some(61));
        assert_eq!(holding(text, "/etc"), None);
        assert!(hidden(text).is_empty());
    }

    #[test]
    fn above_a_mount_are_those_that_a_walk_to_it_passes() {
        let table = MountTable::new(parse(NODE)).unwrap();
        let above: Vec<_> = table.above(&table.mounts()[3]).map(|mount| mount.id).collect();
        assert_eq!(above, [30, 27]);
    }

    #[test]
    fn numbers_that_run_in_a_circle_end() {
        let text = "1 9 0:1 / / rw - a a rw\n2 3 0:2 / /x rw - a a rw\n3 2 0:3 / /x rw - a a rw\n4 1 0:4 / /x rw - a a rw\n2 4 0:5 / /x rw - a a rw\n";
        assert!(holding(text, "/x").is_some());
        let table = MountTable::new(parse("2 3 0:2 / /x rw - a a rw\n3 2 0:3 / /y rw - a a rw\n")).unwrap();
        assert_eq!(table.above(&table.mounts()[0]).count(), 2);
    }
}
