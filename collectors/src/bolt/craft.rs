//! Databases made by hand: what no daemon writes, and somebody may.

use std::collections::BTreeMap;

use super::meta::fnv1a;

/// What a key stands for.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Value(Vec<u8>),
    Bucket(Keys),
}

/// The keys of a bucket.
pub(crate) type Keys = BTreeMap<Vec<u8>, Node>;

const PAGE_SIZE: usize = 4096;

/// Puts `value` at `path`, with the buckets that lead to it.
pub(crate) fn put(keys: &mut Keys, path: &[&str], value: &[u8]) {
    let Some((name, rest)) = path.split_first() else { return };
    let name = name.as_bytes().to_vec();
    if rest.is_empty() {
        keys.insert(name, Node::Value(value.to_vec()));
        return;
    }
    match keys.entry(name).or_insert_with(|| Node::Bucket(Keys::new())) {
        Node::Bucket(keys) => put(keys, rest, value),
        Node::Value(_) => panic!("{path:?} is a value"),
    }
}

/// The database of these keys: two meta pages, and one leaf in which all buckets lie.
pub(crate) fn database(keys: &Keys) -> Vec<u8> {
    let mut root = leaf(keys);
    let pages = root.len().div_ceil(PAGE_SIZE);
    root.resize(pages * PAGE_SIZE, 0);
    root[..8].copy_from_slice(&2_u64.to_le_bytes());
    root[12..16].copy_from_slice(&(pages as u32 - 1).to_le_bytes());
    let meta = |id: u64| {
        let mut page = [id.to_le_bytes().as_slice(), &4_u16.to_le_bytes(), &[0; 6]].concat();
        let words: [u64; 5] = [2, 0, u64::MAX, 2 + pages as u64, id];
        let mut meta = [0xED0C_DAED_u32, 2, PAGE_SIZE as u32, 0].map(u32::to_le_bytes).concat();
        meta.extend(words.map(u64::to_le_bytes).concat());
        let checksum = fnv1a(&meta);
        page.extend(meta);
        page.extend(checksum.to_le_bytes());
        page.resize(PAGE_SIZE, 0);
        page
    };
    [meta(0), meta(1), root].concat()
}

fn leaf(keys: &Keys) -> Vec<u8> {
    let values = keys.values().map(|node| match node {
        Node::Value(value) => (0_u32, value.clone()),
        Node::Bucket(keys) => (1, [vec![0; 16], leaf(keys)].concat()),
    });
    let values: Vec<(u32, Vec<u8>)> = values.collect();
    let mut page = [&[0; 8][..], &2_u16.to_le_bytes(), &(keys.len() as u16).to_le_bytes(), &[0; 4]].concat();
    let mut data = Vec::new();
    for (index, (key, (flags, value))) in keys.keys().zip(&values).enumerate() {
        let position = (keys.len() - index) * 16 + data.len();
        let element = [*flags, position as u32, key.len() as u32, value.len() as u32];
        page.extend(element.map(u32::to_le_bytes).concat());
        data.extend([key.as_slice(), value].concat());
    }
    page.extend(data);
    page
}
