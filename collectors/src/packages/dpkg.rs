//! dpkg's database: paragraphs of `Field: value` in `/var/lib/dpkg/status`; in distroless images one file
//! per package in `/var/lib/dpkg/status.d`.

use crate::fact::Unknown;
use crate::host::{FileKind, Host, HostError, HostErrorKind};

use super::{Installed, Manager, Presence, Wanted, is_wanted, note, paragraphs, read_text_database};

const STATUS: &str = "/var/lib/dpkg/status";
const STATUS_DIRECTORY: &str = "/var/lib/dpkg/status.d";

/// Looks for the packages that are wanted.
///
/// # Errors
///
/// If a file of the database is there and cannot be read, or is not of its format.
pub(super) fn search(host: &Host, wanted: &mut Wanted<'_>) -> Result<Presence, Unknown> {
    let mut presence = Presence::Missing;
    if let Some(text) = read_text_database(host, STATUS)? {
        presence = Presence::Read;
        search_paragraphs(&text, false, wanted).map_err(|detail| Unknown::malformed(STATUS, detail))?;
    }
    let entries = match host.read_dir(STATUS_DIRECTORY) {
        Err(HostError { kind: HostErrorKind::NotFound, .. }) => return Ok(presence),
        result => result?,
    };
    for entry in entries {
        let name = entry.name.to_string_lossy();
        if entry.kind != FileKind::Regular || name.ends_with(".md5sums") {
            continue;
        }
        let path = format!("{STATUS_DIRECTORY}/{name}");
        if let Some(text) = read_text_database(host, &path)? {
            presence = Presence::Read;
            search_paragraphs(&text, true, wanted).map_err(|detail| Unknown::malformed(&path, detail))?;
        }
    }
    Ok(presence)
}

/// Notes the packages that are wanted and installed. Where `status_is_implied` a paragraph without a
/// `Status` is of an installed package.
///
/// # Errors
///
/// If a paragraph is of no package, or one that is wanted lacks a field.
fn search_paragraphs(text: &str, status_is_implied: bool, wanted: &mut Wanted<'_>) -> Result<(), String> {
    for paragraph in paragraphs(text) {
        let Some(name) = field(paragraph, "Package") else {
            let first = paragraph.lines().next().unwrap_or_default();
            return Err(format!("a paragraph has no field Package: {first:.60?}"));
        };
        if !is_wanted(wanted, name) {
            continue;
        }
        let required =
            |key: &str| field(paragraph, key).ok_or_else(|| format!("package {name} has no field {key}"));
        let installed = match field(paragraph, "Status") {
            Some(status) => is_installed(status),
            None if status_is_implied => true,
            None => return Err(format!("package {name} has no field Status")),
        };
        if installed {
            let (version, architecture) = (required("Version")?.to_owned(), required("Architecture")?);
            note(wanted, &Installed { name, version, architecture, manager: Manager::Dpkg });
        }
    }
    Ok(())
}

/// Whether the state of `want flag state` is that of a package whose files are there and configured. What is
/// wanted does not count: a package on hold is `hold ok installed`.
fn is_installed(status: &str) -> bool {
    matches!(status.split_whitespace().nth(2), Some("installed" | "triggers-awaited" | "triggers-pending"))
}

/// The first line of the field `key`.
fn field<'a>(paragraph: &'a str, key: &str) -> Option<&'a str> {
    paragraph.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(key).then(|| value.trim())
    })
}
