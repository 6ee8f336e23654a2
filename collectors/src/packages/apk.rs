//! apk's database: paragraphs of lines `K:value`, one per package.

use crate::fact::Unknown;
use crate::host::Host;

use super::{Installed, Manager, Presence, Wanted, is_wanted, note, paragraphs, read_text_database};

/// Where it is; the second place is that of Alpine with a merged /usr.
const DATABASES: [&str; 2] = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];

/// Looks for the packages that are wanted.
///
/// # Errors
///
/// If the database is there and cannot be read, or is not of its format.
pub(super) fn search(host: &Host, wanted: &mut Wanted<'_>) -> Result<Presence, Unknown> {
    for path in DATABASES {
        if let Some(text) = read_text_database(host, path)? {
            search_paragraphs(&text, wanted).map_err(|detail| Unknown::malformed(path, detail))?;
            return Ok(Presence::Read);
        }
    }
    Ok(Presence::Missing)
}

fn search_paragraphs(text: &str, wanted: &mut Wanted<'_>) -> Result<(), String> {
    for paragraph in paragraphs(text) {
        let field = |key: char| {
            paragraph.lines().find_map(|line| line.strip_prefix(key).and_then(|rest| rest.strip_prefix(':')))
        };
        let Some(name) = field('P') else {
            let first = paragraph.lines().next().unwrap_or_default();
            return Err(format!("a paragraph names no package: {first:.60?}"));
        };
        if !is_wanted(wanted, name) {
            continue;
        }
        let (Some(version), Some(architecture)) = (field('V'), field('A')) else {
            return Err(format!("package {name} has no version or no architecture"));
        };
        note(wanted, &Installed { name, version: version.to_owned(), architecture, manager: Manager::Apk });
    }
    Ok(())
}
