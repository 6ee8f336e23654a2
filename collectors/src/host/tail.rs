//! The end of a log file.

use std::path::Path;

use super::{Host, HostError};

/// The end of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    /// Its bytes, from the beginning of a line on.
    pub bytes: Vec<u8>,
    /// Whether the file has more before them.
    pub cut: bool,
}

impl Host {
    /// The last lines of the regular file at `path`, of at most `cap` bytes. What is written to it meanwhile
    /// may be missing.
    ///
    /// # Errors
    ///
    /// If there is no such file, if it may not be read, or is not a regular file.
    pub fn read_tail(&self, path: impl AsRef<Path>, cap: usize) -> Result<Tail, HostError> {
        let file = self.open_file(path)?;
        let size = file.metadata()?.size;
        let start = size.saturating_sub(cap as u64);
        // One byte earlier, to see whether a line begins at the start.
        let from = start.saturating_sub(1);
        let mut bytes = vec![0; usize::try_from(size - from).unwrap_or(cap)];
        let read = file.read_at(from, &mut bytes)?;
        bytes.truncate(read);
        if start > 0 {
            let line = bytes.iter().position(|byte| *byte == b'\n');
            bytes.drain(..line.map_or(bytes.len(), |newline| newline + 1));
        }
        Ok(Tail { bytes, cut: start > 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{FileKind, HostErrorKind};

    #[test]
    fn the_end_begins_with_a_line() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::write(tree.path().join("log"), "one\ntwo\nthree\n").unwrap();
        let host = Host::at(tree.path()).unwrap();
        let tail = |cap| host.read_tail("/log", cap).unwrap();
        let expect = |text: &str, cut| Tail { bytes: text.as_bytes().to_vec(), cut };
        assert_eq!(tail(100), expect("one\ntwo\nthree\n", false));
        assert_eq!(tail(14), expect("one\ntwo\nthree\n", false));
        assert_eq!(tail(13), expect("two\nthree\n", true));
        assert_eq!(tail(10), expect("two\nthree\n", true));
        assert_eq!(tail(9), expect("three\n", true));
        assert_eq!(tail(0), expect("", true));
    }

    #[test]
    fn a_terabyte_is_read_from_its_end_and_a_directory_not_at_all() {
        let tree = tempfile::tempdir().unwrap();
        let log = std::fs::File::create(tree.path().join("log")).unwrap();
        log.set_len(1 << 40).unwrap();
        let host = Host::at(tree.path()).unwrap();
        assert_eq!(host.read_tail("/log", 1 << 20).unwrap(), Tail { bytes: Vec::new(), cut: true });
        let error = host.read_tail("/", 9).unwrap_err();
        assert_eq!(error.kind, HostErrorKind::NotRegular(FileKind::Directory));
    }
}
