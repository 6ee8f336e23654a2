//! os-release(5): which distribution it is.

use std::collections::BTreeMap;

use plimsoll_engine::snapshot::GapReason;

use crate::fact::{Fact, Unknown};
use crate::host::Host;

/// Where it may be; the first that is there counts.
const FILES: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

/// The assignments of an os-release file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OsRelease(BTreeMap<String, String>);

/// Reads the target's os-release.
///
/// # Errors
///
/// If there is none, or it cannot be read.
pub(super) fn read(host: &Host) -> Result<OsRelease, Unknown> {
    for file in FILES {
        match Fact::from(host.read_text(file)) {
            Fact::Known(text) => return Ok(OsRelease::parse(&text)),
            Fact::Absent => {}
            Fact::Gap(unknown) => return Err(unknown),
        }
    }
    let detail = format!("none of {} is there", FILES.join(", "));
    Err(Unknown::new(GapReason::Failed, FILES[0], detail))
}

impl OsRelease {
    fn parse(text: &str) -> Self {
        let assignment = |line: &str| {
            let (name, value) = line.trim().split_once('=')?;
            let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            is_name.then(|| (name.to_owned(), unquote(value)))
        };
        Self(text.lines().filter_map(assignment).collect())
    }

    /// The value of `name`, if it is set and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value of `name`; what os-release(5) says to take in its place if it is not set.
    pub(super) fn get_or(&self, name: &str, default: &str) -> String {
        self.get(name).unwrap_or(default).to_owned()
    }

    /// The distributions that this one is made from, the closest first.
    pub(super) fn id_like(&self) -> Vec<String> {
        self.get("ID_LIKE").unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect()
    }
}

/// A value as a shell reads it, without expansion.
fn unquote(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut quote = None;
    let mut characters = value.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (_, Some(open)) if c == open => quote = None,
            // In double quotes a backslash escapes only what means something there.
            ('\\', Some('"')) if !characters.peek().is_some_and(|next| "$`\"\\".contains(*next)) => {
                plain.push(c)
            }
            ('\\', None | Some('"')) => plain.extend(characters.next()),
            (c, _) => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn values_are_unquoted_as_a_shell_does() {
        let release = OsRelease::parse(
            "# comment\nID=debian\nNAME=\"Debian GNU/Linux\"\nA='it is \"so\" \\n'\nB=\"a \\\"b\\\" \\$c \\d\"\n  C=x\\ y \nD=\nE\n1-X=1\n",
        );
        assert_eq!(release.get("ID"), Some("debian"));
        assert_eq!(release.get("NAME"), Some("Debian GNU/Linux"));
        assert_eq!(release.get("A"), Some("it is \"so\" \\n"));
        assert_eq!(release.get("B"), Some("a \"b\" $c \\d"));
        assert_eq!(release.get("C"), Some("x y"));
        assert_eq!(release.get("D"), None);
        assert_eq!(release.get("1-X"), None);
        assert_eq!(release.get_or("PRETTY_NAME", "Linux"), "Linux");
        assert_eq!(OsRelease::parse("A=\"never closed\\").get("A"), Some("never closed\\"));
    }

    #[test]
    fn etc_goes_before_usr_and_neither_is_unknown() {
        let usr = Tree::new().file("usr/lib/os-release", "ID=fedora\n");
        assert_eq!(read(&usr.host()).unwrap().get("ID"), Some("fedora"));
        let both = usr.file("etc/os-release", "ID=rhel\n");
        assert_eq!(read(&both.host()).unwrap().get("ID"), Some("rhel"));
        assert!(read(&Tree::new().host()).is_err());
    }
}
