//! The two meta pages: each transaction writes one of them in turn, and last of all.

use super::BoltError;
use super::bytes::{u32_at, u64_at};
use super::page::HEADER;
use crate::host::File;

const MAGIC: u32 = 0xED0C_DAED;
const VERSION: u32 = 2;

/// How long a meta page's contents are, and where in them the checksum is.
const LENGTH: usize = 64;
const CHECKSUM: usize = 56;

/// The sizes that a page can have: the memory page of the machine that made the database.
const PAGE_SIZES: std::ops::RangeInclusive<u32> = 1 << 10..=16 << 20;

/// What the freelist's page is where none was written; then the daemon finds out what is free.
const NO_FREELIST: u64 = u64::MAX;

/// A state of the database, as the transaction that made it left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meta {
    /// The size of a page.
    pub(super) page_size: u32,
    /// The page where the root bucket begins.
    pub(super) root: u64,
    /// The page that lists the free ones, if there is one.
    pub(super) freelist: Option<u64>,
    /// The page after the last one.
    pub(super) high_water: u64,
    /// The transaction's number.
    pub(super) txid: u64,
}

impl Meta {
    /// The state that the last finished transaction left.
    pub(super) fn of(file: &File) -> Result<Self, BoltError> {
        let size = file.metadata()?.size;
        if size == 0 {
            return Err(BoltError::Empty);
        }
        let meta = last(file)?.ok_or_else(|| BoltError::Corrupt("neither meta page is valid".to_owned()))?;
        let expected = meta.high_water.saturating_mul(u64::from(meta.page_size));
        if size < expected {
            return Err(BoltError::Corrupt(format!("{size} bytes of {expected} are there")));
        }
        Ok(meta)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let meta = bytes.get(HEADER..HEADER + LENGTH)?;
        let (signed, checksum) = meta.split_at_checked(CHECKSUM)?;
        if u32_at(meta, 0)? != MAGIC || u32_at(meta, 4)? != VERSION || u64_at(checksum, 0)? != fnv1a(signed) {
            return None;
        }
        let page_size = u32_at(meta, 8)?;
        let is_possible = page_size.is_power_of_two() && PAGE_SIZES.contains(&page_size);
        is_possible.then_some(Self {
            page_size,
            root: u64_at(meta, 16)?,
            freelist: u64_at(meta, 32).filter(|page| *page != NO_FREELIST),
            high_water: u64_at(meta, 40)?,
            txid: u64_at(meta, 48)?,
        })
    }
}

/// The valid meta page of the later transaction. Where the first one is damaged, so is the size of the
/// pages, and the second one is looked for at every place where it can be.
fn last(file: &File) -> Result<Option<Meta>, BoltError> {
    let at = |offset: u32| -> Result<Option<Meta>, BoltError> {
        let mut bytes = [0; HEADER + LENGTH];
        file.read_at(u64::from(offset), &mut bytes)?;
        Ok(Meta::parse(&bytes))
    };
    if let Some(first) = at(0)? {
        let second = at(first.page_size)?.filter(|second| second.page_size == first.page_size);
        return Ok(second.into_iter().chain([first]).max_by_key(|meta| meta.txid));
    }
    let mut page_size = *PAGE_SIZES.start();
    while page_size <= *PAGE_SIZES.end() {
        if let Some(second) = at(page_size)?.filter(|second| second.page_size == page_size) {
            return Ok(Some(second));
        }
        page_size *= 2;
    }
    Ok(None)
}

/// The checksum FNV-1a of 64 bits.
pub(super) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
