//! `files`: what the inodes of single paths say, and on request what is in them.

#[cfg(test)]
mod tests;

use std::cell::OnceCell;

use plimsoll_engine::snapshot::{GapReason, Layer, Origin};
use schemars::JsonSchema;
use serde::Serialize;

use crate::accounts::Accounts;
use crate::context::Context;
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::{FileKind, Host, HostError, HostErrorKind, Metadata};
use crate::keyed::Keyed;
use crate::redact;

/// The largest file whose text is read, in bytes.
const TEXT_CAP: usize = 1 << 20;

/// What the kernel or a program fills while a node runs; on one that does not run nothing there can be told.
const RUNNING_ONLY: [&str; 5] = ["/proc", "/sys", "/dev", "/run", "/var/run"];

/// A path of the node.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct File {
    /// Whether there is something at the path; false for a symbolic link that leads to nothing.
    /// Source: statx(2).
    pub exists: bool,
    /// What it is, once symbolic links are followed; `symlink` only of one that leads to nothing.
    /// Source: statx(2), `stx_mode`.
    pub kind: Fact<Kind>,
    /// The permission bits, octal, with set-user-id, set-group-id and sticky, such as `"0644"`.
    /// Source: statx(2), `stx_mode`.
    pub mode: Fact<String>,
    /// The owner's user id.
    /// Source: statx(2), `stx_uid`.
    pub uid: Fact<u32>,
    /// The group id.
    /// Source: statx(2), `stx_gid`.
    pub gid: Fact<u32>,
    /// The owner's name on the node; absent if the node's files do not know the user id.
    /// Source: `/etc/passwd`, `/usr/lib/passwd`.
    pub owner: Fact<String>,
    /// The group's name on the node; absent if the node's files do not know the group id.
    /// Source: `/etc/group`, `/usr/lib/group`.
    pub group: Fact<String>,
    /// The size.
    /// Unit: bytes.
    /// Source: statx(2), `stx_size`.
    pub size_bytes: Fact<u64>,
    /// Where the path leads to, as the link has it, if the path itself is a symbolic link.
    /// Source: readlink(2).
    pub target: Fact<String>,
    /// What is in it: of regular files up to 1 MiB, only if asked for by name, with the credentials in URLs
    /// masked; never of one that holds keys, tokens or password hashes.
    /// Source: the file.
    pub text: Fact<Sourced<String>>,
}

/// What an inode is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A unix socket.
    Socket,
    /// A FIFO (named pipe).
    Fifo,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
}

/// Looks at the paths that are asked for.
pub fn collect(ctx: &Context<'_>) -> Fact<Keyed<Fact<File>>> {
    let accounts = OnceCell::new();
    let reader = Reader { ctx, accounts: &accounts };
    Fact::Known(Keyed::read(ctx.demand.keys(&["files"]), |path| reader.file(path)))
}

struct Reader<'a> {
    ctx: &'a Context<'a>,
    accounts: &'a OnceCell<Result<Accounts, Unknown>>,
}

