//! The contents of a layer's files: its archive, put together again, has to have its digest.

use std::io::{self, Read};

use plimsoll_engine::snapshot::GapReason;
use sha2::{Digest, Sha256, Sha512};

use super::super::hex::hex;
use super::super::survey::Survey;
use super::tar_split::{CRC, File, Piece, Pieces};
use super::walk::path_of;
use super::{Difference, Fault};
use crate::fact::Unknown;
use crate::host::{Dir, FileStream, HostErrorKind};

/// The algorithms of digests.
const SHA256: &str = "sha256";
const SHA512: &str = "sha512";

/// How much of a file is read at once.
const BLOCK: usize = 256 << 10;

/// What a layer's archive turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::storage) enum Archive {
    /// It has this digest, `sha256:…`.
    Whole(String),
    /// This file is the first that is not what the archive had; the archive is not put together further.
    Damaged(Difference),
}

/// What a file's contents are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::storage) struct Content {
    /// `sha256:…` or `sha512:…`.
    pub(in crate::storage) digest: String,
    /// How many bytes there are.
    pub(in crate::storage) size: u64,
}

/// Puts together the archive that `pieces` describe out of the files below `root`.
///
/// # Errors
///
/// If the description is broken, a file may not be read, or the time is over.
pub(in crate::storage) fn verify(
    survey: &Survey<'_>,
    root: &Dir,
    mut pieces: Pieces<impl Read>,
    source: &str,
) -> Result<Archive, Fault> {
    let mut reader = Reader::<Sha256>::new(survey, source);
    while let Some(piece) = pieces.next()? {
        match piece {
            Piece::Raw(bytes) => reader.hash.update(&bytes),
            Piece::File(file) if file.size == 0 => reader.check_time()?,
            Piece::File(file) => {
                if let Some(difference) = reader.append(root, &file)? {
                    return Ok(Archive::Damaged(difference));
                }
            }
        }
    }
    Ok(Archive::Whole(reader.digest(SHA256)))
}

/// The digest of all that is left of `file`, of the algorithm `sha512` or else `sha256`.
///
/// # Errors
///
/// If it may not be read, or the time is over.
pub(in crate::storage) fn hash_file(
    survey: &Survey<'_>,
    file: FileStream,
    algorithm: &str,
    source: &str,
) -> Result<Content, Unknown> {
    fn hash<H: Digest>(mut reader: Reader<'_, H>, file: FileStream, name: &str) -> Result<Content, Unknown> {
        let (size, _) = reader.copy(file, u64::MAX, reader.source)?;
        Ok(Content { digest: reader.digest(name), size })
    }
    match algorithm {
        SHA512 => hash(Reader::<Sha512>::new(survey, source), file, SHA512),
        _ => hash(Reader::<Sha256>::new(survey, source), file, SHA256),
    }
}

struct Reader<'a, H> {
    survey: &'a Survey<'a>,
    source: &'a str,
    hash: H,
    block: Vec<u8>,
}

impl<'a, H: Digest> Reader<'a, H> {
    fn new(survey: &'a Survey<'_>, source: &'a str) -> Self {
        Self { survey, source, hash: H::new(), block: vec![0; BLOCK] }
    }

    /// The digest of what was read, by the name of its algorithm.
    fn digest(self, algorithm: &str) -> String {
        format!("{algorithm}:{}", hex(&self.hash.finalize()))
    }

    /// Appends the file's contents to the archive, if they are what they were.
    fn append(&mut self, root: &Dir, file: &File) -> Result<Option<Difference>, Fault> {
        let differs =
            |expected: &str, actual: String| Ok(Some(Difference::new(&file.name, expected, actual)));
        let expected = format!("{} bytes", file.size);
        let Some(path) = path_of(&file.name) else {
            return differs(&expected, "no name of a file".to_owned());
        };
        let stream = match root.open_file_beneath(path) {
            Ok(stream) => stream,
            Err(error) if error.kind == HostErrorKind::NotFound => {
                return differs(&expected, "no such file".to_owned());
            }
            Err(error) => match error.kind {
                HostErrorKind::NotRegular(kind) => return differs(&expected, kind.to_string()),
                _ => return Err(error.into()),
            },
        };
        if stream.metadata().size != file.size {
            return differs(&expected, format!("{} bytes", stream.metadata().size));
        }
        let (size, checksum) = self.copy(stream, file.size, &String::from_utf8_lossy(&file.name))?;
        if size != file.size {
            return differs(&expected, format!("{size} bytes"));
        }
        match file.checksum {
            Some(expected) if expected != checksum => {
                differs(&format!("CRC-64 {expected:016x}"), format!("CRC-64 {checksum:016x}"))
            }
            _ => Ok(None),
        }
    }

    /// Appends what `from` has, up to `most` bytes: how many those are, and their checksum.
    fn copy(&mut self, mut from: impl Read, most: u64, file: &str) -> Result<(u64, u64), Unknown> {
        let (mut size, mut checksum) = (0, CRC.digest());
        loop {
            self.check_time()?;
            let left = usize::try_from(most - size).unwrap_or(BLOCK).min(BLOCK);
            let block = self.block.get_mut(..left).unwrap_or_default();
            let read = from.read(block).map_err(|error| self.unreadable(file, &error))?;
            let Some(block) = self.block.get(..read).filter(|block| !block.is_empty()) else {
                self.survey.ctx.options.progress.add(1, 0);
                return Ok((size, checksum.finalize()));
            };
            self.hash.update(block);
            checksum.update(block);
            size += read as u64;
            self.survey.ctx.options.progress.add(0, read as u64);
        }
    }

    fn check_time(&self) -> Result<(), Unknown> {
        self.survey.out_of_time(self.source).map_or(Ok(()), Err)
    }

    fn unreadable(&self, file: &str, error: &io::Error) -> Unknown {
        let detail = format!("cannot read {file}: {}", error.to_string().to_lowercase());
        Unknown::new(GapReason::Failed, self.source, detail)
    }
}
