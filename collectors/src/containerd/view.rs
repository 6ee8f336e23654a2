//! One look at the CRI plugin's settings, whichever tables they stand in.
//!
//! Up to version 2 of the file they stand in one table, `io.containerd.grpc.v1.cri` (in version 1 `cri`); from
//! version 3 on in `io.containerd.cri.v1.runtime` and `io.containerd.cri.v1.images`, and what is about the
//! streaming server stays in the old one. containerd 2 brings files of earlier versions to the new form.

use std::cell::RefCell;

use serde_json::Value;

use super::merge::Merged;
use crate::fact::{Fact, Sourced};
use crate::origin;
use crate::settings::{self, Setting, Settings};

const RUNTIME: &str = "io.containerd.cri.v1.runtime";
const IMAGES: &str = "io.containerd.cri.v1.images";
/// The table of version 2, and that of version 1.
const OLD: [&str; 2] = ["io.containerd.grpc.v1.cri", "cri"];

/// The CRI plugin's settings.
#[derive(Debug)]
pub(super) struct View<'m> {
    merged: &'m Merged,
    wrong_types: RefCell<Vec<Sourced<String>>>,
}

/// Where a setting stands in the new tables.
#[derive(Debug, Clone, Copy)]
pub(super) enum Table {
    Runtime,
    Images,
    /// The streaming server's, which did not move.
    Server,
}

impl<'m> View<'m> {
    pub(super) fn new(merged: &'m Merged) -> Self {
        Self { merged, wrong_types: RefCell::default() }
    }

    /// The settings whose type containerd refuses.
    pub(super) fn wrong_types(self) -> Vec<Sourced<String>> {
        self.wrong_types.into_inner()
    }

    pub(super) fn bool(&self, table: Table, path: &[&str], default: bool) -> Fact<Sourced<bool>> {
        or_default(self.value(table, path, path, Value::as_bool), default)
    }

    pub(super) fn integer(&self, table: Table, path: &[&str], default: i64) -> Fact<Sourced<i64>> {
        or_default(self.value(table, path, path, Value::as_i64), default)
    }

    pub(super) fn text(&self, table: Table, path: &[&str], default: &str) -> Fact<Sourced<String>> {
        or_default(self.value(table, path, path, settings::text), default.to_owned())
    }

    /// The value at `new` in the new tables, or else at `old` in the old one; absent if neither says
    /// anything.
    pub(super) fn value<T>(
        &self,
        table: Table,
        new: &[&str],
        old: &[&str],
        convert: fn(&Value) -> Option<T>,
    ) -> Fact<Sourced<T>> {
        let places = self.places(table, new, old);
        let found = places
            .iter()
            .map(Vec::as_slice)
            .find(|path| self.merged.settings.get(path).is_some_and(|setting| self.counts(path, setting)));
        let Some(path) = found else { return Fact::Absent };
        let value = self.merged.settings.value(path, convert);
        if let (Fact::Gap(unknown), Some(Setting::Value(wrong))) = (&value, self.merged.settings.get(path)) {
            let wrong = Sourced { value: unknown.detail.clone(), origin: wrong.origin.clone() };
            self.wrong_types.borrow_mut().push(wrong);
        }
        value
    }

    /// The directories of network plugins: `bin_dirs`, which containerd 2.1 has in place of `bin_dir`. It takes the
    /// single one only while there is no list.
    pub(super) fn cni_bin_dirs(&self) -> Fact<Sourced<Vec<String>>> {
        let list = match self.merged.is_two {
            Some(true) => {
                self.value(Table::Runtime, &["cni", "bin_dirs"], &["cni", "bin_dirs"], settings::texts)
            }
            _ => Fact::Absent,
        };
        match list {
            Fact::Known(list) if list.value.is_empty() => self.cni_bin_dir(),
            Fact::Absent => self.cni_bin_dir(),
            list => list,
        }
    }

