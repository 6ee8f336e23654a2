//! modules-load.d(5): which modules are loaded when the node boots, and where that is said.

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::Layer;

use super::index::normal;
use crate::drop_in::{self, DropIn};
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::origin;

/// What sysvinit and OpenRC read; Debian links it into `modules-load.d`.
const CLASSIC: &str = "/etc/modules";

/// The modules that are loaded at boot.
#[derive(Debug)]
pub(super) struct BootModules {
    by_name: BTreeMap<String, Sourced<String>>,
    /// A file that could not be read, which may name more.
    unread: Option<Unknown>,
}

impl BootModules {
    /// Reads the target's `modules-load.d` and `/etc/modules`.
    ///
    /// # Errors
    ///
    /// If one of the directories cannot be listed.
    pub(super) fn read(host: &Host) -> Result<Self, Unknown> {
        let mut files = drop_in::read(host, "modules-load.d")?;
        files.extend(drop_in::single(host, CLASSIC));
        let unread = drop_in::first_unread(&files).cloned();
        let mut by_name = BTreeMap::new();
        for (name, told) in files.iter().flat_map(parse) {
            by_name.entry(name).or_insert(told);
        }
        Ok(Self { by_name, unread })
    }

    /// The file that has `module` loaded at boot.
    pub(super) fn loaded_by(&self, module: &str) -> Fact<Sourced<String>> {
        match (self.by_name.get(&normal(module)), &self.unread) {
            (Some(told), _) => Fact::Known(told.clone()),
            (None, Some(unknown)) => Fact::Gap(unknown.clone()),
            (None, None) => Fact::Absent,
        }
    }
}

/// One module in a line; in `/etc/modules` its parameters may follow.
fn parse(file: &DropIn) -> impl Iterator<Item = (String, Sourced<String>)> {
    let lines = file.text.as_deref().unwrap_or_default().lines().enumerate();
    lines.filter_map(|(index, line)| {
        let name = line.split_ascii_whitespace().next().filter(|word| !word.starts_with(['#', ';']))?;
        let start = line.find(name)?;
        let place = origin::in_line(Layer::DropIn, &file.path, index + 1, line, start..start + name.len());
        Some((normal(name), Sourced { value: file.path.clone(), origin: place }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn the_file_and_line_that_name_a_module() {
        let tree = Tree::new()
            .file("etc/modules-load.d/k8s.conf", "# for kubelet\n; old\noverlay\nbr-netfilter\n\n")
            .file("usr/lib/modules-load.d/fuse.conf", "overlay\nfuse\n")
            .file("etc/modules", "loop max_loop=64\n");
        let modules = BootModules::read(&tree.host()).unwrap();
        let place = |name| modules.loaded_by(name).known().map(|told| (told.value.clone(), told.origin.line));
        assert_eq!(place("br_netfilter"), Some(("/etc/modules-load.d/k8s.conf".into(), Some(4))));
        assert_eq!(place("fuse"), Some(("/usr/lib/modules-load.d/fuse.conf".into(), Some(2))));
        assert_eq!(place("loop"), Some(("/etc/modules".into(), Some(1))));
        assert_eq!(modules.loaded_by("old"), Fact::Absent);
    }

    #[test]
    fn a_file_that_cannot_be_read_might_name_it() {
        let modules = BootModules::read(&Tree::new().fifo("etc/modules").host()).unwrap();
        assert!(matches!(modules.loaded_by("overlay"), Fact::Gap(_)));
    }
}
