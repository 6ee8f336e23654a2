//! Blobs that are named after their digests: in containerd's content store and in OCI image layouts.
//!
//! * [`digests`]: whether the contents of blobs are those that they are named after
//! * [`document`]: indexes, manifests and configurations
//! * [`tree`]: all that an image refers to

pub(super) mod digests;
pub(super) mod document;
pub(super) mod tree;

use sha2::{Digest, Sha256, Sha512};

use super::hex::hex;
use crate::fact::Unknown;
use crate::host::{Dir, FileKind, FileStream, Host, HostError, HostErrorKind, Metadata};

/// The digests that there are blobs of, and how many hexadecimal digits each has.
const ALGORITHMS: [(&str, usize); 2] = [("sha256", 64), ("sha512", 128)];

/// A directory of blobs: `blobs/sha256/<digest>`.
#[derive(Debug)]
pub(super) struct Blobs {
    path: String,
    directories: Vec<(&'static str, Dir)>,
}

/// Why a document is not what its digest says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum DocumentError {
    /// There is no such blob.
    Missing,
    /// Its contents are not those of its digest, or are no document; in words.
    Invalid(String),
    /// It could not be read.
    Unknown(Unknown),
}

impl Blobs {
    /// The blobs in the directory `path`; none if it is not there.
    ///
    /// # Errors
    ///
    /// If it cannot be looked at.
    pub(super) fn open(host: &Host, path: String) -> Result<Self, HostError> {
        let mut directories = Vec::new();
        for (algorithm, _) in ALGORITHMS {
            match host.open_dir(format!("{path}/{algorithm}")) {
                Ok(directory) => directories.push((algorithm, directory)),
                Err(error) if error.kind == HostErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self { path, directories })
    }

    /// The digests of all blobs, sorted; what has no digest for its name is no blob.
    ///
    /// # Errors
    ///
    /// If the blobs cannot be listed.
    pub(super) fn list(&self) -> Result<Vec<String>, HostError> {
        let mut digests = Vec::new();
        for (algorithm, directory) in &self.directories {
            let names = directory.entries()?;
            let named = names.iter().map(|entry| format!("{algorithm}:{}", entry.name.to_string_lossy()));
            digests.extend(named.filter(|digest| split(digest).is_some()));
        }
        Ok(digests)
    }

    /// Where the blob is, or would be.
    pub(super) fn path(&self, digest: &str) -> String {
        format!("{}/{}", self.path, digest.replacen(':', "/", 1))
    }

    /// What the blob's inode says; `None` if there is no file of that name.
    ///
    /// # Errors
    ///
    /// If that cannot be told.
    pub(super) fn metadata(&self, digest: &str) -> Result<Option<Metadata>, HostError> {
        let Some((directory, name)) = self.place(digest) else { return Ok(None) };
        match directory.metadata(name) {
            Ok(metadata) => Ok((metadata.kind == FileKind::Regular).then_some(metadata)),
            Err(error) if error.kind == HostErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The bytes of a blob that is a document, if they have its digest.
    pub(super) fn document(&self, digest: &str) -> Result<Vec<u8>, DocumentError> {
        let (directory, name) = self.place(digest).ok_or(DocumentError::Missing)?;
        let bytes = directory.read(name).map_err(|error| match error.kind {
            HostErrorKind::NotFound => DocumentError::Missing,
            HostErrorKind::NotRegular(kind) => DocumentError::Invalid(format!("it is {kind}")),
            _ => DocumentError::Unknown(error.into()),
        })?;
        let actual = if digest.starts_with("sha512:") { sha512(&bytes) } else { sha256(&bytes) };
        if actual != digest {
            let detail = format!("its {} bytes have the digest {actual}", bytes.len());
            return Err(DocumentError::Invalid(detail));
        }
        Ok(bytes)
    }

    /// The contents of a blob, to be read from its beginning to its end.
    ///
    /// # Errors
    ///
    /// If there is no such blob, or it may not be read.
    fn open_blob(&self, digest: &str) -> Result<FileStream, HostError> {
        match self.place(digest) {
            Some((directory, name)) => directory.open_file_beneath(name),
            None => Err(HostError { path: self.path(digest), kind: HostErrorKind::NotFound }),
        }
    }

    fn place<'d>(&self, digest: &'d str) -> Option<(&Dir, &'d str)> {
        let (algorithm, name) = split(digest)?;
        let (_, directory) = self.directories.iter().find(|(of, _)| *of == algorithm)?;
        Some((directory, name))
    }
}

/// The algorithm and the digits of a digest, if it is one.
pub(super) fn split(digest: &str) -> Option<(&str, &str)> {
    let (algorithm, digits) = digest.split_once(':')?;
    let (_, length) = ALGORITHMS.iter().find(|(name, _)| *name == algorithm)?;
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (digits.len() == *length && digits.bytes().all(is_digit)).then_some((algorithm, digits))
}

/// The digest of `bytes`: `sha256:…`.
pub(super) fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

fn sha512(bytes: &[u8]) -> String {
    format!("sha512:{}", hex(&Sha512::digest(bytes)))
}
