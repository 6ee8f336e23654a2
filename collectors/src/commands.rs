//! `commands`: whether programs are installed, and what their names stand for.

use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{FileKind, Host, HostError, HostErrorKind};
use crate::keyed::Keyed;

/// The directories that are searched, in this order: root's usual path, and those where image-based
/// distributions put programs.
pub const DIRECTORIES: [&str; 8] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
    "/opt/bin",
    "/usr/libexec",
];

/// A program, looked up by its name.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Command {
    /// Whether a regular file of this name that may be executed is in one of the searched directories.
    /// Source: /usr/local/{sbin,bin}, /usr/{sbin,bin}, /sbin, /bin, /opt/bin, /usr/libexec
    pub found: bool,
    /// Where it was found first.
    /// Source: as `found`.
    pub path: Fact<String>,
    /// The file itself, after every symbolic link, those of `/etc/alternatives` for example.
    /// Source: readlink(2) of each link.
    pub resolved: Fact<String>,
}

/// Looks up the programs that are asked for, by name.
pub fn collect(ctx: &Context<'_>) -> Fact<Keyed<Fact<Command>>> {
    let names = ctx.demand.keys(&["commands"]);
    Fact::Known(Keyed::read(names, |name| find(ctx.host, name).into()))
}

/// Finds the program `name`.
///
/// # Errors
///
/// If it was not found, and a directory or file where it might be could not be looked at.
pub(crate) fn find(host: &Host, name: &str) -> Result<Command, Unknown> {
    let mut error = None;
    for directory in DIRECTORIES {
        let path = format!("{directory}/{name}");
        match is_executable(host, &path) {
            Ok(true) => {
                let resolved =
                    Fact::from(host.canonicalize(&path)).map(|path| path.to_string_lossy().into_owned());
                return Ok(Command { found: true, path: Fact::Known(path), resolved });
            }
            Ok(false) => {}
            Err(other) => error = error.or(Some(other)),
        }
    }
    match error {
        Some(error) => Err(error.into()),
        None => Ok(Command { found: false, path: Fact::Absent, resolved: Fact::Absent }),
    }
}

/// Where the program `name` is: a path is itself, anything else is in one of the `directories`.
pub(crate) fn find_in(host: &Host, directories: &[String], name: &str) -> Fact<String> {
    let candidates: Vec<String> = match name.starts_with('/') {
        true => vec![name.to_owned()],
        false => directories.iter().map(|directory| format!("{directory}/{name}")).collect(),
    };
    let mut unknown = None;
    for candidate in candidates {
        match is_executable(host, &candidate) {
            Ok(true) => return Fact::Known(candidate),
            Ok(false) => {}
            Err(error) => unknown = Some(error),
        }
    }
    unknown.map_or(Fact::Absent, |error| Fact::Gap(error.into()))
}

fn is_executable(host: &Host, path: &str) -> Result<bool, HostError> {
    match host.metadata(path) {
        Ok(metadata) => Ok(metadata.kind == FileKind::Regular && metadata.mode & 0o111 != 0),
        // A link that leads in a circle runs nothing.
        Err(HostError { kind: HostErrorKind::NotFound | HostErrorKind::Loop, .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;
    use plimsoll_engine::snapshot::GapReason;

    #[test]
    fn the_first_executable_file_counts_and_links_are_followed() {
        let tree = Tree::new()
            .file("usr/local/sbin/iptables", "notes, not a program")
            .dir("usr/local/bin/iptables")
            .link("usr/sbin/iptables", "/etc/alternatives/iptables")
            .link("etc/alternatives/iptables", "/usr/sbin/iptables-nft")
            .link("usr/sbin/iptables-nft", "xtables-nft-multi")
            .executable("usr/sbin/xtables-nft-multi")
            .link("usr/bin/loop", "loop")
            .link("usr/bin/dangling", "/nowhere");
        let host = tree.host();
        let command = find(&host, "iptables").unwrap();
        assert_eq!(command.path, Fact::Known("/usr/sbin/iptables".into()));
        assert_eq!(command.resolved, Fact::Known("/usr/sbin/xtables-nft-multi".into()));
        for name in ["loop", "dangling", "conntrack"] {
            let missing = Command { found: false, path: Fact::Absent, resolved: Fact::Absent };
            assert_eq!(find(&host, name).unwrap(), missing, "{name}");
        }
    }

    #[test]
    fn a_path_that_cannot_be_looked_at_is_no_absence() {
        let tree = Tree::new().executable("bin/sh");
        let name = "x".repeat(300);
        let unknown = find(&tree.host(), &name).unwrap_err();
        assert_eq!(unknown.reason, GapReason::Failed);
        assert!(find(&tree.host(), "sh").unwrap().found);
    }
}
