//! The reader on a database of a real containerd, and on what can become of one.

use std::cell::Cell;
use std::io::Read as _;

use tempfile::TempDir;

use super::{BoltError, Bucket, Entry, read};
use crate::host::{File, Host};

/// Where the fields of a meta page are.
const PAGE_SIZE: usize = 16 + 8;
const ROOT: usize = 16 + 16;
const FREELIST: usize = 16 + 32;
const HIGH_WATER: usize = 16 + 40;
const TXID: usize = 16 + 48;

/// The database of a containerd 1.6 with images, containers, a lease and an ingest in two namespaces.
fn real() -> Vec<u8> {
    let mut bytes = Vec::new();
    let packed: &[u8] = include_bytes!("../../tests/fixtures/containerd/meta.db.gz");
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    bytes
}

fn opened(bytes: &[u8]) -> (TempDir, File) {
    let directory = tempfile::tempdir().unwrap();
    overwrite(&directory, bytes);
    let file = Host::at(directory.path()).unwrap().open_file("/db").unwrap();
    (directory, file)
}

/// The names of all buckets and values in the first three levels.
fn names(bytes: &[u8]) -> Result<Vec<String>, BoltError> {
    let (_directory, file) = opened(bytes);
    read(&file, &|| false, |root| {
        let mut names = Vec::new();
        collect(root, "", 3, &mut names)?;
        Ok(names)
    })
}

fn collect(bucket: &Bucket<'_>, path: &str, depth: usize, names: &mut Vec<String>) -> Result<(), BoltError> {
    bucket.for_each(&mut |key, entry| {
        let path = format!("{path}/{}", String::from_utf8_lossy(key));
        names.push(path.clone());
        match entry {
            Entry::Bucket(bucket) if depth > 1 => collect(&bucket, &path, depth - 1, names),
            _ => Ok(()),
        }
    })
}

