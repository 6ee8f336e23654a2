//! Buckets: ordered maps of keys to values and to other buckets.

use super::bytes::u64_at;
use super::page::{Elements, Page};
use super::{BoltError, State};

/// How many pages lie above each other at most. Even a database of a terabyte has fewer.
pub(super) const MAX_DEPTH: usize = 32;

/// How long a bucket's own record is: the page where it begins, and its sequence. The page of a bucket that
/// is small follows at once.
const RECORD: usize = 16;

/// A bucket of a database.
#[derive(Clone)]
pub struct Bucket<'a> {
    state: &'a State<'a>,
    start: Start,
}

/// Where a bucket begins.
#[derive(Clone)]
pub(super) enum Start {
    /// At a page of the file.
    Page(u64),
    /// In the value of which these are the bytes.
    Inline(Vec<u8>),
}

/// What a key stands for.
pub enum Entry<'a, 'p> {
    /// A value.
    Value(&'p [u8]),
    /// A bucket.
    Bucket(Bucket<'a>),
}

/// What is done with each key of a bucket and what it stands for.
pub type Visit<'v, 'a> = dyn FnMut(&[u8], Entry<'a, '_>) -> Result<(), BoltError> + 'v;

impl<'a> Bucket<'a> {
    /// The bucket that all others are in.
    pub(super) fn root(state: &'a State<'a>) -> Self {
        Self { state, start: Start::Page(state.meta.root) }
    }

    /// Shows `visit` every key, in their order.
    ///
    /// # Errors
    ///
    /// If a page cannot be read, and whatever `visit` returns.
    pub fn for_each(&self, visit: &mut Visit<'_, 'a>) -> Result<(), BoltError> {
        self.descend(self.first_page()?, MAX_DEPTH, visit)
    }

    /// Shows `visit` every bucket in this one.
    ///
    /// # Errors
    ///
    /// As [`Bucket::for_each`].
    pub fn for_each_bucket(
        &self,
        mut visit: impl FnMut(&[u8], &Bucket<'a>) -> Result<(), BoltError>,
    ) -> Result<(), BoltError> {
        self.for_each(&mut |key, entry| match entry {
            Entry::Bucket(bucket) => visit(key, &bucket),
            Entry::Value(_) => Ok(()),
        })
    }

    /// The value of `key`.
    ///
    /// # Errors
    ///
    /// If a page cannot be read.
    pub fn value(&self, key: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>, BoltError> {
        self.find(key.as_ref(), |entry| match entry {
            Entry::Value(value) => Some(value.to_vec()),
            Entry::Bucket(_) => None,
        })
    }

    /// The bucket `key`.
    ///
    /// # Errors
    ///
    /// If a page cannot be read.
    pub fn bucket(&self, key: impl AsRef<[u8]>) -> Result<Option<Bucket<'a>>, BoltError> {
        self.find(key.as_ref(), |entry| match entry {
            Entry::Value(_) => None,
            Entry::Bucket(bucket) => Some(bucket),
        })
    }

    /// The bucket that `path` leads to, from bucket to bucket.
    ///
    /// # Errors
    ///
    /// If a page cannot be read.
    pub fn at(&self, path: &[&str]) -> Result<Option<Bucket<'a>>, BoltError> {
        let mut bucket = self.clone();
        for key in path {
            match bucket.bucket(key)? {
                Some(next) => bucket = next,
                None => return Ok(None),
            }
        }
        Ok(Some(bucket))
    }

    fn first_page(&self) -> Result<Page, BoltError> {
        match &self.start {
            Start::Page(id) => self.state.page(*id),
            Start::Inline(bytes) => inline_page(bytes.clone()).map_err(BoltError::Corrupt),
        }
    }

    fn descend(&self, page: Page, depth: usize, visit: &mut Visit<'_, 'a>) -> Result<(), BoltError> {
        match &page.elements {
            Elements::Leaf(leaves) => leaves.iter().try_for_each(|leaf| {
                let entry = self.entry(leaf.is_bucket, page.value(leaf))?;
                visit(page.key(leaf), entry)
            }),
            Elements::Branch(branches) => branches.iter().try_for_each(|branch| {
                let below = depth.checked_sub(1).ok_or_else(too_deep)?;
                self.descend(self.state.page(branch.child)?, below, visit)
            }),
        }
    }

    fn find<T>(
        &self,
        key: &[u8],
        take: impl FnOnce(Entry<'a, '_>) -> Option<T>,
    ) -> Result<Option<T>, BoltError> {
        let mut page = self.first_page()?;
        for _ in 0..=MAX_DEPTH {
            let child = match &page.elements {
                Elements::Branch(branches) => {
                    branches.iter().take_while(|branch| page.first_key(branch) <= key).last()
                }
                Elements::Leaf(leaves) => {
                    let leaf = leaves.binary_search_by(|leaf| page.key(leaf).cmp(key)).ok();
                    let Some(leaf) = leaf.and_then(|index| leaves.get(index)) else { return Ok(None) };
                    return Ok(take(self.entry(leaf.is_bucket, page.value(leaf))?));
                }
            };
            let Some(branch) = child else { return Ok(None) };
            page = self.state.page(branch.child)?;
        }
        Err(too_deep())
    }

    fn entry<'p>(&self, is_bucket: bool, value: &'p [u8]) -> Result<Entry<'a, 'p>, BoltError> {
        if !is_bucket {
            return Ok(Entry::Value(value));
        }
        let start = start(value).map_err(BoltError::Corrupt)?;
        Ok(Entry::Bucket(Self { state: self.state, start }))
    }
}

/// Where the bucket begins whose record `value` is.
pub(super) fn start(value: &[u8]) -> Result<Start, String> {
    match u64_at(value, 0).zip(value.get(RECORD..)) {
        Some((0, page)) => Ok(Start::Inline(page.to_vec())),
        Some((id, _)) => Ok(Start::Page(id)),
        None => Err("a bucket's record is cut off".to_owned()),
    }
}

/// The page of a bucket that is small, which is always a leaf.
pub(super) fn inline_page(bytes: Vec<u8>) -> Result<Page, String> {
    let page = Page::parse(bytes).map_err(|what| format!("a small bucket {what}"))?;
    match page.elements {
        Elements::Leaf(_) => Ok(page),
        Elements::Branch(_) => Err("a small bucket is no leaf".to_owned()),
    }
}

/// What is wrong with a tree without end.
pub(super) fn too_deep() -> BoltError {
    BoltError::Corrupt(format!("more than {MAX_DEPTH} pages lie above each other"))
}
