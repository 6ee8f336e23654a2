//! rpm's own database format, "ndb": a table of slots, each pointing to the blob of one header. Numbers are
//! little-endian.

use super::{Flaw, Visit, u32_at};

const MAGIC: u32 = u32::from_le_bytes(*b"RpmP");
const SLOT_MAGIC: u32 = u32::from_le_bytes(*b"Slot");
const BLOB_MAGIC: u32 = u32::from_le_bytes(*b"BlbS");

/// The only version that there is.
const VERSION: u32 = 0;

/// The sizes of a page of slots, a slot, the unit of blob offsets, and a blob's own header, in bytes.
const PAGE: usize = 4096;
const SLOT: usize = 16;
const BLOCK: usize = 16;
const BLOB_HEADER: usize = 16;

/// The slots that the file's own header takes.
const FIRST_SLOT: usize = 2;

/// Calls `visit` with each header.
///
/// # Errors
///
/// If the file is not of this format, or `visit` fails.
pub(super) fn headers(file: &[u8], _log: &[u8], visit: &mut Visit<'_>) -> Result<(), Flaw> {
    let number = |at| u32_at(file, at, u32::from_le_bytes);
    if number(0)? != MAGIC {
        return Err(Flaw::malformed("it does not begin as an ndb database does"));
    }
    let version = number(4)?;
    if version != VERSION {
        return Err(Flaw::Unsupported(format!("version {version} of the ndb format")));
    }
    let end = (number(12)? as usize).checked_mul(PAGE).filter(|end| *end <= file.len());
    let Some(end) = end else { return Err(Flaw::malformed("its slots reach beyond the end of the file")) };
    for slot in (FIRST_SLOT * SLOT..end).step_by(SLOT) {
        if number(slot)? != SLOT_MAGIC {
            return Err(Flaw::malformed(format!("no slot at offset {slot}")));
        }
        let (package, block) = (number(slot + 4)?, number(slot + 8)?);
        if package != 0 {
            visit(blob(file, package, block as usize * BLOCK)?)?;
        }
    }
    Ok(())
}

/// The blob at `at`, which has to be that of `package`.
fn blob(file: &[u8], package: u32, at: usize) -> Result<&[u8], Flaw> {
    let number = |at| u32_at(file, at, u32::from_le_bytes);
    if number(at)? != BLOB_MAGIC || number(at + 4)? != package {
        return Err(Flaw::malformed(format!("no header of package {package} at offset {at}")));
    }
    let (start, size) = (at + BLOB_HEADER, number(at + 12)? as usize);
    file.get(start..start.saturating_add(size))
        .ok_or_else(|| Flaw::malformed(format!("the header of package {package} is cut off")))
}
