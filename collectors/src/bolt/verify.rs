//! Whether a database is sound, as `bbolt check` sees it: every page that the root bucket leads to is what
//! the page above takes it for, lies in one place of the tree only, and is not listed as free.

use std::collections::BTreeMap;

use super::bucket::{self, MAX_DEPTH, Start, too_deep};
use super::bytes::{u16_at, u64_at};
use super::page::{self, Elements, HEADER, Page};
use super::{BoltError, State};

/// How many buckets lie in each other at most.
const MAX_NESTING: usize = 32;

/// What the count of a freelist is where it does not fit; then the first entry is the count.
const COUNT_FOLLOWS: u16 = u16::MAX;

/// Looks at every page of the tree and at the list of the free ones.
pub(super) fn verify(state: &State<'_>) -> Result<(), BoltError> {
    let mut walk = Walk { state, used: BTreeMap::new() };
    walk.bucket(state.meta.root, MAX_NESTING)?;
    walk.freelist()
}

struct Walk<'a> {
    state: &'a State<'a>,
    /// The pages that are in use: the first of each run, and the one after the last.
    used: BTreeMap<u64, u64>,
}

/// Between which keys those of a page lie: from the first, up to but not including the second.
type Bounds<'k> = (Option<&'k [u8]>, Option<&'k [u8]>);

impl Walk<'_> {
    /// The bucket that begins at the page `id`, with all that is in it.
    fn bucket(&mut self, id: u64, nesting: usize) -> Result<(), BoltError> {
        self.page(id, (None, None), MAX_DEPTH, nesting)
    }

    fn page(&mut self, id: u64, bounds: Bounds<'_>, depth: usize, nesting: usize) -> Result<(), BoltError> {
        let page = self.state.page(id)?;
        self.claim(id, page.length())?;
        self.keys_within(id, &page, bounds)?;
        match &page.elements {
            Elements::Leaf(_) => self.leaf(id, &page, nesting),
            Elements::Branch(branches) => {
                let below = depth.checked_sub(1).ok_or_else(too_deep)?;
                let nexts = page.keys().skip(1).map(Some).chain([bounds.1]);
                branches.iter().zip(nexts).try_for_each(|(branch, next)| {
                    self.page(branch.child, (Some(page.first_key(branch)), next), below, nesting)
                })
            }
        }
    }

    /// The buckets in a leaf, be it a page of the file or that of a small bucket.
    fn leaf(&mut self, id: u64, page: &Page, nesting: usize) -> Result<(), BoltError> {
        let Elements::Leaf(leaves) = &page.elements else { return Ok(()) };
        for leaf in leaves.iter().filter(|leaf| leaf.is_bucket) {
            let damage = |what| BoltError::CorruptPage { page: id, what };
            let below = nesting
                .checked_sub(1)
                .ok_or_else(|| damage(format!("more than {MAX_NESTING} buckets lie in each other")))?;
            match bucket::start(page.value(leaf)).map_err(damage)? {
                Start::Page(root) => self.bucket(root, below)?,
                Start::Inline(bytes) => {
                    let inline = bucket::inline_page(bytes).map_err(damage)?;
                    self.leaf(id, &inline, below)?;
                }
            }
        }
        Ok(())
    }

    /// Notes that the `length` bytes from the page `id` on are in use.
    fn claim(&mut self, id: u64, length: usize) -> Result<(), BoltError> {
        let pages = (length as u64).div_ceil(u64::from(self.state.meta.page_size));
        let end = id.saturating_add(pages);
        if id < 2 || self.is_used(id..end) {
            return Err(BoltError::CorruptPage { page: id, what: "is used twice".to_owned() });
        }
        self.used.insert(id, end);
        Ok(())
    }

    /// Whether one of `pages` is in use.
    fn is_used(&self, pages: std::ops::Range<u64>) -> bool {
        self.used.range(..pages.end).next_back().is_some_and(|(_, end)| *end > pages.start)
    }

    fn keys_within(&self, id: u64, page: &Page, (from, to): Bounds<'_>) -> Result<(), BoltError> {
        let (first, last) = (page.keys().next(), page.keys().last());
        let is_below = first.zip(from).is_some_and(|(first, from)| first < from);
        let is_above = last.zip(to).is_some_and(|(last, to)| last >= to);
        if is_below || is_above {
            let what = "its keys are not those that the page above has for it".to_owned();
            return Err(BoltError::CorruptPage { page: id, what });
        }
        Ok(())
    }

    /// The list of free pages, where one was written: none of them may be in use.
    fn freelist(&self) -> Result<(), BoltError> {
        let Some(id) = self.state.meta.freelist else { return Ok(()) };
        let damage = |what: String| BoltError::CorruptPage { page: id, what };
        let header = self.state.bytes_at(id, HEADER)?;
        let length = page::run_length(id, &self.state.meta, &header).map_err(damage)?;
        if u16_at(&header, 8) != Some(page::FREELIST) {
            return Err(damage("is no list of free pages".to_owned()));
        }
        let bytes = self.state.bytes_at(id, length)?;
        let mut entries = (HEADER..length).step_by(8).map_while(|at| u64_at(&bytes, at));
        let count = match u16_at(&header, 10).unwrap_or(0) {
            COUNT_FOLLOWS => entries.next().unwrap_or(0),
            count => u64::from(count),
        };
        let free: Vec<u64> = entries.take(usize::try_from(count).unwrap_or(usize::MAX)).collect();
        if free.len() as u64 != count {
            return Err(damage(format!("has no room for {count} free pages")));
        }
        match free.iter().find(|page| self.is_used(**page..page.saturating_add(1))) {
            Some(page) => Err(BoltError::CorruptPage { page: *page, what: "is listed as free".to_owned() }),
            None => Ok(()),
        }
    }
}
