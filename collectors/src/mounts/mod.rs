//! The mounts of the node: `$.mounts`.

pub(crate) mod host_mounts;
pub(crate) mod mountinfo;
pub(crate) mod octal;
pub(crate) mod overlay;
pub(crate) mod space;
pub(crate) mod table;

use std::borrow::Cow;
use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;
use crate::host::Host;

use self::mountinfo::{MountInfo, Propagation, split_options};
use self::space::{Space, Storage, require_seen};
use self::table::MountTable;

/// Every mount, in the kernel's order: of several at one target the last is the one that is seen. A line
/// of the kernel that cannot be read is a gap in its place.
pub type Mounts = Vec<Fact<Mount>>;

/// A mount.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Mount {
    /// Where it is mounted, from the target's root.
    ///
    /// Source: /proc/self/mountinfo, field 5
    pub target: String,
    /// What is mounted: a device, a remote directory, or any word.
    ///
    /// Source: /proc/self/mountinfo, field 10
    pub source: String,
    /// The type of file system, with its subtype: `ext4`, `fuse.sshfs`.
    ///
    /// Source: /proc/self/mountinfo, field 9
    pub fs_type: String,
    /// The mount's own options in the kernel's order: `nosuid`, `nodev`, `noexec`, `ro`, `relatime`.
    ///
    /// Source: /proc/self/mountinfo, field 6
    pub options: Vec<String>,
    /// The file system's options in the kernel's order, which may repeat: `errors=remount-ro`,
    /// `lowerdir=…`.
    ///
    /// Source: /proc/self/mountinfo, field 11
    pub super_options: Vec<String>,
    /// Whether nothing can be written, because the mount or the file system is read-only.
    ///
    /// Source: /proc/self/mountinfo, `ro` in field 6 or 11
    pub read_only: bool,
    /// Where mounts below it spread to. One that is shared and a slave at once counts as shared.
    ///
    /// Source: /proc/self/mountinfo, field 7
    pub propagation: Propagation,
    /// The device, `MAJOR:MINOR`.
    ///
    /// Source: /proc/self/mountinfo, field 3
    pub device: String,
    /// How full the file system is: absent for those without space of their own (proc, overlay, squashfs)
    /// and for those that another mount covers, which nobody can fill; unsupported for those that may wait
    /// for a server (nfs, cifs, fuse).
    #[serde(flatten)]
    pub space: Space,
}

/// Reads the mounts of a running node.
pub fn collect(ctx: &Context<'_>) -> Fact<Mounts> {
    let file = mountinfo::file(ctx.host);
    ctx.running(file, || match mountinfo::read(ctx.host) {
        Ok(text) => Fact::Known(mounts(ctx.host, file, &text)),
        Err(error) => Fact::Gap(error.into()),
    })
}

fn mounts(host: &Host, file: &str, text: &str) -> Mounts {
    let lines: Vec<_> = mountinfo::parse(text).collect();
    // With lines missing nobody can say for sure what is covered; but devices are compared.
    let table = MountTable::of(lines.iter().flatten().cloned().collect());
    let spaces = local_spaces(host, &table);
    let mount = |info: &MountInfo<'_>| {
        let space = match storage(&table, info) {
            Storage::Local => spaces.get(info.device).cloned().unwrap_or_else(Space::none),
            Storage::Image | Storage::Layered | Storage::Virtual => Space::none(),
            Storage::Remote => Space::not_asked(&info.fs_type, &info.target),
        };
        Mount::new(info, space)
    };
    lines
        .iter()
        .map(|line| line.as_ref().map(mount).map_err(|malformed| malformed.gap(file)).into())
        .collect()
}

/// How full the local file systems are, by device: each is asked once, where it can be seen.
fn local_spaces<'t>(host: &Host, table: &MountTable<'t>) -> HashMap<&'t str, Space> {
    let visible = table.visible();
    let mut spaces = HashMap::new();
    for info in table.mounts().iter().filter(|info| visible.contains(&info.id)) {
        if storage(table, info) == Storage::Local && !spaces.contains_key(info.device) {
            let space = match require_seen(host, info, &info.target) {
                Ok(()) => Space::ask(host, &info.target),
                Err(unknown) => Space::unknown(&unknown),
            };
            spaces.insert(info.device, space);
        }
    }
    spaces
}

