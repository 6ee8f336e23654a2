//! The unix socket that a daemon listens on, and who may use it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::accounts::Accounts;
use crate::fact::{Fact, Unknown};
use crate::host::{Host, Metadata};

/// A daemon's unix socket. Whoever may write to it is as good as root.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Socket {
    /// Its path.
    ///
    /// Source: the daemon's configuration; of dockerd the option `hosts`, for `fd://` `ListenStream` of
    /// `docker.socket`
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
    pub(crate) fn at(host: &Host, path: String, accounts: &Result<Accounts, Unknown>) -> Self {
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