impl Reader<'_> {
    fn file(&self, path: &str) -> Fact<File> {
        if !path.starts_with('/') {
            let detail = "a file is named by its absolute path";
            return Fact::Gap(Unknown::new(GapReason::Unsupported, path, detail));
        }
        if is_below_any(path, &RUNNING_ONLY) {
            return self.ctx.running(path, || self.look(path).into());
        }
        self.look(path).into()
    }

    fn look(&self, path: &str) -> Result<File, Unknown> {
        let host = self.ctx.host;
        let link = match host.symlink_metadata(path) {
            Err(HostError { kind: HostErrorKind::NotFound, .. }) => return Ok(missing(Fact::Absent)),
            result => result?.kind == FileKind::Symlink,
        };
        let target = if link { host.read_link(path).into() } else { Fact::Absent };
        match host.metadata(path) {
            Err(HostError { kind: HostErrorKind::NotFound, .. }) => Ok(missing(target)),
            result => Ok(self.existing(path, target, &result?)),
        }
    }

    fn existing(&self, path: &str, target: Fact<String>, metadata: &Metadata) -> File {
        let text = self.ctx.demand.names(&["files", path, "text"]) && metadata.kind == FileKind::Regular;
        File {
            exists: true,
            kind: kind(metadata.kind).into(),
            mode: Fact::Known(format!("{:04o}", metadata.mode)),
            uid: Fact::Known(metadata.uid),
            gid: Fact::Known(metadata.gid),
            owner: self.name(|accounts| accounts.user_name(metadata.uid).map(str::to_owned)),
            group: self.name(|accounts| accounts.group_name(metadata.gid).map(str::to_owned)),
            size_bytes: Fact::Known(metadata.size),
            target,
            text: if text { read_text(self.ctx.host, path).into() } else { Fact::Absent },
        }
    }

    fn name(&self, name: impl Fn(&Accounts) -> Option<String>) -> Fact<String> {
        match self.accounts.get_or_init(|| Accounts::read(self.ctx.host)) {
            Ok(accounts) => name(accounts).into(),
            Err(unknown) => Fact::Gap(unknown.clone()),
        }
    }
}

/// Nothing at the path, or a link to nothing.
fn missing(target: Fact<String>) -> File {
    let link = matches!(target, Fact::Known(_) | Fact::Gap(_));
    File {
        exists: false,
        kind: link.then_some(Kind::Symlink).into(),
        mode: Fact::Absent,
        uid: Fact::Absent,
        gid: Fact::Absent,
        owner: Fact::Absent,
        group: Fact::Absent,
        size_bytes: Fact::Absent,
        target,
        text: Fact::Absent,
    }
}

fn kind(kind: FileKind) -> Result<Kind, Unknown> {
    Ok(match kind {
        FileKind::Regular => Kind::File,
        FileKind::Directory => Kind::Directory,
        FileKind::Symlink => Kind::Symlink,
        FileKind::Socket => Kind::Socket,
        FileKind::Fifo => Kind::Fifo,
        FileKind::CharDevice => Kind::CharDevice,
        FileKind::BlockDevice => Kind::BlockDevice,
        FileKind::Unknown => {
            return Err(Unknown {
                reason: GapReason::Malformed,
                source: None,
                detail: "no known file type".into(),
            });
        }
    })
}

/// Whether `path` is one of `directories` or lies below one.
fn is_below_any(path: &str, directories: &[&str]) -> bool {
    directories.iter().any(|directory| {
        path.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

fn read_text(host: &Host, path: &str) -> Result<Sourced<String>, Unknown> {
    let bytes = host.read_capped(path, TEXT_CAP)?;
    let text = String::from_utf8_lossy(&bytes);
    if let Some(secret) = secret_in(&text) {
        let detail = format!("it holds {secret}, which no snapshot may hold");
        return Err(Unknown::new(GapReason::Unsupported, path, detail));
    }
    let origin = Origin {
        layer: Layer::File,
        file: Some(path.to_owned()),
        line: None,
        column: None,
        length: None,
        text: None,
        overrides: Vec::new(),
    };
    Ok(Sourced { value: redact::mask(&text), origin })
}

/// What a text holds that must not leave the node at all, by the marks of the formats that nodes keep it in.
/// Lesser secrets are masked where they stand.
fn secret_in(text: &str) -> Option<&'static str> {
    const SECRETS: [(&str, &str); 6] = [
        ("PRIVATE KEY-----", "a private key"),
        ("client-key-data", "a client key"),
        // How the header of a signed JSON web token begins.
        ("eyJhbGciOi", "a token"),
        (":$y$", "a password hash"),
        (":$6$", "a password hash"),
        (":$5$", "a password hash"),
    ];
    SECRETS.iter().find(|(mark, _)| text.contains(mark)).map(|(_, secret)| *secret)
}
