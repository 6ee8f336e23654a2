//! Whether a file system stores what its entries are in its directories.

use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{FileType, OFlags, RawDir};

use super::{Host, HostError, HostErrorKind, read};

impl Host {
    /// Whether the listing of the directory at `path` says what each entry is (`d_type`, getdents(2)). An
    /// overlay file system needs that below it; an xfs made with `ftype=0` and an ext4 without `filetype`
    /// do not have it.
    ///
    /// # Errors
    ///
    /// If there is no such directory, or it may not be listed.
    pub fn stores_entry_kinds(&self, path: impl AsRef<Path>) -> Result<bool, HostError> {
        self.inspect(path.as_ref(), OFlags::PATH, |directory| {
            first_kinds(read::open_listing(directory.as_fd())?)
        })
    }
}

/// What the entries that the kernel hands out first say. Some file systems say of `.` and `..` what they
/// are although they do not say it of others, so those two count in an empty directory only.
fn first_kinds(listing: impl AsFd) -> Result<bool, HostErrorKind> {
    let mut buffer = Vec::with_capacity(8 << 10);
    let mut raw = RawDir::new(listing, buffer.spare_capacity_mut());
    let (mut dots, mut others) = (false, None);
    while let Some(entry) = raw.next() {
        let entry = entry?;
        let said = entry.file_type() != FileType::Unknown;
        if matches!(entry.file_name().to_bytes(), b"." | b"..") {
            dots |= said;
        } else if said {
            return Ok(true);
        } else {
            others = Some(false);
        }
        if others.is_some() && raw.is_buffer_empty() {
            break;
        }
    }
    Ok(others.unwrap_or(dots))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_directory_and_a_full_one_say_the_same() {
        let tree = tempfile::tempdir().unwrap();
        let host = Host::at(tree.path()).unwrap();
        assert!(host.stores_entry_kinds("/").unwrap());
        std::fs::write(tree.path().join("file"), "").unwrap();
        assert!(host.stores_entry_kinds("/").unwrap());
        assert!(host.stores_entry_kinds("/file").is_err());
        assert_eq!(host.stores_entry_kinds("/nowhere").unwrap_err().kind, HostErrorKind::NotFound);
    }
}