/// What may be asked of `info`. The way to it may lead through a file system that hangs; the root is not
/// such a one, for a node whose root hangs runs nothing.
pub(crate) fn storage<'t>(table: &MountTable<'t>, info: &MountInfo<'t>) -> Storage {
    let may_hang =
        |above: &MountInfo<'_>| above.target != "/" && Storage::of(&above.fs_type) == Storage::Remote;
    match Storage::of(&info.fs_type) {
        Storage::Local if table.above(info).any(may_hang) => Storage::Remote,
        storage => storage,
    }
}

impl Mount {
    fn new(info: &MountInfo<'_>, space: Space) -> Self {
        let options = |joined| split_options(joined).map(Cow::into_owned).collect();
        Self {
            target: info.target.clone().into_owned(),
            source: info.source.clone().into_owned(),
            fs_type: info.fs_type.clone().into_owned(),
            options: options(info.options),
            super_options: options(info.super_options),
            read_only: info.is_read_only(),
            propagation: info.propagation,
            device: info.device.to_owned(),
            space,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;
    use plimsoll_engine::snapshot::GapReason;

    fn read(lines: &str) -> Mounts {
        mounts(&Tree::new().host(), "/proc/1/mountinfo", lines)
    }

    /// A Kubernetes node (Debian 12, containerd): pods' tmpfs volumes, sandboxes, overlays.
    fn kubernetes_node(pods: u32) -> String {
        let mut lines = "\
            25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,discard,errors=remount-ro\n\
            26 25 0:24 / /run rw,nosuid,nodev,noexec,relatime shared:2 - tmpfs tmpfs rw,size=1630784k,mode=755\n"
            .to_owned();
        let state = "/run/containerd/io.containerd.runtime.v2.task/k8s.io";
        let snapshots = "/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots";
        for pod in 0..pods {
            let (id, device) = (100 + pod, 100 + pod);
            let layers: Vec<String> =
                (0..12).map(|layer| format!("{snapshots}/{}/fs", pod * 12 + layer)).collect();
            lines.push_str(&format!(
                "{id} 26 0:{device} / {state}/{pod:064x}/rootfs rw,relatime shared:{id} - overlay overlay \
                 rw,lowerdir={},upperdir={snapshots}/{id}/fs,workdir={snapshots}/{id}/work,index=off\n",
                layers.join(":")
            ));
        }
        lines
    }

    #[test]
    fn thousands_of_overlays_are_all_told_and_none_is_asked() {
        let mounts = read(&kubernetes_node(5000));
        assert_eq!(mounts.len(), 5002);
        let overlay = mounts.last().unwrap().known().unwrap();
        assert_eq!((overlay.fs_type.as_str(), overlay.device.as_str()), ("overlay", "0:5099"));
        assert_eq!(overlay.super_options[3].split('/').next_back(), Some("work"));
        assert_eq!(overlay.space.used_percent, Fact::Absent);
        assert_eq!(overlay.propagation, Propagation::Shared);
    }

    #[test]
    fn a_malformed_line_is_a_gap_in_its_place() {
        let mounts = read("1 0 8:1 / / rw - proc a rw\nnonsense\n2 1 0:5 / /x ro - proc a rw\n");
        assert_eq!(mounts.len(), 3);
        assert_eq!(mounts[2].known().map(|mount| mount.read_only), Some(true));
        let Fact::Gap(gap) = &mounts[1] else { panic!("{mounts:?}") };
        assert_eq!(gap.reason, GapReason::Malformed);
        assert_eq!(gap.source.as_deref(), Some("/proc/1/mountinfo"));
    }

    #[test]
    fn remote_file_systems_are_unsupported_and_virtual_and_covered_ones_have_no_space() {
        let mounts = read(
            "1 0 8:1 / / rw - proc a rw\n\
             2 1 0:5 / /nfs rw - nfs4 server:/x rw\n\
             3 2 0:6 / /nfs/below rw - tmpfs tmpfs rw\n\
             4 1 0:7 / /covered rw - tmpfs tmpfs rw\n\
             5 4 0:8 / /covered rw - proc proc rw\n",
        );
        let reason = |index: usize| match &mounts[index].known().unwrap().space.used_percent {
            Fact::Gap(unknown) => Some(unknown.reason),
            _ => None,
        };
        assert_eq!(reason(1), Some(GapReason::Unsupported));
        assert_eq!(reason(2), Some(GapReason::Unsupported));
        assert_eq!(mounts[3].known().unwrap().space.used_percent, Fact::Absent);
        assert_eq!(mounts[4].known().unwrap().space.used_percent, Fact::Absent);
    }
}
