//! A page of the tree: a branch that leads to others, or a leaf that holds keys and values.

use std::ops::Range;

use super::bytes::{u16_at, u32_at, u64_at};
use super::meta::Meta;

/// How long the header of a page is: its number, its flags, how many elements it has, and how many pages
/// continue it.
pub(super) const HEADER: usize = 16;

/// How long an element of a page is, without its key and value.
const ELEMENT: usize = 16;

/// The flags of a page, of which it has exactly one.
const BRANCH: u16 = 1;
const LEAF: u16 = 2;
pub(super) const FREELIST: u16 = 0x10;

/// The flag of an element of a leaf whose value is a bucket.
const BUCKET: u32 = 1;

/// How much one page holds at most, with those that continue it. A value of containerd is no larger than a
/// message of gRPC: 16 MiB.
const MAX_RUN: u64 = 64 << 20;

/// A page that was found sound: all that it names lies in it, and its keys ascend.
#[derive(Debug)]
pub(super) struct Page {
    bytes: Vec<u8>,
    pub(super) elements: Elements,
}

/// What a page holds.
#[derive(Debug)]
pub(super) enum Elements {
    /// The pages below, each with the key that its keys begin at.
    Branch(Vec<Branch>),
    /// Keys and their values.
    Leaf(Vec<Leaf>),
}

/// An element of a branch.
#[derive(Debug)]
pub(super) struct Branch {
    key: Range<usize>,
    pub(super) child: u64,
}

/// An element of a leaf.
#[derive(Debug)]
pub(super) struct Leaf {
    key: Range<usize>,
    value: Range<usize>,
    /// Whether the value is a bucket.
    pub(super) is_bucket: bool,
}

/// How long the page `id` is, together with those that continue it, as its `header` has it.
pub(super) fn run_length(id: u64, meta: &Meta, header: &[u8]) -> Result<usize, String> {
    let number = u64_at(header, 0).ok_or("has no header")?;
    if number != id {
        return Err(format!("calls itself page {number}"));
    }
    let more = u32_at(header, 12).ok_or("has no header")?;
    let pages = u64::from(more) + 1;
    let length = pages.saturating_mul(u64::from(meta.page_size));
    if id.saturating_add(pages) > meta.high_water || length > MAX_RUN {
        return Err(format!("{more} pages cannot continue it"));
    }
    usize::try_from(length).map_err(|_| "is too long".to_owned())
}

impl Page {
    /// The page that `bytes` are: one of the file, or one in the value of a bucket that is small.
    pub(super) fn parse(bytes: Vec<u8>) -> Result<Self, String> {
        let flags = u16_at(&bytes, 8).ok_or("has no header")?;
        let count = usize::from(u16_at(&bytes, 10).ok_or("has no header")?);
        let places = (0..count).map(|index| HEADER + index * ELEMENT);
        let elements = match flags {
            BRANCH if count == 0 => return Err("is a branch without elements".to_owned()),
            BRANCH => places.map(|at| Branch::parse(&bytes, at)).collect::<Option<_>>().map(Elements::Branch),
            LEAF => places.map(|at| Leaf::parse(&bytes, at)).collect::<Option<_>>().map(Elements::Leaf),
            _ => return Err(format!("is neither a branch nor a leaf (flags {flags:#x})")),
        };
        let elements = elements.ok_or("has an element that lies outside of it")?;
        let page = Self { bytes, elements };
        if page.keys().zip(page.keys().skip(1)).any(|(key, next)| key >= next) {
            return Err("its keys do not ascend".to_owned());
        }
        Ok(page)
    }

    /// How many bytes it is.
    pub(super) fn length(&self) -> usize {
        self.bytes.len()
    }

    /// The keys, in their order.
    pub(super) fn keys(&self) -> Box<dyn Iterator<Item = &[u8]> + '_> {
        match &self.elements {
            Elements::Branch(elements) => Box::new(elements.iter().map(|element| self.slice(&element.key))),
            Elements::Leaf(elements) => Box::new(elements.iter().map(|element| self.slice(&element.key))),
        }
    }

    /// The key of an element of a leaf.
    pub(super) fn key(&self, leaf: &Leaf) -> &[u8] {
        self.slice(&leaf.key)
    }

    /// Its value.
    pub(super) fn value(&self, leaf: &Leaf) -> &[u8] {
        self.slice(&leaf.value)
    }

    /// The key that an element of a branch begins at.
    pub(super) fn first_key(&self, branch: &Branch) -> &[u8] {
        self.slice(&branch.key)
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }
}

impl Branch {
    fn parse(bytes: &[u8], at: usize) -> Option<Self> {
        let key = place(bytes, at, u32_at(bytes, at)?, u32_at(bytes, at + 4)?)?;
        Some(Self { key, child: u64_at(bytes, at + 8)? })
    }
}

impl Leaf {
    fn parse(bytes: &[u8], at: usize) -> Option<Self> {
        let key = place(bytes, at, u32_at(bytes, at + 4)?, u32_at(bytes, at + 8)?)?;
        let value = place(bytes, key.end, 0, u32_at(bytes, at + 12)?)?;
        Some(Self { key, value, is_bucket: u32_at(bytes, at)? & BUCKET != 0 })
    }
}

/// The `length` bytes that begin `distance` after `start`, if they lie in `bytes`.
fn place(bytes: &[u8], start: usize, distance: u32, length: u32) -> Option<Range<usize>> {
    let start = start.checked_add(usize::try_from(distance).ok()?)?;
    let range = start..start.checked_add(usize::try_from(length).ok()?)?;
    bytes.get(range.clone()).is_some().then_some(range)
}
