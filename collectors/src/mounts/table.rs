//! All mounts of a node: which one a path is in.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::mountinfo::{Malformed, MountInfo};

/// The mounts in the kernel's order.
#[derive(Debug)]
pub(crate) struct MountTable<'t> {
    mounts: Vec<MountInfo<'t>>,
    /// The mounts by number, as indices.
    ids: HashMap<u64, usize>,
    /// What is mounted at a path, by the number of the mount that it is mounted in: none for the mounts at
    /// the top, whose own is not of this table. As indices.
    at: HashMap<String, HashMap<Option<u64>, usize>>,
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
        let ids: HashMap<u64, usize> =
            mounts.iter().enumerate().map(|(index, mount)| (mount.id, index)).collect();
        let mut at: HashMap<String, HashMap<Option<u64>, usize>> = HashMap::with_capacity(mounts.len());
        for (index, mount) in mounts.iter().enumerate() {
            let parent = Some(mount.parent).filter(|parent| *parent != mount.id && ids.contains_key(parent));
            at.entry(mount.target.clone().into_owned()).or_default().insert(parent, index);
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
        let mut holding: Option<&MountInfo<'t>> = None;
        // From the root down, as the kernel walks: at each directory into what is mounted there, and
        // there into what is mounted upon that.
        for mounted in descent(path).filter_map(|directory| self.at.get(directory)) {
            // Mounts upon one another are finitely many, whatever their numbers claim.
            for _ in 0..mounted.len() {
                let upon = mounted.get(&holding.map(|mount| mount.id));
                match upon.and_then(|index| self.mounts.get(*index)) {
                    Some(mount) => holding = Some(mount),
                    None => break,
                }
            }
        }
        holding
    }

    /// The numbers of the mounts that a process finds at their targets: no other covers them there or
    /// further up.
    pub(crate) fn visible(&self) -> HashSet<u64> {
        let seen = self.at.keys().filter_map(|target| Some((target, self.holding(target)?)));
        seen.filter(|(target, mount)| mount.target == target.as_str()).map(|(_, mount)| mount.id).collect()
    }

    /// The mounts that `mount` is mounted in, from the nearest up to the root.
    pub(crate) fn above(&self, mount: &MountInfo<'t>) -> impl Iterator<Item = &MountInfo<'t>> {
        let parent = |mount: &MountInfo<'t>| self.mounts.get(*self.ids.get(&mount.parent)?);
        // However long the chain claims to be, it holds no mount twice.
        std::iter::successors(parent(mount), move |mount| parent(mount)).take(self.mounts.len())
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
        let visible = table.visible();
        table.mounts().iter().map(|mount| mount.id).filter(|id| !visible.contains(id)).collect()
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
    fn thousands_upon_one_another_are_sorted_out_at_once() {
        let upon =
            |id: u64| format!("{id} {} 0:{id} / /x rw - tmpfs t rw\n", if id == 100 { 27 } else { id - 1 });
        let text: String = std::iter::once(NODE.to_owned()).chain((100..30_100).map(upon)).collect();
        assert_eq!(holding(&text, "/x"), Some(30_099));
        assert_eq!(hidden(&text).len(), 29_999);
    }

    #[test]
    fn numbers_that_run_in_a_circle_end() {
        let text = "1 9 0:1 / / rw - a a rw\n2 3 0:2 / /x rw - a a rw\n3 2 0:3 / /x rw - a a rw\n4 1 0:4 / /x rw - a a rw\n2 4 0:5 / /x rw - a a rw\n";
        assert!(holding(text, "/x").is_some());
        let table = MountTable::new(parse("2 3 0:2 / /x rw - a a rw\n3 2 0:3 / /y rw - a a rw\n")).unwrap();
        assert_eq!(table.above(&table.mounts()[0]).count(), 2);
    }
}
