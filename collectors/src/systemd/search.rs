//! The unit search path of the system's systemd, and finding the file of a unit on it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use crate::fact::Unknown;
use crate::host::{FileKind, Host, HostErrorKind, Metadata};

use super::enablement::Links;
use super::name;

/// How many aliases lead to a unit at most; systemd's own limit.
const MAX_HOPS: usize = 8;

/// The search path, the strongest directory first. What is below `/run` is gone after the next boot, so
/// it counts on a running node only.
const SEARCH_PATH: [(&str, Kind); 13] = [
    ("/etc/systemd/system.control", Kind::Persistent),
    ("/run/systemd/system.control", Kind::Runtime),
    ("/run/systemd/transient", Kind::Transient),
    ("/run/systemd/generator.early", Kind::Generated),
    ("/etc/systemd/system", Kind::Persistent),
    ("/etc/systemd/system.attached", Kind::Persistent),
    ("/run/systemd/system", Kind::Runtime),
    ("/run/systemd/system.attached", Kind::Runtime),
    ("/run/systemd/generator", Kind::Generated),
    ("/usr/local/lib/systemd/system", Kind::Vendor),
    ("/usr/lib/systemd/system", Kind::Vendor),
    // The same directory on every system with a merged /usr; then it is left out.
    ("/lib/systemd/system", Kind::Vendor),
    ("/run/systemd/generator.late", Kind::Generated),
];

/// Who writes a directory of the search path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The administrator, for good.
    Persistent,
    /// The administrator, until the next boot.
    Runtime,
    /// Programs that ask systemd for a unit, until it stops.
    Transient,
    /// Generators, at each boot.
    Generated,
    /// The distribution.
    Vendor,
}

/// A directory of the search path with what is in it.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) path: &'static str,
    pub(super) kind: Kind,
    pub(super) entries: BTreeMap<String, FileKind>,
}

/// The unit files of a target.
#[derive(Debug)]
pub(crate) struct UnitFiles<'h> {
    pub(super) host: &'h Host,
    listing: Arc<Listing>,
}

/// The search path, listed once per scan.
#[derive(Debug)]
struct Listing {
    directories: Vec<Directory>,
    links: OnceLock<Result<Links, Unknown>>,
}

/// Where the definition of a unit was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) file: String,
    /// The kind of the directory that holds it.
    pub(super) kind: Kind,
    pub(super) masked: bool,
    /// The names that led to it: the one asked for first, the unit's own last.
    pub(super) names: Vec<String>,
}

impl<'h> UnitFiles<'h> {
    /// Lists the search path of `host`.
    ///
    /// # Errors
    ///
    /// If a directory of it is there and cannot be listed.
    pub(crate) fn list(host: &'h Host) -> Result<Self, Unknown> {
        struct Listed(Result<Arc<Listing>, Unknown>);
        let listing = host.once(|| Listed(Listing::read(host).map(Arc::new))).0.clone()?;
        Ok(Self { host, listing })
    }

    /// The directories of the search path that are there, the strongest first.
    pub(super) fn directories(&self) -> &[Directory] {
        &self.listing.directories
    }

    /// The names on the search path that are of units of type `unit_type`, sorted.
    pub(crate) fn names(&self, unit_type: &str) -> BTreeSet<&str> {
        let names =
            self.directories().iter().flat_map(|directory| directory.entries.keys().map(String::as_str));
        names.filter(|name| name::unit_type(name) == Some(unit_type)).collect()
    }

    /// The symbolic links of the search path that enable units.
    pub(super) fn links(&self) -> Result<&Links, Unknown> {
        self.listing.links.get_or_init(|| Links::read(self)).as_ref().map_err(Unknown::clone)
    }

