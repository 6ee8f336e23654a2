//! The header of an rpm package: an index of tags, and the data that it points into.
//!
//! As it lies in the database: the number of entries and the size of the data, both of four bytes and
//! big-endian; per entry tag, type, offset and count; then the data.

use super::{Flaw, u32_at};

const TAG_NAME: u32 = 1000;
const TAG_VERSION: u32 = 1001;
const TAG_RELEASE: u32 = 1002;
const TAG_EPOCH: u32 = 1003;
const TAG_ARCH: u32 = 1022;

const TYPE_INT32: u32 = 4;
const TYPE_STRING: u32 = 6;

/// The size of an entry of the index, in bytes.
const ENTRY: usize = 16;

/// How many entries a header has at most, as rpm itself has it.
const MAX_ENTRIES: u32 = 0xffff;

/// A header, borrowed from the database.
pub(super) struct Header<'a> {
    index: &'a [u8],
    data: &'a [u8],
}

impl<'a> Header<'a> {
    /// # Errors
    ///
    /// If the bytes are fewer than the header says.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Flaw> {
        let entries = u32_at(bytes, 0, u32::from_be_bytes)?;
        let size = u32_at(bytes, 4, u32::from_be_bytes)?;
        if entries == 0 || entries > MAX_ENTRIES {
            return Err(Flaw::malformed(format!("a package header of {entries} entries")));
        }
        let (entries, size) = (entries as usize * ENTRY, size as usize);
        let parts = bytes[8..].split_at_checked(entries);
        let parts = parts.and_then(|(index, rest)| Some((index, rest.get(..size)?)));
        let Some((index, data)) = parts else {
            return Err(Flaw::malformed("a package header is cut off"));
        };
        Ok(Self { index, data })
    }

    pub(super) fn name(&self) -> Result<&'a str, Flaw> {
        self.required(TAG_NAME)
    }

    pub(super) fn architecture(&self) -> Result<&'a str, Flaw> {
        // Public keys are stored as packages without an architecture.
        Ok(self.string(TAG_ARCH)?.unwrap_or("(none)"))
    }

    /// `[EPOCH:]VERSION-RELEASE`.
    pub(super) fn version(&self) -> Result<String, Flaw> {
        let version = format!("{}-{}", self.required(TAG_VERSION)?, self.required(TAG_RELEASE)?);
        Ok(match self.number(TAG_EPOCH)? {
            Some(epoch) => format!("{epoch}:{version}"),
            None => version,
        })
    }

    fn required(&self, tag: u32) -> Result<&'a str, Flaw> {
        self.string(tag)?.ok_or_else(|| Flaw::malformed(format!("a package header without tag {tag}")))
    }

    fn string(&self, tag: u32) -> Result<Option<&'a str>, Flaw> {
        let Some(data) = self.find(tag, TYPE_STRING)? else { return Ok(None) };
        let end = data.iter().position(|byte| *byte == 0);
        let text = end.and_then(|end| std::str::from_utf8(&data[..end]).ok());
        text.map(Some).ok_or_else(|| Flaw::malformed(format!("tag {tag} of a package header is no string")))
    }

    fn number(&self, tag: u32) -> Result<Option<u32>, Flaw> {
        self.find(tag, TYPE_INT32)?.map(|data| u32_at(data, 0, u32::from_be_bytes)).transpose()
    }

    /// The data from where the entry of `tag` points to.
    fn find(&self, tag: u32, expected: u32) -> Result<Option<&'a [u8]>, Flaw> {
        for entry in self.index.chunks_exact(ENTRY) {
            if u32_at(entry, 0, u32::from_be_bytes)? != tag {
                continue;
            }
            let offset = u32_at(entry, 8, u32::from_be_bytes)? as usize;
            let data = self.data.get(offset..).filter(|data| !data.is_empty());
            return match (u32_at(entry, 4, u32::from_be_bytes)?, data) {
                (found, Some(data)) if found == expected => Ok(Some(data)),
                (found, Some(_)) => {
                    Err(Flaw::malformed(format!("tag {tag} of a package header has type {found}")))
                }
                (_, None) => Err(Flaw::malformed(format!("tag {tag} of a package header points outside"))),
            };
        }
        Ok(None)
    }
}
