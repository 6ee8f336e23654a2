//! Any bytes as a bbolt database: it is read to its end, or refused.
#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use plimsoll_collectors::bolt::{self, BoltError, Bucket, Entry};
use plimsoll_collectors::host::Host;

fuzz_target!(|bytes: &[u8]| {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("db"), bytes).expect("a file in it");
    let host = Host::at(directory.path()).expect("a directory");
    let file = host.open_file("/db").expect("a regular file");
    match bolt::read(&file, &|| false, |root| entries(root, 8)) {
        Ok(_) => {}
        Err(error) => assert!(error.is_damage(), "{error}"),
    }
});

/// How many entries there are; each bucket is looked up by its key, too.
fn entries(bucket: &Bucket<'_>, depth: usize) -> Result<usize, BoltError> {
    let mut count = 0;
    bucket.for_each(&mut |key, entry| {
        count += 1;
        match entry {
            Entry::Bucket(inner) if depth > 0 => {
                assert!(bucket.bucket(key)?.is_some());
                count += entries(&inner, depth - 1)?;
            }
            Entry::Bucket(_) => {}
            Entry::Value(value) => assert_eq!(bucket.value(key)?.as_deref(), Some(value)),
        }
        Ok(())
    })?;
    Ok(count)
}
