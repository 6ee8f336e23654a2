//! rpm's databases as rpm wrote them, and the same with damage.

use std::io::Read;

use super::*;
use crate::packages::Package;
use crate::tree::Tree;

macro_rules! fixture {
    ($name:literal) => {
        unpack(include_bytes!(concat!("../../../tests/fixtures/rpm/", $name, ".gz")))
    };
}

fn unpack(compressed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(compressed).read_to_end(&mut bytes).unwrap();
    bytes
}

/// `NAME VERSION ARCHITECTURE` of each header.
fn list(headers: Headers, database: &[u8], log: &[u8]) -> Result<Vec<String>, Flaw> {
    let mut packages = Vec::new();
    headers(database, log, &mut |bytes: &[u8]| {
        let header = Header::parse(bytes)?;
        packages.push(format!("{} {} {}", header.name()?, header.version()?, header.architecture()?));
        Ok(())
    })?;
    packages.sort();
    Ok(packages)
}

/// What `rpm -qa` says of the fixtures.
const INSTALLED: [&str; 13] = [
    "conntrack-tools 1.4.7-2 x86_64",
    "containerd.io 1.7.22-3.1.el9 x86_64",
    "filler-0 0.0-1 noarch",
    "filler-1 0.1-1 noarch",
    "filler-2 0.2-1 noarch",
    "filler-3 0.3-1 noarch",
    "filler-4 0.4-1 noarch",
    "filler-6 0.6-1 noarch",
    "filler-7 0.7-1 noarch",
    "filler-8 0.8-1 noarch",
    "filler-9 0.9-1 noarch",
    "kubelet 1:1.35.2-150500.1.1 x86_64",
    "large 1.0-1 noarch",
];

fn forms() -> [(Headers, Vec<u8>); 3] {
    [
        (sqlite::headers, fixture!("rpmdb.sqlite")),
        (ndb::headers, fixture!("Packages.db")),
        (bdb::headers, fixture!("Packages")),
    ]
}

#[test]
fn each_form_lists_what_rpm_lists() {
    for (headers, database) in forms() {
        assert_eq!(list(headers, &database, &[]).unwrap(), INSTALLED);
    }
}

#[test]
fn what_the_log_of_sqlite_holds_counts() {
    let (database, log) = (fixture!("logged-rpmdb.sqlite"), fixture!("logged-rpmdb.sqlite-wal"));
    let before = ["conntrack-tools 1.4.7-2 x86_64", "containerd.io 1.7.22-3.1.el9 x86_64"];
    let after = ["conntrack-tools 1.4.7-2 x86_64", "kubelet 1:1.35.2-150500.1.1 x86_64"];
    assert_eq!(list(sqlite::headers, &database, &[]).unwrap(), before);
    assert_eq!(list(sqlite::headers, &database, &log).unwrap(), after);
    let mut torn = log.clone();
    torn[32 + 24 + 10] ^= 1;
    assert_eq!(
        list(sqlite::headers, &database, &torn).unwrap(),
        before,
        "a frame with a wrong checksum ends the log"
    );
}

#[test]
fn a_database_is_found_in_each_of_its_places() {
    for (path, form) in [
        ("var/lib/rpm/rpmdb.sqlite", 0),
        ("usr/lib/sysimage/rpm/rpmdb.sqlite", 0),
        ("usr/lib/sysimage/rpm/Packages.db", 1),
        ("var/lib/rpm/Packages", 2),
    ] {
        let tree = Tree::new().file(path, &forms()[form].1);
        let mut wanted = Wanted::from([("kubelet", None), ("kubelet:x86_64", None), ("filler-5", None)]);
        assert_eq!(search(&tree.host(), &mut wanted), Ok(Presence::Read));
        let version =
            |package: &Option<Package>| package.as_ref().and_then(|found| found.version.known().cloned());
        assert_eq!(version(&wanted["kubelet"]).as_deref(), Some("1:1.35.2-150500.1.1"));
        assert_eq!(wanted["kubelet"], wanted["kubelet:x86_64"]);
        assert_eq!(wanted["filler-5"], None);
    }
}