    /// Finds what defines the unit `name`, through its aliases.
    pub(super) fn find(&self, name: &str) -> Result<Option<Found>, Unknown> {
        let mut names = vec![name.to_owned()];
        while let Some(current) = names.last().cloned().filter(|_| names.len() <= MAX_HOPS) {
            let step = match self.lookup(&current)? {
                None => match name::template(&current) {
                    Some(template) => self.lookup(&template)?,
                    None => None,
                },
                found => found,
            };
            match step {
                None => return Ok(None),
                Some(Step::File { file, kind, masked }) => {
                    return Ok(Some(Found { file, kind, masked, names }));
                }
                Some(Step::Alias(other)) => {
                    let other =
                        if name::is_template(&other) { name::instantiate(&other, &current) } else { other };
                    names.push(other);
                }
            }
        }
        Ok(None)
    }

    /// The first directory that says what `name` is.
    fn lookup(&self, name: &str) -> Result<Option<Step>, Unknown> {
        for directory in self.directories() {
            let step = match directory.entries.get(name) {
                Some(FileKind::Regular) => self.regular(directory, name)?,
                Some(FileKind::Symlink) => match self.follow(directory, name)? {
                    Some(step) => step,
                    None => continue,
                },
                _ => continue,
            };
            return Ok(Some(step));
        }
        Ok(None)
    }

    /// An empty unit file masks the unit as a link to `/dev/null` does.
    fn regular(&self, directory: &Directory, name: &str) -> Result<Step, Unknown> {
        let file = format!("{}/{name}", directory.path);
        let masked = self.host.metadata(&file)?.size == 0;
        Ok(Step::File { file, kind: directory.kind, masked })
    }

    /// What the link `name` says; `None` if it leads to nothing, which systemd passes over.
    fn follow(&self, directory: &Directory, name: &str) -> Result<Option<Step>, Unknown> {
        let file = format!("{}/{name}", directory.path);
        let target = resolve(directory.path, &self.host.read_link(&file)?);
        let step = |file, masked| Some(Step::File { file, kind: directory.kind, masked });
        if target == "/dev/null" {
            return Ok(step(file, true));
        }
        let (parent, base) = target.rsplit_once('/').unwrap_or(("", &target));
        let on_search_path = SEARCH_PATH.iter().any(|(path, _)| *path == parent);
        if on_search_path && base != name {
            return Ok(name::unit_type(base).map(|_| Step::Alias(base.to_owned())));
        }
        Ok(if self.host.exists(&file)? { step(target, false) } else { None })
    }
}

impl Listing {
    fn read(host: &Host) -> Result<Self, Unknown> {
        let mut directories: Vec<Directory> = Vec::new();
        let mut seen: Vec<Metadata> = Vec::new();
        for (path, kind) in SEARCH_PATH {
            if path.starts_with("/run/") && !host.is_running() {
                continue;
            }
            let metadata = match host.metadata(path) {
                Err(error) if error.kind == HostErrorKind::NotFound => continue,
                result => result?,
            };
            if seen.iter().any(|other| other.is_same_object(&metadata)) {
                continue;
            }
            seen.push(metadata);
            directories.push(Directory { path, kind, entries: entries(host, path)? });
        }
        Ok(Self { directories, links: OnceLock::new() })
    }
}

/// What an entry of the search path says about a unit.
enum Step {
    File { file: String, kind: Kind, masked: bool },
    Alias(String),
}

fn entries(host: &Host, path: &str) -> Result<BTreeMap<String, FileKind>, Unknown> {
    let listed = host.read_dir(path)?;
    // A name that is no UTF-8 is no name of a unit.
    Ok(listed.into_iter().filter_map(|entry| Some((entry.name.into_string().ok()?, entry.kind))).collect())
}

/// Where the link text `target` leads to from `directory`, by its words alone: an absolute path of the
/// target, without `.` and `..`.
pub(super) fn resolve(directory: &str, target: &str) -> String {
    let from = if target.starts_with('/') { "" } else { directory };
    let mut steps: Vec<&str> = Vec::new();
    for step in from.split('/').chain(target.split('/')) {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    format!("/{}", steps.join("/"))
}
