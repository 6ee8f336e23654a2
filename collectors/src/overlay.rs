//! What the kernel's module `overlay` does by default: `$.overlay`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::Fact;
use crate::host::Host;
use crate::module_parameter;

const DIRECTORY: &str = "/sys/module/overlay/parameters";

/// What the kernel does with mounts that say nothing of it. A parameter that it does not know is absent.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OverlayFacts {
    /// Whether it remembers which lower file an upper one came from, and refuses an upper directory that was
    /// used with other layers.
    ///
    /// Source: /sys/module/overlay/parameters/index
    pub index: Fact<bool>,
    /// Whether a change of a file's metadata copies the metadata only: the layer holds a file without its data.
    ///
    /// Source: /sys/module/overlay/parameters/metacopy
    pub metacopy: Fact<bool>,
    /// Whether a directory that is renamed leaves a reference to its old name in the layer.
    ///
    /// Source: /sys/module/overlay/parameters/redirect_dir
    pub redirect_dir: Fact<bool>,
    /// Whether such references are followed although none are made.
    ///
    /// Source: /sys/module/overlay/parameters/redirect_always_follow
    pub redirect_always_follow: Fact<bool>,
    /// Whether files can be found by handle, as an NFS server does.
    ///
    /// Source: /sys/module/overlay/parameters/nfs_export
    pub nfs_export: Fact<bool>,
}

/// Reads the parameters of a running node; absent if overlay is neither loaded nor built in.
pub fn collect(ctx: &Context<'_>) -> Fact<OverlayFacts> {
    ctx.running(DIRECTORY, || read(ctx.host))
}

fn read(host: &Host) -> Fact<OverlayFacts> {
    match host.exists(DIRECTORY) {
        Ok(true) => {}
        Ok(false) => return Fact::Absent,
        Err(error) => return Fact::Gap(error.into()),
    }
    Fact::Known(OverlayFacts {
        index: switch(host, "index"),
        metacopy: switch(host, "metacopy"),
        redirect_dir: switch(host, "redirect_dir"),
        redirect_always_follow: switch(host, "redirect_always_follow"),
        nfs_export: switch(host, "nfs_export"),
    })
}

fn switch(host: &Host, name: &str) -> Fact<bool> {
    module_parameter::switch(host, &format!("{DIRECTORY}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn parameters_are_switches_and_those_of_newer_kernels_absent() {
        let tree = Tree::new()
            .file("sys/module/overlay/parameters/metacopy", "Y\n")
            .file("sys/module/overlay/parameters/index", "N\n")
            .file("sys/module/overlay/parameters/redirect_dir", "maybe\n");
        let facts = read(&tree.host());
        let facts = facts.known().unwrap();
        assert_eq!((&facts.metacopy, &facts.index), (&Fact::Known(true), &Fact::Known(false)));
        assert!(matches!(facts.redirect_dir, Fact::Gap(_)));
        assert_eq!(facts.nfs_export, Fact::Absent);
    }

    #[test]
    fn without_overlay_there_are_none() {
        assert!(matches!(read(&Tree::new().host()), Fact::Absent));
    }
}
