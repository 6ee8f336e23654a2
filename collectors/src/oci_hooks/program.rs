//! The program that a hook runs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Fact, Sourced};
use crate::host::{FileKind, Host};

/// The program that a hook runs, as root and outside of the container in most stages.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Program {
    /// Its path.
    ///
    /// Source: the hook's file, `hook.path`
    pub path: Sourced<String>,
    /// Whether the path is absolute, as the runtime specification demands.
    ///
    /// Source: the hook's file, `hook.path`
    pub absolute: bool,
    /// Whether there is something at the path; absent if it is not absolute.
    ///
    /// Source: statx(2)
    pub exists: Fact<bool>,
    /// Whether it is a regular file that may be executed.
    ///
    /// Source: statx(2), `stx_mode`
    pub executable: Fact<bool>,
    /// Its permission bits, octal, such as `"0755"`.
    ///
    /// Source: statx(2), `stx_mode`
    pub mode: Fact<String>,
    /// Its owner's user id.
    ///
    /// Source: statx(2), `stx_uid`
    pub uid: Fact<u32>,
}

impl Program {
    /// Looks at the program at `path`.
    pub(super) fn at(host: &Host, path: Sourced<String>) -> Self {
        let absolute = path.value.starts_with('/');
        let metadata = if absolute { Fact::from(host.metadata(&path.value)) } else { Fact::Absent };
        let exists = metadata.as_ref().map(|_| true);
        Self {
            path,
            absolute,
            exists: if absolute { exists.or_absent(false) } else { Fact::Absent },
            executable: metadata
                .as_ref()
                .map(|metadata| metadata.kind == FileKind::Regular && metadata.mode & 0o111 != 0),
            mode: metadata.as_ref().map(|metadata| format!("{:04o}", metadata.mode)),
            uid: metadata.map(|metadata| metadata.uid),
        }
    }
}