#[test]
fn an_interrupted_transaction_is_no_answer() {
    let tree = Tree::new()
        .file("var/lib/rpm/rpmdb.sqlite", fixture!("rpmdb.sqlite"))
        .file("var/lib/rpm/rpmdb.sqlite-journal", [0xd9; 512]);
    let unknown = search(&tree.host(), &mut Wanted::from([("kubelet", None)])).unwrap_err();
    assert_eq!(unknown.reason, GapReason::Unsupported);
}

#[test]
fn what_is_cut_off_is_malformed_and_never_a_shorter_list() {
    for (form, (headers, database)) in forms().into_iter().enumerate() {
        for length in [0, 20, 99, 512, 4096, database.len() / 2, database.len() - 4096] {
            let result = list(headers, &database[..length], &[]);
            // SQLite's last pages are of its indices, which nobody reads.
            let whole = result.as_ref().is_ok_and(|packages| packages == &INSTALLED);
            assert!(
                whole || matches!(result, Err(Flaw::Malformed(_))),
                "form {form}, {length} bytes: {result:?}"
            );
        }
    }
}

#[test]
fn damage_anywhere_ends_the_reading_and_panics_nowhere() {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap()
    };
    for (headers, database) in forms() {
        for _ in 0..400 {
            let mut damaged = database.clone();
            for _ in 0..1 + random() % 8 {
                // Every second one hits the structures at the beginning of a page.
                let page = random() % (damaged.len() / 4096) * 4096;
                let at = if random() % 2 == 0 { page + random() % 64 } else { random() % damaged.len() };
                damaged[at] = [0, 0xff, u8::try_from(random() % 256).unwrap()][random() % 3];
            }
            let _any = list(headers, &damaged, &[]);
        }
    }
}

#[test]
fn a_circle_of_pages_ends() {
    let database = fixture!("rpmdb.sqlite");
    // Every page a table's inner page whose right-most child is itself.
    let mut circle = database.clone();
    for (number, page) in circle.chunks_exact_mut(4096).enumerate() {
        let header = if number == 0 { 100 } else { 0 };
        page[header..header + 8].copy_from_slice(&[5, 0, 0, 0, 0, 0, 0, 0]);
        page[header + 8..header + 12].copy_from_slice(&u32::try_from(number + 1).unwrap().to_be_bytes());
    }
    assert!(matches!(list(sqlite::headers, &circle, &[]), Err(Flaw::Malformed(_))));
    // Every overflow page of Berkeley DB continues with itself.
    let mut circle = fixture!("Packages");
    for (number, page) in circle.chunks_exact_mut(4096).enumerate().filter(|(_, page)| page[25] == 7) {
        page[16..20].copy_from_slice(&u32::try_from(number).unwrap().to_le_bytes());
    }
    let mut wanted = Wanted::from([("kubelet", None)]);
    let tree = Tree::new().file("var/lib/rpm/Packages", circle);
    assert_eq!(search(&tree.host(), &mut wanted).unwrap_err().reason, GapReason::Malformed);
}

#[test]
fn headers_that_share_bytes_do_not_keep_the_reader_busy() {
    let mut database = fixture!("Packages.db");
    let (slot, free): (Vec<u8>, usize) = (database[32..48].to_vec(), 48);
    let slots = usize::try_from(u32::from_le_bytes(database[12..16].try_into().unwrap())).unwrap() * 4096;
    for at in (free..slots).step_by(16) {
        database[at..at + 16].copy_from_slice(&slot);
    }
    let tree = Tree::new().file("var/lib/rpm/Packages.db", database);
    let unknown = search(&tree.host(), &mut Wanted::from([("kubelet", None)])).unwrap_err();
    assert_eq!(unknown.detail, "its headers are larger than the file");
}