    fn cni_bin_dir(&self) -> Fact<Sourced<Vec<String>>> {
        let single = self.text(Table::Runtime, &["cni", "bin_dir"], "/opt/cni/bin");
        single.map(|single| Sourced { value: vec![single.value], origin: single.origin })
    }

    /// The tables at `path`, of which the one with the stronger values comes first.
    pub(super) fn tables(&self, table: Table, path: &[&str]) -> Vec<&'m Settings> {
        self.places(table, path, path).iter().map(|place| self.merged.settings.table(place)).collect()
    }

    /// The names of the tables in the table at `path`.
    pub(super) fn names(&self, table: Table, path: &[&str]) -> Vec<&'m str> {
        let mut names: Vec<_> = self
            .tables(table, path)
            .into_iter()
            .flat_map(|table| table.tables().map(|(name, _)| name))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn places<'p>(&self, table: Table, new: &[&'p str], old: &[&'p str]) -> Vec<Vec<&'p str>> {
        let in_plugin = |plugin: &'p str, path: &[&'p str]| [&["plugins", plugin], path].concat();
        let old = OLD.map(|plugin| in_plugin(plugin, old));
        match (self.merged.is_two, table) {
            (Some(true), Table::Runtime) => [vec![in_plugin(RUNTIME, new)], old.to_vec()].concat(),
            (Some(true), Table::Images) => [vec![in_plugin(IMAGES, new)], old.to_vec()].concat(),
            _ => old.to_vec(),
        }
    }

    /// Whether containerd heeds what stands there: in a file of version 3 the old table is the streaming
    /// server's alone.
    fn counts(&self, path: &[&str], setting: &Setting) -> bool {
        let is_old = matches!(path, ["plugins", plugin, ..] if OLD.contains(plugin));
        match setting {
            Setting::Value(value) if is_old && self.merged.is_two == Some(true) => {
                let is_server = matches!(path, [_, _, key, ..] if SERVER_KEYS.contains(key));
                let file = value.origin.file.as_ref();
                is_server || !file.is_some_and(|file| self.merged.of_version_3.contains(file))
            }
            _ => true,
        }
    }
}

/// What the streaming server's table holds.
const SERVER_KEYS: [&str; 6] = [
    "disable_tcp_service",
    "stream_server_address",
    "stream_server_port",
    "stream_idle_timeout",
    "enable_tls_streaming",
    "x509_key_pair_streaming",
];

/// The settings that containerd passes over since they stand in a table of another version: each of the old
/// table's in a file of version 3, and the new tables before containerd 2.
pub(super) fn ignored(merged: &Merged) -> Vec<Sourced<String>> {
    let plugins = merged.settings.table(&["plugins"]);
    let tables = match merged.is_two {
        Some(true) => &OLD[..1],
        Some(false) => &[RUNTIME, IMAGES][..],
        None => &[],
    };
    let mut ignored = Vec::new();
    for table in tables {
        each_value(plugins.table(&[table]), &mut vec![*table], &mut |path, value| {
            let file = value.origin.file.as_ref();
            let is_of_3 = file.is_some_and(|file| merged.of_version_3.contains(file));
            let is_server = matches!(path, [_, key, ..] if SERVER_KEYS.contains(key));
            if merged.is_two == Some(false) || (is_of_3 && !is_server) {
                ignored.push(Sourced { value: path.join("."), origin: value.origin.clone() });
            }
        });
    }
    ignored
}

fn each_value<'s>(
    table: &'s Settings,
    path: &mut Vec<&'s str>,
    act: &mut impl FnMut(&[&str], &Sourced<Value>),
) {
    for (name, setting) in table.entries() {
        path.push(name);
        match setting {
            Setting::Table(table) => each_value(table, path, act),
            Setting::Value(value) => act(path, value),
        }
        path.pop();
    }
}

/// The value, or else the default.
pub(super) fn or_default<T>(fact: Fact<Sourced<T>>, default: T) -> Fact<Sourced<T>> {
    fact.or_absent(Sourced { value: default, origin: origin::default() })
}
