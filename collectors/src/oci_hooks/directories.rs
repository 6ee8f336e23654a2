//! The directories that hooks are read from.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Sourced};
use crate::origin;

/// Those that podman and CRI-O read when nothing is configured or they are not installed, the weakest first.
/// CRI-O, and podman before 5.0, read the first one only.
const DEFAULT: [&str; 2] = ["/usr/share/containers/oci/hooks.d", "/etc/containers/oci/hooks.d"];

/// A directory of hooks.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Directory {
    /// Its path.
    ///
    /// Source: `hooks_dir`, else the default
    pub path: Sourced<String>,
    /// Whether it is there.
    pub exists: Fact<bool>,
    /// Who reads it: `podman`, `cri-o`.
    ///
    /// Source: `hooks_dir` of containers.conf and of crio.conf
    pub readers: Vec<&'static str>,
}

impl Directory {
    /// Whether a file in this directory hides that of the same name in the earlier directory `other`: every
    /// reader of the other one reads this one, too.
    pub(super) fn hides(&self, other: &Self) -> bool {
        other.readers.iter().all(|reader| self.readers.contains(reader))
    }
}

/// The directories, in the order in which they are read.
pub(super) fn find(ctx: &Context<'_>) -> Fact<Vec<Directory>> {
    let configured = [
        ("podman", crate::podman::hook_directories(ctx), DEFAULT.as_slice()),
        ("cri-o", crate::crio::hook_directories(ctx), &DEFAULT[..1]),
    ];
    let mut directories: Vec<Directory> = Vec::new();
    for (reader, configured, default) in configured {
        let paths = match configured {
            Fact::Known(paths) => paths,
            Fact::Absent => default.iter().map(|path| by_default(path)).collect(),
            Fact::Gap(unknown) => return Fact::Gap(unknown),
        };
        for path in paths {
            match directories.iter_mut().find(|known| known.path.value == path.value) {
                Some(known) if !known.readers.contains(&reader) => known.readers.push(reader),
                Some(_) => {}
                None => directories.push(Directory {
                    exists: ctx.host.exists(&path.value).into(),
                    path,
                    readers: vec![reader],
                }),
            }
        }
    }
    Fact::Known(directories)
}

fn by_default(path: &str) -> Sourced<String> {
    Sourced { value: path.to_owned(), origin: origin::default() }
}