fn u64_of(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

/// Where the meta page of the later transaction is.
fn last_meta(bytes: &[u8]) -> usize {
    if u64_of(bytes, TXID) > u64_of(bytes, 4096 + TXID) { 0 } else { 4096 }
}

/// Changes a field of both meta pages, with the right checksum.
fn with_field(mut bytes: Vec<u8>, field: usize, value: u64) -> Vec<u8> {
    for meta in [0, 4096] {
        bytes[meta + field..meta + field + 8].copy_from_slice(&value.to_le_bytes());
        sign(&mut bytes, meta);
    }
    bytes
}

fn sign(bytes: &mut [u8], meta: usize) {
    let checksum = super::meta::fnv1a(&bytes[meta + 16..meta + 16 + 56]);
    bytes[meta + 16 + 56..meta + 16 + 64].copy_from_slice(&checksum.to_le_bytes());
}

/// Where a leaf of the tree begins that is not the root.
fn leaf_in_use(bytes: &[u8]) -> usize {
    let root = usize::try_from(u64_of(bytes, last_meta(bytes) + ROOT)).unwrap();
    let is_in_use = |page: &usize| {
        let is_leaf = bytes[page * 4096 + 8..page * 4096 + 10] == [2, 0];
        is_leaf && *page != root && names(&with_bytes(bytes, page * 4096 + 8, &[0x40])).is_err()
    };
    (2..bytes.len() / 4096).find(is_in_use).unwrap() * 4096
}

fn with_bytes(bytes: &[u8], at: usize, new: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

/// A database of one leaf, page 3, with one bucket in it that is small; and room for two pages.
fn small(page_size: usize) -> Vec<u8> {
    let mut bytes = vec![0; page_size * 6];
    for page in 0..2 {
        let meta = page * page_size;
        bytes[meta..meta + 8].copy_from_slice(&(page as u64).to_le_bytes());
        bytes[meta + 16..meta + 24].copy_from_slice(&[0xed, 0xda, 0x0c, 0xed, 2, 0, 0, 0]);
        bytes[meta + 16..meta + 20].copy_from_slice(&0xED0C_DAEDu32.to_le_bytes());
        for (field, value) in [
            (PAGE_SIZE, page_size as u64),
            (ROOT, 3),
            (FREELIST, u64::MAX),
            (HIGH_WATER, 6),
            (TXID, page as u64),
        ] {
            bytes[meta + field..meta + field + 8].copy_from_slice(&value.to_le_bytes());
        }
        sign(&mut bytes, meta);
    }
    let inline = leaf(0, &[(0, b"key", b"value")]);
    let record = [&[0; 16][..], &inline].concat();
    let root = leaf(3, &[(1, b"bucket", &record), (0, b"version", b"2")]);
    bytes[3 * page_size..3 * page_size + root.len()].copy_from_slice(&root);
    bytes
}

/// A database whose root, page 3, leads with these keys to two leaves, pages 4 and 5.
fn branched(keys: [&[u8]; 2], children: [u64; 2], leaves: [&[u8]; 2]) -> Vec<u8> {
    let mut root = [&3u64.to_le_bytes()[..], &[1, 0, 2, 0, 0, 0, 0, 0]].concat();
    for (position, key, child) in [(32, keys[0], children[0]), (16 + keys[0].len(), keys[1], children[1])] {
        root.extend([position as u32, key.len() as u32].iter().flat_map(|number| number.to_le_bytes()));
        root.extend(child.to_le_bytes());
    }
    let mut bytes = with_bytes(&small(4096), 3 * 4096, &[&root[..], keys[0], keys[1]].concat());
    for (id, key) in [(4, leaves[0]), (5, leaves[1])] {
        bytes = with_bytes(&bytes, id * 4096, &leaf(id as u64, &[(0, key, b"value")]));
    }
    bytes
}

/// A leaf of `(flags, key, value)`.
fn leaf(id: u64, entries: &[(u32, &[u8], &[u8])]) -> Vec<u8> {
    let count = u16::try_from(entries.len()).unwrap();
    let mut page = [&id.to_le_bytes()[..], &2u16.to_le_bytes(), &count.to_le_bytes(), &[0; 4]].concat();
    let mut position = entries.len() * 16;
    let mut data = Vec::new();
    for (index, (flags, key, value)) in entries.iter().enumerate() {
        for number in [*flags, (position - index * 16) as u32, key.len() as u32, value.len() as u32] {
            page.extend(number.to_le_bytes());
        }
        position += key.len() + value.len();
        data.extend([*key, *value].concat());
    }
    [page, data].concat()
}

#[test]
fn a_real_database_is_read_to_its_end() {
    let names = names(&real()).unwrap();
    for name in [
        "/v1/version",
        "/v1/default/containers",
        "/v1/default/images",
        "/v1/k8s.io/content",
        "/v1/k8s.io/leases",
        "/v1/k8s.io/snapshots",
    ] {
        assert!(names.iter().any(|found| found == name), "{name} {names:#?}");
    }
}

#[test]
fn keys_are_found_as_they_are_listed() {
    let (_directory, file) = opened(&real());
    let found = read(&file, &|| false, |root| {
        let images = root.at(&["v1", "k8s.io", "images"])?.unwrap();
        let mut listed = Vec::new();
        images.for_each_bucket(|name, image| {
            let target = images.bucket(name)?.unwrap().bucket("target")?.unwrap();
            assert_eq!(image.bucket("target")?.unwrap().value("digest")?, target.value("digest")?);
            listed.push((
                String::from_utf8(name.to_vec()).unwrap(),
                String::from_utf8(target.value("digest")?.unwrap()).unwrap(),
            ));
            Ok(())
        })?;
        assert!(images.bucket("nowhere")?.is_none());
        assert!(images.value("")?.is_none());
        assert!(root.at(&["v1", "version"])?.is_none());
        Ok(listed)
    });
    let names: Vec<_> = found.unwrap();
    assert_eq!(names.len(), 2);
    assert_eq!(names[0].0, "docker.io/library/one:1");
    assert!(names[0].1.starts_with("sha256:"));
}

#[test]
fn every_page_size_is_told_from_the_file_even_without_its_first_page() {
    for page_size in [1024, 4096, 16384, 65536] {
        let whole = small(page_size);
        let expected = ["/bucket", "/bucket/key", "/version"];
        assert_eq!(names(&whole).unwrap(), expected);
        assert_eq!(names(&with_bytes(&whole, 0, &vec![0; page_size])).unwrap(), expected);
        assert_eq!(names(&with_bytes(&whole, page_size, &vec![0; page_size])).unwrap(), expected);
    }
}

#[test]
fn a_database_without_a_list_of_free_pages_is_sound() {
    assert_eq!(names(&with_field(real(), FREELIST, u64::MAX)), names(&real()));
}

#[test]
fn a_damaged_database_is_told_from_one_that_is_busy() {
    let real = real();
    let leaf = leaf_in_use(&real);
    let root = u64_of(&real, last_meta(&real) + ROOT);
    let damage = [
        (Vec::new(), "the file is empty"),
        (vec![0; 4096 * 4], "neither meta page is valid"),
        (real[..real.len() / 2].to_vec(), "bytes of"),
        (with_bytes(&with_bytes(&real, 40, &[0xff]), 4096 + 40, &[0xff]), "neither meta page is valid"),
        (with_bytes(&real, leaf, &[0xee]), "calls itself page"),
        (with_bytes(&real, leaf + 8, &[3]), "is neither a branch nor a leaf"),
        (with_bytes(&real, leaf + 10, &[0xff, 0xff]), "an element that lies outside"),
        (with_bytes(&real, leaf + 12, &[0xff, 0xff, 0xff, 0xff]), "pages cannot continue it"),
        (with_bytes(&real, leaf + 16 + 4, &[0xff, 0xff, 0xff, 0xff]), "an element that lies outside"),
        (with_field(real.clone(), FREELIST, root), "is no list of free pages"),
        (with_field(real.clone(), ROOT, 0), "is neither a branch nor a leaf"),
    ];
    for (bytes, what) in damage {
        let error = names(&bytes).unwrap_err();
        assert!(error.is_damage() && error.to_string().contains(what), "{error} is not: {what}");
    }
}

#[test]
fn keys_out_of_their_order_or_place_are_damage() {
    let root = |entries: &[(u32, &[u8], &[u8])]| with_bytes(&small(4096), 3 * 4096, &leaf(3, entries));
    for (entries, what) in [
        (&[(0, &b"b"[..], &b""[..]), (0, b"a", b"")][..], "its keys do not ascend"),
        (&[(0, b"a", b""), (0, b"a", b"")], "its keys do not ascend"),
        (&[(1, b"a", b"short")], "a bucket's record is cut off"),
        (&[(1, b"a", &[0; 16])], "a small bucket has no header"),
        (&[(1, b"a", &[3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])], "is used twice"),
    ] {
        let error = names(&root(entries)).unwrap_err();
        assert!(error.is_damage() && error.to_string().contains(what), "{error} is not: {what}");
    }
}

#[test]
fn a_branch_leads_to_pages_of_its_own_with_the_keys_that_it_has_for_them() {
    let (a, b) = (&b"a"[..], &b"b"[..]);
    assert_eq!(names(&branched([a, b], [4, 5], [a, b])).unwrap(), ["/a", "/b"]);
    let (_directory, file) = opened(&branched([a, b], [4, 5], [a, b]));
    let found = read(&file, &|| false, |root| Ok([root.value("a")?, root.value("b")?, root.value("c")?]));
    assert_eq!(found.unwrap(), [Some(b"value".to_vec()), Some(b"value".to_vec()), None]);
    for (bytes, what) in [
        (branched([a, b], [4, 3], [a, b]), "page 3: is used twice"),
        (branched([a, b], [4, 4], [a, b]), "page 4: is used twice"),
        (branched([a, b], [4, 0], [a, b]), "page 0: is neither a branch nor a leaf"),
        (branched([a, b], [4, u64::MAX], [a, b]), "is beyond the end"),
        (branched([a, b], [4, 5], [b, a]), "page 4: its keys are not those"),
        (branched([a, b], [4, 5], [a, a]), "page 5: its keys are not those"),
        (branched([b, a], [4, 5], [b, a]), "its keys do not ascend"),
    ] {
        let error = names(&bytes).unwrap_err();
        assert!(error.is_damage() && error.to_string().contains(what), "{error} is not: {what}");
    }
}

#[test]
fn a_page_in_use_must_not_be_listed_as_free() {
    let real = real();
    let list = usize::try_from(u64_of(&real, last_meta(&real) + FREELIST)).unwrap() * 4096;
    let used = (leaf_in_use(&real) / 4096) as u64;
    let listed = with_bytes(&real, list + 16, &used.to_le_bytes());
    assert!(names(&listed).unwrap_err().to_string().contains("is listed as free"));
}

#[test]
fn buckets_in_buckets_without_end_are_refused() {
    let mut inline = leaf(0, &[]);
    for _ in 0..40 {
        inline = leaf(0, &[(1, b"b", &[&[0; 16][..], &inline].concat())]);
    }
    let bytes = with_bytes(&small(65536), 3 * 65536, &[&3u64.to_le_bytes(), &inline[8..]].concat());
    assert!(names(&bytes).unwrap_err().to_string().contains("lie in each other"));
}

#[test]
fn any_damage_of_a_page_ends_in_an_error_or_in_entries() {
    let real = real();
    for page in 0..real.len() / 4096 {
        let in_use = names(&with_bytes(&real, page * 4096, &[0xff; 4096])).is_err();
        for field in (0..32).step_by(4).filter(|_| in_use) {
            for damage in [[0xff, 0xff, 0xff, 0x7f], [3, 0, 0, 0]] {
                if let Err(error) = names(&with_bytes(&real, page * 4096 + field, &damage)) {
                    assert!(error.is_damage(), "{error}");
                }
            }
        }
    }
}

#[test]
fn a_database_that_changes_is_read_again_and_one_that_never_rests_is_busy() {
    let (directory, file) = opened(&small(4096));
    let looks = Cell::new(0);
    let commit = |times: u64| {
        looks.set(0);
        read(&file, &|| false, |_| {
            looks.set(looks.get() + 1);
            if looks.get() <= times {
                // As a transaction does it: the other meta page, with the next number.
                let txid =
                    (0..2).map(|page| u64_of(&on_disk(&directory), page * 4096 + TXID)).max().unwrap() + 1;
                let meta = usize::try_from(txid % 2).unwrap() * 4096;
                let mut bytes = with_bytes(&on_disk(&directory), meta + TXID, &txid.to_le_bytes());
                sign(&mut bytes, meta);
                overwrite(&directory, &bytes);
            }
            Ok(looks.get())
        })
    };
    assert_eq!(commit(0), Ok(1));
    assert_eq!(commit(2), Ok(3));
    assert_eq!(commit(u64::MAX), Err(BoltError::Busy));
    assert_eq!(read(&file, &|| true, |_| Ok(())), Err(BoltError::OutOfTime));
}

#[allow(clippy::disallowed_methods, reason = "a test is the daemon here")]
fn on_disk(directory: &TempDir) -> Vec<u8> {
    std::fs::read(directory.path().join("db")).unwrap()
}

#[allow(clippy::disallowed_methods, reason = "a test is the daemon here")]
fn overwrite(directory: &TempDir, bytes: &[u8]) {
    std::fs::write(directory.path().join("db"), bytes).unwrap();
}
