//! bbolt databases, read without a lock: containerd's `meta.db` and `metadata.db`, BuildKit's, libpod's.
//!
//! A daemon holds an exclusive lock on its database for as long as it lives, and one that starts waits for
//! whoever holds one; so this reader takes none. It reads a database as one of its transactions left it,
//! for a transaction writes only pages that the one before has no use for, and its meta page last. If
//! another one was finished meanwhile, everything is read again ([`read`]).
//!
//! * [`meta`]: which transaction is the last one, and where its pages begin
//! * [`page`]: the pages of the tree and what lies in them
//! * [`bucket`]: a bucket's entries, and those of the buckets in it
//! * [`verify`]: whether all pages are what they should be, each in one place
//!
//! Nothing in the file is trusted: a page names its neighbours, its length and the places in it, and each of
//! these is checked before it is followed.

mod bucket;
mod bytes;
#[cfg(test)]
pub(crate) mod craft;
mod meta;
mod page;
#[cfg(test)]
mod tests;
mod verify;

use std::cell::Cell;
use std::time::Duration;

use crate::host::{File, HostError};
use meta::Meta;
use page::Page;

pub use bucket::{Bucket, Entry, Visit};

/// How often a database is read again whose writer was faster.
const RETRIES: u32 = 5;

/// How long to wait before the first of these; each time twice as long.
const PAUSE: Duration = Duration::from_millis(5);

/// How many bytes of one database are read at most.
const MAX_BYTES: u64 = 4 << 30;

/// Why a database cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BoltError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] HostError),
    /// The file has no byte: its contents were lost, or nothing was ever written.
    #[error("the file is empty")]
    Empty,
    /// The database is damaged.
    #[error("{0}")]
    Corrupt(String),
    /// A page of the database is damaged.
    #[error("page {page}: {what}")]
    CorruptPage {
        /// Its number.
        page: u64,
        /// What is wrong with it.
        what: String,
    },
    /// Its writer changed it each time before it was read.
    #[error("the database changed each of {} times that it was read", RETRIES + 1)]
    Busy,
    /// It is larger than anything that is read here.
    #[error("more than {MAX_BYTES} bytes would have to be read")]
    TooLarge,
    /// The caller's time was over.
    #[error("the time was over before the database was read")]
    OutOfTime,
}

impl BoltError {
    /// Whether the database itself is damaged, and not only hard to read.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Empty | Self::Corrupt(_) | Self::CorruptPage { .. })
    }
}

/// What `look` sees in the database `file`, all of it in one state of the database, each page of which was
/// found sound. `look` may run several times. `is_over` says when to give up.
///
/// # Errors
///
/// If the database is damaged, changes faster than it can be read, or the time is over.
pub fn read<T>(
    file: &File,
    is_over: &dyn Fn() -> bool,
    look: impl Fn(&Bucket<'_>) -> Result<T, BoltError>,
) -> Result<T, BoltError> {
    let mut pause = PAUSE;
    for attempt in 0..=RETRIES {
        if attempt > 0 {
            std::thread::sleep(pause);
            pause *= 2;
        }
        let meta = Meta::of(file)?;
        let state = State { file, meta, is_over, bytes: Cell::new(0) };
        let seen = verify::verify(&state).and_then(|()| look(&Bucket::root(&state)));
        match (&seen, Meta::of(file)) {
            (Err(BoltError::OutOfTime | BoltError::TooLarge | BoltError::File(_)), _) => return seen,
            (_, Ok(after)) if after.txid == meta.txid => return seen,
            _ => {}
        }
    }
    Err(BoltError::Busy)
}

/// A database as one transaction left it.
struct State<'a> {
    file: &'a File,
    meta: Meta,
    is_over: &'a dyn Fn() -> bool,
    /// How much was read so far.
    bytes: Cell<u64>,
}

impl State<'_> {
    /// The page `id` of the tree, with those that continue it.
    fn page(&self, id: u64) -> Result<Page, BoltError> {
        if (self.is_over)() {
            return Err(BoltError::OutOfTime);
        }
        let damage = |what| BoltError::CorruptPage { page: id, what };
        let length = page::run_length(id, &self.meta, &self.bytes_at(id, page::HEADER)?).map_err(damage)?;
        Page::parse(self.bytes_at(id, length)?).map_err(damage)
    }

    /// `length` bytes from the beginning of the page `id`.
    fn bytes_at(&self, id: u64, length: usize) -> Result<Vec<u8>, BoltError> {
        let damage = |what: &str| BoltError::CorruptPage { page: id, what: what.to_owned() };
        self.bytes.set(self.bytes.get().saturating_add(length as u64));
        if self.bytes.get() > MAX_BYTES {
            return Err(BoltError::TooLarge);
        }
        if id >= self.meta.high_water {
            return Err(damage("is beyond the end of the database"));
        }
        let mut bytes = vec![0; length];
        let offset = id.saturating_mul(u64::from(self.meta.page_size));
        match self.file.read_at(offset, &mut bytes)? {
            read if read == length => Ok(bytes),
            _ => Err(damage("the file ends in it")),
        }
    }
}
