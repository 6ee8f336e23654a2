//! Berkeley DB, access method hash: what rpm used before version 4.16.
//!
//! Every page is looked at, and those of the hash table are searched for pairs of key and value, whatever
//! bucket they are in. What does not fit there lies in a chain of overflow pages. The key is the header's number; number 0 holds the highest number given.

use std::collections::HashSet;

use super::{Flaw, Visit, u32_at};

const HASH_MAGIC: u32 = 0x0006_1561;

/// The versions of the hash format whose pages look alike: Berkeley DB 4.2 to 5.3.
const VERSIONS: std::ops::RangeInclusive<u32> = 8..=10;

/// The size of a page's header, in bytes.
const PAGE_HEADER: usize = 26;

const PAGE_HASH_UNSORTED: u8 = 2;
const PAGE_OVERFLOW: u8 = 7;
const PAGE_HASH: u8 = 13;

const ITEM_INLINE: u8 = 1;
const ITEM_OVERFLOW: u8 = 3;

/// Calls `visit` with each header.
///
/// # Errors
///
/// If the file is not of this format, or `visit` fails.
pub(super) fn headers(file: &[u8], _log: &[u8], visit: &mut Visit<'_>) -> Result<(), Flaw> {
    let database = Database::open(file)?;
    let mut header = Vec::new();
    let mut seen = HashSet::new();
    for page in 1..database.pages {
        let Page { bytes, kind, entries } = database.page(page)?;
        if kind != PAGE_HASH && kind != PAGE_HASH_UNSORTED {
            continue;
        }
        for pair in 0..entries / 2 {
            let key = database.item(bytes, pair * 2)?;
            let value = database.item(bytes, pair * 2 + 1)?;
            if key.first() != Some(&ITEM_INLINE)
                || key.get(1..).is_none_or(|key| key.iter().all(|byte| *byte == 0))
            {
                continue;
            }
            match value.split_first() {
                Some((&ITEM_INLINE, inline)) => visit(inline)?,
                Some((&ITEM_OVERFLOW, _)) => {
                    database.overflow(value, &mut header, &mut seen)?;
                    visit(&header)?;
                }
                _ => return Err(Flaw::malformed(format!("page {page} holds a value of no known kind"))),
            }
        }
    }
    Ok(())
}

struct Database<'a> {
    file: &'a [u8],
    page_size: usize,
    pages: u32,
    /// Numbers have the byte order of the machine that made the file.
    little_endian: bool,
}

struct Page<'a> {
    bytes: &'a [u8],
    kind: u8,
    entries: usize,
}

impl<'a> Database<'a> {
    fn open(file: &'a [u8]) -> Result<Self, Flaw> {
        let little_endian = u32_at(file, 12, u32::from_le_bytes)? == HASH_MAGIC;
        if !little_endian && u32_at(file, 12, u32::from_be_bytes)? != HASH_MAGIC {
            return Err(Flaw::malformed("it is no hash database of Berkeley DB"));
        }
        let mut database = Self { file, page_size: 0, pages: 0, little_endian };
        let version = database.word(file, 16)?;
        if !VERSIONS.contains(&version) {
            return Err(Flaw::Unsupported(format!("version {version} of Berkeley DB's hash format")));
        }
        let page_size = database.word(file, 20)? as usize;
        if !(512..=65536).contains(&page_size) || !page_size.is_power_of_two() {
            return Err(Flaw::malformed(format!("a page size of {page_size}")));
        }
        let (encryption, flags) = (file.get(24), file.get(26));
        if encryption != Some(&0) || flags != Some(&0) {
            return Err(Flaw::Unsupported("an encrypted, checksummed or partitioned database".to_owned()));
        }
        let last = database.word(file, 32)?;
        if (last as usize).saturating_add(1).saturating_mul(page_size) > file.len() {
            return Err(Flaw::malformed("the file ends before its last page"));
        }
        (database.page_size, database.pages) = (page_size, last.saturating_add(1));
        Ok(database)
    }

    fn page(&self, number: u32) -> Result<Page<'a>, Flaw> {
        let start = number as usize * self.page_size;
        let bytes = self.file.get(start..start + self.page_size).filter(|_| number < self.pages);
        let bytes = bytes.ok_or_else(|| Flaw::malformed(format!("there is no page {number}")))?;
        Ok(Page { bytes, kind: bytes[25], entries: usize::from(self.half(bytes, 20)?) })
    }

    /// The item `index` of a page: its kind and its bytes. Items fill the page from its end.
    fn item(&self, page: &'a [u8], index: usize) -> Result<&'a [u8], Flaw> {
        let offset = |index: usize| self.half(page, PAGE_HEADER + index * 2).map(usize::from);
        let end = if index == 0 { page.len() } else { offset(index - 1)? };
        let item = page.get(offset(index)?..end).filter(|item| !item.is_empty());
        item.ok_or_else(|| Flaw::malformed("an item lies outside of its page"))
    }

    /// Puts into `value` what the overflow pages of an item hold. A page that was `seen` belongs to another
    /// value already, or to this one in a circle.
    fn overflow(&self, item: &[u8], value: &mut Vec<u8>, seen: &mut HashSet<u32>) -> Result<(), Flaw> {
        let (mut number, size) = (self.word(item, 4)?, self.word(item, 8)? as usize);
        value.clear();
        while value.len() < size {
            let page = self.page(number)?;
            let used = usize::from(self.half(page.bytes, 22)?);
            let part = page.bytes.get(PAGE_HEADER..PAGE_HEADER + used);
            let Some(part) = part.filter(|_| page.kind == PAGE_OVERFLOW && seen.insert(number)) else {
                return Err(Flaw::malformed(format!("page {number} does not continue a value")));
            };
            value.extend_from_slice(part);
            number = self.word(page.bytes, 16)?;
        }
        Ok(())
    }

    fn word(&self, bytes: &[u8], at: usize) -> Result<u32, Flaw> {
        u32_at(bytes, at, if self.little_endian { u32::from_le_bytes } else { u32::from_be_bytes })
    }

    fn half(&self, page: &[u8], at: usize) -> Result<u16, Flaw> {
        let field = page.get(at..at + 2).and_then(|field| field.try_into().ok());
        let read = if self.little_endian { u16::from_le_bytes } else { u16::from_be_bytes };
        field.map(read).ok_or_else(|| Flaw::malformed("an index lies outside of its page"))
    }
}
