//! The unix socket that dockerd listens on, and who may use it.

use schemars::JsonSchema;
use serde::Serialize;

use super::merge::Configuration;
use crate::accounts::Accounts;
use crate::fact::{Fact, Unknown};
use crate::host::{Host, Metadata};
use crate::systemd::Unit;

/// Where dockerd listens when nothing else is said.
const DEFAULT_PATH: &str = "/var/run/docker.sock";

/// dockerd's unix socket. Whoever may write to it is as good as root.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Socket {
    /// Its path.
    ///
    /// Source: the option `hosts`; for `fd://` `ListenStream` of `docker.socket`
    pub path: String,
    /// Whether it is there.
    ///
    /// Source: the file's inode
    pub exists: Fact<bool>,
    /// Its permission bits, `"0660"`.
    ///
    /// Unit: octal mode
    /// Source: the file's inode
    pub mode: Fact<String>,
    /// Its owner; the number if the node has no name for it.
    ///
    /// Source: the file's inode, /etc/passwd
    pub owner: Fact<String>,
    /// Its group; the number if the node has no name for it.
    ///
    /// Source: the file's inode, /etc/group
    pub group: Fact<String>,
}

impl Socket {
    /// Looks at the socket at `path`. What lies in `/run` is there only while the node runs.
    pub(super) fn at(host: &Host, path: String, accounts: &Result<Accounts, Unknown>) -> Self {
        let volatile = path.starts_with("/run/") || path.starts_with("/var/run/");
        let inode: Fact<Metadata> = if volatile && !host.is_running() {
            Fact::Gap(Unknown::offline(&path))
        } else {
            host.metadata(&path).into()
        };
        let name = |of: fn(&Metadata) -> u32, look_up: fn(&Accounts, u32) -> Option<&str>| {
            inode.as_ref().and_then(|inode| match accounts {
                Ok(accounts) => Fact::Known(
                    look_up(accounts, of(inode)).map_or_else(|| of(inode).to_string(), str::to_owned),
                ),
                Err(unknown) => Fact::Gap(unknown.clone()),
            })
        };
        Self {
            exists: inode.as_ref().map(|_| true).or_absent(false),
            mode: inode.as_ref().map(|inode| format!("{:04o}", inode.mode)),
            owner: name(|inode| inode.uid, Accounts::user_name),
            group: name(|inode| inode.gid, Accounts::group_name),
            path,
        }
    }
}

/// Where the socket is: the first unix socket of the option `hosts`; that of the unit `docker.socket` where
/// systemd hands it over. Absent if dockerd listens on none.
pub(super) fn path(config: &Fact<Configuration>, unit: &Fact<Unit>) -> Fact<String> {
    config.as_ref().and_then(|config| {
        config.get("hosts").and_then(|hosts| {
            let hosts: Vec<&str> =
                hosts.value.as_array().into_iter().flatten().filter_map(|host| host.as_str()).collect();
            let unix = hosts.iter().find_map(|host| {
                host.strip_prefix("unix://").or_else(|| host.starts_with('/').then_some(*host))
            });
            match unix {
                Some("") => Fact::Known(DEFAULT_PATH.to_owned()),
                Some(path) => Fact::Known(path.to_owned()),
                None if hosts.iter().any(|host| host.starts_with("fd://")) => handed_over(unit),
                None => Fact::Absent,
            }
        })
    })
}

/// The socket that systemd opens for dockerd.
fn handed_over(unit: &Fact<Unit>) -> Fact<String> {
    unit.as_ref().and_then(|unit| {
        let listens = unit.all("Socket", "ListenStream");
        let path = listens
            .into_iter()
            .map(|setting| setting.value.as_str())
            .find(|address| address.starts_with(['/', '%']));
        // `%t` is /run for the system's units; no other specifier makes sense here.
        path.map(|path| path.replace("%t", "/run")).into()
    })
}
