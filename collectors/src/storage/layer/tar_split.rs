//! What of a layer's archive is not in the layer's files: `tar-split.json.gz` of docker and
//! `<layer>.tar-split.gz` of containers/storage, which are one format (github.com/vbatts/tar-split).
//!
//! Gzipped, one JSON object a line, in the order of the archive: a *segment* holds bytes of the archive, its
//! headers and padding; a *file* names a file whose contents come next, with their size and checksum.

use std::io::{BufRead, BufReader, Read, Take};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crc::{CRC_64_GO_ISO, Crc, Table};
use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;

/// The checksum of a file's contents: Go's `crc64.ISO`.
pub(super) static CRC: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_GO_ISO);

/// How long a line may be. A segment has at most 1 MiB of the archive, and base64 makes 4 bytes of 3.
const MAX_LINE: u64 = 4 << 20;

/// How large the whole may be, unpacked: 100 million files.
const MAX_SIZE: u64 = 16 << 30;

/// A piece of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes of the archive itself.
    Raw(Vec<u8>),
    /// The contents of a file.
    File(File),
}

/// A file of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name in the archive, `./bin/sh`, `bin/sh`.
    pub name: Vec<u8>,
    /// How many bytes of contents it has.
    pub size: u64,
    /// Their checksum; absent for a file without contents.
    pub checksum: Option<u64>,
}

/// The description is not of its format: it was cut off, overwritten or made by something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

/// The pieces of an archive, one after the other.
#[derive(Debug)]
pub struct Pieces<R> {
    lines: Take<BufReader<MultiGzDecoder<BufReader<R>>>>,
    line: Vec<u8>,
    number: u64,
}

impl<R: Read> Pieces<R> {
    /// The pieces that the file `gzip` describes.
    pub fn new(gzip: R) -> Self {
        let lines = BufReader::new(MultiGzDecoder::new(BufReader::new(gzip))).take(MAX_SIZE);
        Self { lines, line: Vec::new(), number: 0 }
    }

    /// The next piece; none after the last.
    ///
    /// # Errors
    ///
    /// If the description is not of its format.
    #[allow(clippy::should_implement_trait, reason = "after an error there is nothing more to be had")]
    pub fn next(&mut self) -> Result<Option<Piece>, Malformed> {
        self.line.clear();
        self.number += 1;
        let number = self.number;
        let wrong = |what: String| Malformed(format!("line {number}: {what}"));
        let read = self.lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut self.line);
        if read.map_err(|error| wrong(error.to_string().to_lowercase()))? == 0 {
            return if self.lines.limit() == 0 { Err(wrong("too large".to_owned())) } else { Ok(None) };
        }
        if self.line.len() as u64 == MAX_LINE {
            return Err(wrong("too long".to_owned()));
        }
        piece(&self.line).map(Some).map_err(wrong)
    }
}

/// A line (tar/storage/entry.go).
#[derive(Deserialize)]
struct Line {
    r#type: u8,
    #[serde(default)]
    name: Option<String>,
    /// The name if it is not UTF-8, in base64.
    #[serde(default)]
    name_raw: Option<String>,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    payload: Option<String>,
}

fn piece(line: &[u8]) -> Result<Piece, String> {
    let line: Line = serde_json::from_slice(line).map_err(|error| error.to_string().to_lowercase())?;
    let payload = decode(line.payload.as_deref().unwrap_or_default(), "payload")?;
    match line.r#type {
        1 => {
            let raw = decode(line.name_raw.as_deref().unwrap_or_default(), "name_raw")?;
            let name = if raw.is_empty() { line.name.unwrap_or_default().into_bytes() } else { raw };
            let checksum = <[u8; 8]>::try_from(payload).ok().map(u64::from_be_bytes);
            match (line.size.unwrap_or(0), checksum) {
                (size @ 1.., None) => Err(format!("a file of {size} bytes without their checksum")),
                (size, checksum) => Ok(Piece::File(File { name, size, checksum })),
            }
        }
        2 => Ok(Piece::Raw(payload)),
        other => Err(format!("an entry of the unknown type {other}")),
    }
}

fn decode(text: &str, what: &str) -> Result<Vec<u8>, String> {
    BASE64.decode(text).map_err(|error| format!("{what}: {}", error.to_string().to_lowercase()))
}
