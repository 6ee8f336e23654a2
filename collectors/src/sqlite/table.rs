//! Walking the b-tree of a table, and taking its rows apart.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{Malformed, Pages, u32_at};

/// How deep a tree may be: with at least two children per page SQLite itself never gets beyond 20.
const MAX_DEPTH: usize = 20;

/// The size of the header at the beginning of the file, which page 1 holds before its own.
const FILE_HEADER: usize = 100;

const LEAF: u8 = 13;
const INTERIOR: u8 = 5;

/// A row of a table.
pub(crate) struct Row<'r> {
    record: &'r [u8],
}

/// A value of a column.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Column<'r> {
    Integer(i64),
    Text(&'r [u8]),
    Blob(&'r [u8]),
    /// NULL, or a number of a kind that no column of interest has.
    Other,
}

impl Column<'_> {
    pub(super) fn page_number(&self) -> Option<u32> {
        match self {
            Self::Integer(number) => u32::try_from(*number).ok(),
            _ => None,
        }
    }
}

/// Calls `visit` with each row of the table whose b-tree begins at page `root`.
///
/// # Errors
///
/// If the tree or a row is not of its format, or `visit` fails.
pub(super) fn walk<E: From<Malformed>>(
    pages: &Pages<'_>,
    root: u32,
    visit: &mut dyn FnMut(&Row<'_>) -> Result<(), E>,
) -> Result<(), E> {
    Walk { pages, seen: HashSet::new() }.page(root, 0, visit)
}

/// A walk that comes by each page once at most, so that it ends whatever the pages say.
struct Walk<'p, 'a> {
    pages: &'p Pages<'a>,
    seen: HashSet<u32>,
}

impl<'a> Walk<'_, 'a> {
    fn enter(&mut self, number: u32) -> Result<&'a [u8], Malformed> {
        if !self.seen.insert(number) {
            return Err(Malformed::new(format!("page {number} belongs to two places")));
        }
        self.pages.get(number)
    }

    fn page<E: From<Malformed>>(
        &mut self,
        number: u32,
        depth: usize,
        visit: &mut dyn FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if depth > MAX_DEPTH {
            return Err(Malformed::new("a tree is too deep").into());
        }
        let page = self.enter(number)?;
        let header = if number == 1 { FILE_HEADER } else { 0 };
        let kind = page[header];
        let pointers = header + if kind == INTERIOR { 12 } else { 8 };
        for cell in 0..half(page, header + 3)? {
            let at = half(page, pointers + cell * 2)?;
            match kind {
                INTERIOR => self.page(u32_at(page, at, u32::from_be_bytes)?, depth + 1, visit)?,
                LEAF => visit(&Row { record: &self.payload(page, at)? })?,
                _ => return Err(Malformed::new(format!("page {number} belongs to no table")).into()),
            }
        }
        match kind {
            INTERIOR => self.page(u32_at(page, header + 8, u32::from_be_bytes)?, depth + 1, visit),
            LEAF => Ok(()),
            _ => Err(Malformed::new(format!("page {number} belongs to no table")).into()),
        }
    }

    /// The record of the leaf cell at `at`, put together from its overflow pages if it has any.
    fn payload(&mut self, page: &'a [u8], at: usize) -> Result<Cow<'a, [u8]>, Malformed> {
        let mut start = at;
        let size = varint(page, &mut start)?;
        let _row_id = varint(page, &mut start)?;
        let size = usize::try_from(size).ok().filter(|size| *size <= self.pages.count() * self.pages.size);
        let size = size.ok_or_else(|| Malformed::new("a row is larger than the file"))?;
        let local = local_size(size, self.pages.usable);
        let part = page.get(start..start + local).ok_or_else(|| Malformed::new("a row is cut off"))?;
        if local == size {
            return Ok(Cow::Borrowed(part));
        }
        let mut record = Vec::with_capacity(size);
        record.extend_from_slice(part);
        let mut next = u32_at(page, start + local, u32::from_be_bytes)?;
        while record.len() < size {
            let overflow = self.enter(next)?;
            let wanted = (size - record.len()).min(overflow.len() - 4);
            record.extend_from_slice(&overflow[4..4 + wanted]);
            next = u32_at(overflow, 0, u32::from_be_bytes)?;
        }
        Ok(Cow::Owned(record))
    }
}

/// How much of a record of `size` bytes lies in the leaf itself (SQLite file format, section 1.6).
fn local_size(size: usize, usable: usize) -> usize {
    let most = usable - 35;
    if size <= most {
        return size;
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let fitting = least + (size - least) % (usable - 4);
    if fitting <= most { fitting } else { least }
}

impl<'r> Row<'r> {
    /// Column `index`, from 0.
    ///
    /// # Errors
    ///
    /// If the record is too short for what its header says, or has fewer columns.
    pub(crate) fn column(&self, index: usize) -> Result<Column<'r>, Malformed> {
        let mut at = 0;
        let header = varint(self.record, &mut at)?;
        let mut body =
            usize::try_from(header).map_err(|_| Malformed::new("a record's header is too large"))?;
        let end = body;
        for column in 0.. {
            if at >= end {
                break;
            }
            let kind = varint(self.record, &mut at)?;
            let size = value_size(kind)?;
            if column == index {
                let value = body.checked_add(size).and_then(|end| self.record.get(body..end));
                let value = value.ok_or_else(|| Malformed::new("a record is cut off"))?;
                return Ok(decode(kind, value));
            }
            body = body.checked_add(size).ok_or_else(|| Malformed::new("a record is too large"))?;
        }
        Err(Malformed::new(format!("a record has no column {index}")))
    }
}

/// How many bytes a value takes, by its serial type.
fn value_size(kind: u64) -> Result<usize, Malformed> {
    match kind {
        0 | 8 | 9 => Ok(0),
        1..=4 => Ok(usize::try_from(kind).unwrap_or(0)),
        5 => Ok(6),
        6 | 7 => Ok(8),
        10 | 11 => Err(Malformed::new("a value of a reserved type")),
        _ => usize::try_from((kind - 12) / 2).map_err(|_| Malformed::new("a value is too large")),
    }
}

fn decode(kind: u64, value: &[u8]) -> Column<'_> {
    match kind {
        // Two's complement, big-endian, of one to eight bytes.
        1..=6 => {
            let sign = if value.first().is_some_and(|byte| byte & 0x80 != 0) { -1 } else { 0 };
            Column::Integer(value.iter().fold(sign, |number, byte| number << 8 | i64::from(*byte)))
        }
        8 => Column::Integer(0),
        9 => Column::Integer(1),
        12.. if kind.is_multiple_of(2) => Column::Blob(value),
        12.. => Column::Text(value),
        _ => Column::Other,
    }
}

/// The number of variable length at `at`, which moves behind it.
fn varint(bytes: &[u8], at: &mut usize) -> Result<u64, Malformed> {
    let mut value = 0;
    for index in 0..9 {
        let byte = *bytes.get(*at).ok_or_else(|| Malformed::new("a number is cut off"))?;
        *at += 1;
        if index == 8 {
            return Ok(value << 8 | u64::from(byte));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Ok(value)
}

fn half(page: &[u8], at: usize) -> Result<usize, Malformed> {
    match page.get(at..at + 2) {
        Some(&[high, low]) => Ok(usize::from(u16::from_be_bytes([high, low]))),
        _ => Err(Malformed::new("an index lies outside of its page")),
    }
}
