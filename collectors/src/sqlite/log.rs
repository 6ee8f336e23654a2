//! SQLite's write-ahead log: pages that were committed and are not yet in the database's file.
//!
//! It is a header of 32 bytes and frames of 24 bytes and a page each. A frame counts if it carries the salts
//! of the header, its checksum continues that of the frames before it, and a commit follows.

use std::collections::HashMap;

use super::{Malformed, u32_at};

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Without its lowest bit, which says whether checksums read words as big-endian.
const MAGIC: u32 = 0x377f_0682;

/// The newest committed version of each page that `log` holds.
pub(super) fn committed_pages(log: &[u8], page_size: usize) -> Result<HashMap<u32, &[u8]>, Malformed> {
    let mut committed = HashMap::new();
    // Emptied or begun: nothing was committed to it.
    if log.len() < HEADER {
        return Ok(committed);
    }
    let number = |at| u32_at(log, at, u32::from_be_bytes);
    let magic = number(0)?;
    if magic & !1 != MAGIC {
        return Err(Malformed::new("its write-ahead log does not begin as one does"));
    }
    if number(8)? as usize != page_size {
        return Err(Malformed::new("its write-ahead log has another page size"));
    }
    let word = if magic & 1 == 1 { u32::from_be_bytes } else { u32::from_le_bytes };
    let mut sum = checksum((0, 0), &log[..24], word);
    if sum != (number(24)?, number(28)?) {
        return Ok(committed);
    }
    let mut pending: Vec<(u32, &[u8])> = Vec::new();
    for (index, frame) in log[HEADER..].chunks_exact(FRAME_HEADER + page_size).enumerate() {
        let at = HEADER + index * (FRAME_HEADER + page_size);
        sum = checksum(checksum(sum, &frame[..8], word), &frame[FRAME_HEADER..], word);
        let salts = (number(at + 8)?, number(at + 12)?) == (number(16)?, number(20)?);
        if !salts || sum != (number(at + 16)?, number(at + 20)?) {
            break;
        }
        pending.push((number(at)?, &frame[FRAME_HEADER..]));
        // The size of the database after a commit; 0 in the other frames.
        if number(at + 4)? != 0 {
            committed.extend(pending.drain(..));
        }
    }
    Ok(committed)
}

/// The checksum of `bytes`, a multiple of eight, after `sum`.
fn checksum((mut a, mut b): (u32, u32), bytes: &[u8], word: fn([u8; 4]) -> u32) -> (u32, u32) {
    for pair in bytes.chunks_exact(8) {
        let (first, second) = pair.split_at(4);
        let read = |bytes: &[u8]| bytes.try_into().map_or(0, word);
        a = a.wrapping_add(read(first)).wrapping_add(b);
        b = b.wrapping_add(read(second)).wrapping_add(a);
    }
    (a, b)
}
