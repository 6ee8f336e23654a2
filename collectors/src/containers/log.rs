//! How much the log of a container takes.

use std::path::Path;

use crate::fact::Fact;
use crate::host::{FileKind, Host, HostErrorKind};

/// How much space the log at `path` takes, with what was rotated out of it: `0.log`, `0.log.20260102-030405.gz`.
/// Absent if there is no such directory.
pub(super) fn bytes(host: &Host, path: &str) -> Fact<u64> {
    let path = Path::new(path);
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { return Fact::Absent };
    let name = name.as_encoded_bytes();
    let sum = || {
        let directory = host.open_dir(directory)?;
        let mut sum = 0_u64;
        for entry in directory.entries()? {
            if !entry.name.as_encoded_bytes().starts_with(name) || entry.kind != FileKind::Regular {
                continue;
            }
            match directory.metadata(&entry.name) {
                Ok(file) => sum = sum.saturating_add(file.allocated),
                // It was rotated meanwhile.
                Err(error) if error.kind == HostErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(sum)
    };
    sum().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn what_was_rotated_counts_and_other_logs_do_not() {
        let tree = Tree::new()
            .file("logs/0.log", "x".repeat(100_000))
            .file("logs/0.log.20260102-030405.gz", "y".repeat(100_000))
            .file("logs/1.log", "z".repeat(100_000))
            .link("logs/0.log.link", "/logs/1.log")
            .fifo("logs/0.log.fifo");
        let host = tree.host();
        let alone = *bytes(&host, "/logs/1.log").known().unwrap();
        assert!(alone >= 100_000, "{alone}");
        assert_eq!(bytes(&host, "/logs/0.log"), Fact::Known(2 * alone));
        assert_eq!(bytes(&host, "/logs/2.log"), Fact::Known(0));
        assert_eq!(bytes(&host, "/nowhere/0.log"), Fact::Absent);
        assert_eq!(bytes(&host, "/"), Fact::Absent);
    }
}
