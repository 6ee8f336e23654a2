//! `files`: what the inodes of single paths say, and on request what is in them.

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Options;
    use crate::tree::{Tree, as_nobody};
    use plimsoll_engine::demand::Demand;
    use plimsoll_engine::jsonpath::Query;

    fn read(tree: &Tree, queries: &[&str]) -> Keyed<Fact<File>> {
        let mut demand = Demand::default();
        for query in queries {
            demand.add(&Query::parse(query).unwrap());
        }
        let (host, options) = (tree.host(), Options::default());
        let ctx =
            Context { host: &host, demand: &demand, options: &options, deadline: std::time::Instant::now() };
        match collect(&ctx) {
            Fact::Known(files) => files,
            other => panic!("{other:?}"),
        }
    }

    fn file(tree: &Tree, path: &str) -> File {
        let files = read(tree, &[&format!("$.files['{path}'].text")]);
        files.0[path].known().unwrap().clone()
    }

    #[test]
    fn a_file_shows_what_its_inode_says_and_its_text_on_request() {
        let tree = Tree::new().file("etc/docker/daemon.json", "{\"x\": \"http://u:p@h\"}");
        let path = "/etc/docker/daemon.json";
        let shown = file(&tree, path);
        assert!(shown.exists);
        assert_eq!(
            (shown.kind, shown.size_bytes, shown.target),
            (Fact::Known(Kind::File), Fact::Known(21), Fact::Absent)
        );
        assert!(shown.mode.known().unwrap().starts_with('0'));
        assert_eq!(shown.owner, Fact::Absent, "the target has no accounts");
        assert_eq!(shown.text.known().unwrap().value, "{\"x\": \"http://***@h\"}");
        let unasked = read(&tree, &["$.files['/etc/docker/daemon.json'].mode"]);
        assert_eq!(unasked.0[path].known().unwrap().text, Fact::Absent);
    }

    #[test]
    fn the_targets_accounts_name_the_owner() {
        let metadata = Tree::new().file("x", "").host().metadata("/x").unwrap();
        let tree = Tree::new()
            .file("etc/passwd", format!("captain:x:{}:0::/:\n", metadata.uid))
            .file("etc/group", format!("crew:x:{}:\n", metadata.gid))
            .file("x", "");
        let shown = file(&tree, "/x");
        assert_eq!((shown.owner, shown.group), (Fact::Known("captain".into()), Fact::Known("crew".into())));
    }

    #[test]
    fn links_are_followed_and_one_to_nothing_does_not_exist() {
        let tree = Tree::new().file("a", "text").link("b", "/a").link("c", "nowhere").link("d", "d");
        let b = file(&tree, "/b");
        assert_eq!((b.kind, b.target), (Fact::Known(Kind::File), Fact::Known("/a".into())));
        let c = file(&tree, "/c");
        assert!(!c.exists);
        assert_eq!((c.kind, c.target), (Fact::Known(Kind::Symlink), Fact::Known("nowhere".into())));
        let circle = read(&tree, &["$.files['/d'].mode"]);
        assert!(matches!(&circle.0["/d"], Fact::Gap(unknown) if unknown.reason == GapReason::Malformed));
        assert!(!file(&tree, "/nothing/there").exists);
    }

    #[test]
    fn what_is_no_regular_file_has_no_text() {
        let tree = Tree::new().fifo("pipe").dir("directory");
        let pipe = file(&tree, "/pipe");
        assert_eq!((pipe.kind, pipe.text), (Fact::Known(Kind::Fifo), Fact::Absent));
        assert_eq!(file(&tree, "/directory").text, Fact::Absent);
    }

    #[test]
    fn keys_tokens_and_large_files_are_not_told() {
        let tree = Tree::new()
            .file("key.pem", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n")
            .file("shadow", "root:$y$j9T$abc:19000::::::\n")
            .file("token", "eyJhbGciOiJSUzI1NiJ9.e30.x")
            .file("huge", vec![b'x'; TEXT_CAP + 1]);
        for path in ["/key.pem", "/shadow", "/token", "/huge"] {
            let shown = file(&tree, path);
            assert!(shown.exists);
            assert!(
                matches!(&shown.text, Fact::Gap(unknown) if unknown.reason == GapReason::Unsupported),
                "{path}: {:?}",
                shown.text
            );
        }
    }

    #[test]
    fn what_may_not_be_read_is_denied_and_not_missing() {
        let tree = Tree::new()
            .file("secret", "x")
            .file("closed/file", "x")
            .file("etc/passwd", "root:x:0:0::/:\n")
            .mode("secret", 0o600)
            .mode("closed", 0o700)
            .mode("etc/passwd", 0o600);
        let files = as_nobody(|| read(&tree, &["$.files['/secret'].text", "$.files['/closed/file'].mode"]));
        let denied = |unknown: &Unknown| unknown.reason == GapReason::Denied;
        assert!(matches!(&files.0["/closed/file"], Fact::Gap(unknown) if denied(unknown)));
        let secret = files.0["/secret"].known().unwrap();
        assert_eq!(secret.mode, Fact::Known("0600".into()), "the inode of a file may be looked at");
        assert!(matches!(&secret.text, Fact::Gap(unknown) if denied(unknown)));
        assert!(matches!(&secret.owner, Fact::Gap(unknown) if denied(unknown)));
    }

    #[test]
    fn what_only_a_running_node_has_is_a_gap_offline() {
        let files = read(
            &Tree::new(),
            &["$.files['/run/docker.sock'].mode", "$.files['/running'].mode", "$.files['/proc'].mode"],
        );
        let offline =
            |path: &str| matches!(&files.0[path], Fact::Gap(unknown) if unknown.reason == GapReason::Offline);
        assert!(offline("/run/docker.sock") && offline("/proc"));
        assert!(!files.0["/running"].known().unwrap().exists);
    }
}
