//! `packages`: what the node's package managers have installed, read from their own databases.

mod apk;
mod dpkg;
mod rpm;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::fact::{Fact, Unknown};
use crate::host::{Host, HostError, HostErrorKind};
use crate::keyed::Keyed;

/// The largest database that is read, in bytes; those of full distributions have some ten to hundred MiB.
const DATABASE_CAP: usize = 256 << 20;

/// A package, looked up by its name, or by `NAME:ARCHITECTURE`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Package {
    /// Whether it is installed; not so if only its configuration files are left, or if unpacking it was
    /// interrupted.
    /// Source: `/var/lib/dpkg/status` (`Status`), `/lib/apk/db/installed`, the rpm database.
    pub installed: bool,
    /// Its version, with epoch and release where it has them, such as `"1:1.4.7-1+b2"`.
    /// Source: dpkg: `Version`; apk: `V`; rpm: the tags EPOCH, VERSION and RELEASE.
    pub version: Fact<String>,
    /// Its architecture, with the package manager's word.
    /// Source: dpkg: `Architecture`; apk: `A`; rpm: the tag ARCH.
    pub architecture: Fact<String>,
    /// The package manager that has it.
    /// Source: the database in which it was found.
    pub manager: Fact<Manager>,
}

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Manager {
    /// Debian's.
    Dpkg,
    /// Red Hat's and SUSE's.
    Rpm,
    /// Alpine's.
    Apk,
}

/// Looks up the packages that are asked for.
pub fn collect(ctx: &Context<'_>) -> Fact<Keyed<Fact<Package>>> {
    let mut wanted: Wanted<'_> = ctx.demand.keys(&["packages"]).map(|key| (key, None)).collect();
    if wanted.is_empty() {
        return Fact::Known(Keyed(BTreeMap::new()));
    }
    let missing = search(ctx.host, &mut wanted);
    let entries = wanted.into_iter().map(|(key, found)| {
        let fact = match (found, &missing) {
            (Some(package), _) => Fact::Known(package),
            (None, Ok(())) => Fact::Known(not_installed()),
            (None, Err(unknown)) => Fact::Gap(unknown.clone()),
        };
        (key.to_owned(), fact)
    });
    Fact::Known(Keyed(entries.collect()))
}

/// The version of the first of the packages `names` that is installed; absent if none of them is.
pub(crate) fn version(host: &Host, names: &[&str]) -> Fact<String> {
    let mut wanted: Wanted<'_> = names.iter().map(|name| (*name, None)).collect();
    let missing = search(host, &mut wanted);
    match (names.iter().find_map(|name| wanted.remove(name).flatten()), missing) {
        (Some(package), _) => package.version,
        (None, Ok(())) => Fact::Absent,
        (None, Err(unknown)) => Fact::Gap(unknown),
    }
}

/// The packages that are asked for, and what has been found of them.
type Wanted<'k> = BTreeMap<&'k str, Option<Package>>;

/// Looks into every database of the target.
///
/// # Errors
///
/// If a package that was not found may be installed all the same: a database could not be read to its end,
/// or there is none.
fn search(host: &Host, wanted: &mut Wanted<'_>) -> Result<(), Unknown> {
    let results = [dpkg::search(host, wanted), apk::search(host, wanted), rpm::search(host, wanted)];
    let mut any = false;
    for result in results {
        any |= result? == Presence::Read;
    }
    if any {
        return Ok(());
    }
    let detail = "no package database of dpkg, rpm or apk is there";
    Err(Unknown { reason: GapReason::Unsupported, source: None, detail: detail.to_owned() })
}

/// Whether the target has the database of a package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Missing,
    Read,
}

/// An installed package, as its database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Installed<'a> {
    name: &'a str,
    version: String,
    architecture: &'a str,
    manager: Manager,
}

/// Notes an installed package under each key that means it. Of several of the same name the first counts.
fn note(wanted: &mut Wanted<'_>, installed: &Installed<'_>) {
    let full = format!("{}:{}", installed.name, installed.architecture);
    for key in [installed.name, full.as_str()] {
        if let Some(entry @ None) = wanted.get_mut(key) {
            *entry = Some(Package {
                installed: true,
                version: Fact::Known(installed.version.clone()),
                architecture: Fact::Known(installed.architecture.to_owned()),
                manager: Fact::Known(installed.manager),
            });
        }
    }
}

/// Whether a package of this name is asked for, of whatever architecture.
fn is_wanted(wanted: &Wanted<'_>, name: &str) -> bool {
    let is_key =
        |key: &str| key.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
    wanted.range(name..).take_while(|(key, _)| key.starts_with(name)).any(|(key, _)| is_key(key))
}

fn not_installed() -> Package {
    Package { installed: false, version: Fact::Absent, architecture: Fact::Absent, manager: Fact::Absent }
}

/// The bytes of a database, `None` if it is not there.
fn read_database(host: &Host, path: &str) -> Result<Option<Vec<u8>>, Unknown> {
    match host.read_capped(path, DATABASE_CAP) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(HostError { kind: HostErrorKind::NotFound, .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The text of a database, `None` if it is not there. No such database holds a zero byte unless a crash
/// left blocks of them.
fn read_text_database(host: &Host, path: &str) -> Result<Option<String>, Unknown> {
    let Some(bytes) = read_database(host, path)? else { return Ok(None) };
    if bytes.contains(&0) {
        return Err(Unknown::malformed(path, "it holds zero bytes where text should be"));
    }
    let text =
        String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
    Ok(Some(text))
}

/// The paragraphs of a text database, which empty lines separate.
fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches('\n');
        let mut end = 0;
        for line in rest.split_inclusive('\n').take_while(|line| *line != "\n") {
            end += line.len();
        }
        let (paragraph, after) = rest.split_at(end);
        rest = after;
        (!paragraph.is_empty()).then_some(paragraph)
    })
}
