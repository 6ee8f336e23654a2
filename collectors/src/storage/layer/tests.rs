//! Layers made by hand, with what their archives would have been.

use std::io::Write;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::write::GzEncoder;
use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::GapReason;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::super::problem::Problem;
use super::super::survey::Survey;
use super::compare::{Comparison, compare};
use super::digest::{Archive, hash_file, verify};
use super::references;
use super::tar_split::{CRC, Malformed, Piece, Pieces};
use super::walk::{Usage, measure, path_of};
use super::{Difference, Fault};
use crate::context::{Context, Options};
use crate::host::Dir;
use crate::tree::Tree;

const LONG: Duration = Duration::from_secs(3600);

/// Has a look at the target's directory `path`.
fn look<T>(tree: &Tree, path: &str, remaining: Duration, act: impl FnOnce(&Survey<'_>, &Dir) -> T) -> T {
    let (host, demand, options) = (tree.host(), Demand::everything(), Options::default());
    let ctx =
        Context { host: &host, demand: &demand, options: &options, deadline: Instant::now() + remaining };
    act(&Survey::new(&ctx), &host.open_dir(path).unwrap())
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn raw(bytes: &[u8]) -> String {
    format!("{}\n", json!({"type": 2, "payload": BASE64.encode(bytes), "position": 0}))
}

fn file(name: &str, contents: &[u8]) -> String {
    let checksum = BASE64.encode(CRC.checksum(contents).to_be_bytes());
    format!(
        "{}\n",
        json!({"type": 1, "name": name, "size": contents.len(), "payload": checksum, "position": 1})
    )
}

fn difference(name: &str, expected: &str, actual: &str) -> Difference {
    Difference::new(name.as_bytes(), expected, actual)
}

/// A layer of three files and the description of its archive.
fn layer() -> (Tree, Vec<u8>) {
    let tree = Tree::new().file("d/bin/sh", "#!").file("d/etc/x", "12345").file("d/etc/none", "");
    let tree = tree.link("d/lib", "usr/lib").file("d/usr/lib/so", "so");
    let text = [
        raw(b"header of sh"),
        file("./bin/sh", b"#!"),
        raw(b"\0\0header of x"),
        file("etc/x", b"12345"),
        file("etc/none", b""),
        file("lib/so", b"so"),
        raw(b"\0end"),
    ];
    (tree, gzip(&text.concat()))
}

#[test]
fn a_sound_layer_is_of_the_sizes_and_the_digest_of_its_archive() {
    let (tree, pieces) = layer();
    let archive = b"header of sh#!\0\0header of x12345so\0end";
    let digest: String = Sha256::digest(archive).iter().map(|byte| format!("{byte:02x}")).collect();
    look(&tree, "/d", LONG, |survey, root| {
        let compared = compare(survey, root, Pieces::new(pieces.as_slice()), "/t").unwrap();
        assert_eq!(compared, Comparison { differences: Vec::new(), bytes: 9 });
        let archive = verify(survey, root, Pieces::new(pieces.as_slice()), "/t").unwrap();
        assert_eq!(archive, Archive::Whole(format!("sha256:{digest}")));
        let progress = &survey.ctx.options.progress;
        assert_eq!((progress.files(), progress.bytes()), (7, 9), "sizes of 4, contents of 3");
    });
}

#[test]
fn each_file_of_another_size_is_named_and_the_first_of_other_contents() {
    let (tree, pieces) = layer();
    let tree = tree.file("d/bin/sh", "").file("d/etc/x", "1234_").remove("d/usr/lib/so");
    look(&tree, "/d", LONG, |survey, root| {
        let compared = compare(survey, root, Pieces::new(pieces.as_slice()), "/t").unwrap();
        let lost = difference("lib/so", "2 bytes", "no such file");
        assert_eq!(compared.differences, [difference("./bin/sh", "2 bytes", "0 bytes"), lost]);
        let archive = verify(survey, root, Pieces::new(pieces.as_slice()), "/t").unwrap();
        assert_eq!(archive, Archive::Damaged(difference("./bin/sh", "2 bytes", "0 bytes")));
    });
    look(&tree.file("d/bin/sh", "#!"), "/d", LONG, |survey, root| {
        let Archive::Damaged(found) = verify(survey, root, Pieces::new(pieces.as_slice()), "/t").unwrap()
        else {
            panic!("found nothing");
        };
        assert_eq!(found.name, "etc/x");
        assert!(found.expected.starts_with("CRC-64 ") && found.expected != found.actual);
    });
}

#[test]
fn what_is_no_file_is_not_opened_and_the_last_of_a_name_counts() {
    let tree = Tree::new().fifo("d/fifo").link("d/link", "/etc/passwd").file("d/twice", "12");
    let names = ["fifo", "link", "../up", "twice", ".wh..wh.plnk/1"];
    let text: String = names.iter().map(|name| file(name, b"1")).chain([file("twice", b"12")]).collect();
    look(&tree, "/d", LONG, |survey, root| {
        let compared = compare(survey, root, Pieces::new(gzip(&text).as_slice()), "/t").unwrap();
        let expected = [
            difference("../up", "1 bytes", "no name of a file"),
            difference("fifo", "1 bytes", "a FIFO"),
            difference("link", "1 bytes", "a symbolic link"),
        ];
        assert_eq!(compared.differences, expected);
        let archive = verify(survey, root, Pieces::new(gzip(&text).as_slice()), "/t").unwrap();
        assert_eq!(archive, Archive::Damaged(difference("fifo", "1 bytes", "a FIFO")));
    });
}

#[test]
fn without_time_nothing_is_said() {
    let (tree, pieces) = layer();
    look(&tree, "/d", Duration::ZERO, |survey, root| {
        let is_timeout =
            |fault| matches!(fault, Fault::Unknown(unknown) if unknown.reason == GapReason::Timeout);
        assert!(is_timeout(compare(survey, root, Pieces::new(pieces.as_slice()), "/t").unwrap_err()));
        assert!(is_timeout(verify(survey, root, Pieces::new(pieces.as_slice()), "/t").unwrap_err()));
        assert_eq!(measure(survey, root).unwrap_err().reason, GapReason::Timeout);
        let stream = root.open_file_beneath("etc/x").unwrap();
        assert_eq!(hash_file(survey, stream, "sha256", "/x").unwrap_err().reason, GapReason::Timeout);
    });
}

#[test]
fn a_name_that_is_not_utf_8_is_taken_from_its_bytes() {
    let text =
        json!({"type": 1, "name": "\u{fffd}", "name_raw": "/w==", "size": 0, "position": 0}).to_string();
    let piece = Pieces::new(gzip(&text).as_slice()).next().unwrap().unwrap();
    assert!(matches!(piece, Piece::File(file) if file.name == [0xff] && file.checksum.is_none()));
}

#[test]
fn a_description_that_is_broken_says_where() {
    let all = |bytes: &[u8]| -> Result<usize, Malformed> {
        let (mut pieces, mut count) = (Pieces::new(bytes), 0);
        while pieces.next()?.is_some() {
            count += 1;
        }
        Ok(count)
    };
    let (_, sound) = layer();
    assert_eq!(all(&sound), Ok(7));
    let message = |bytes: &[u8]| all(bytes).unwrap_err().to_string();
    assert!(message(&sound[..sound.len() / 2]).starts_with("line "));
    assert!(message(b"").starts_with("line 1: "), "an empty file is cut off, too");
    assert!(message(b"no gzip").starts_with("line 1: "));
    assert!(message(&gzip("{}\n")).contains("missing field"));
    assert!(
        message(&gzip(&(raw(b"") + "{\"type\":3}\n"))).starts_with("line 2: an entry of the unknown type")
    );
    assert!(message(&gzip(r#"{"type":2,"payload":"?"}"#)).contains("payload: "));
    assert!(message(&gzip(r#"{"type":1,"name":"a","size":-1}"#)).contains("line 1: "));
    assert!(message(&gzip(r#"{"type":1,"name":"a","size":1}"#)).contains("without their checksum"));
    assert!(message(&gzip(&" ".repeat(5 << 20))).contains("too long"));
}

#[test]
fn files_of_a_layer_are_counted_once_and_links_are_not_followed() {
    let tree = Tree::new().file("d/a", "12345").file("d/e/f/g", "1").link("d/e/up", "../..").fifo("d/fifo");
    let tree = tree.executable("d/bin/empty");
    let root = tree.host().open_dir("/d").unwrap().path().to_owned();
    assert_eq!(root, std::path::Path::new("/d"));
    let tree = tree.hard_link("d/a", "d/e/again");
    look(&tree, "/d", LONG, |survey, root| {
        let Usage { length, allocated, inodes, empty_programs, empty_program, references, reference } =
            measure(survey, root).unwrap();
        assert_eq!((references, reference), (0, None));
        assert_eq!((length, inodes, empty_programs), (5 + 1 + 5, 9, 1));
        assert!(allocated >= 8192, "two files with contents");
        assert_eq!(empty_program.as_deref(), Some("bin/empty".as_ref()));
    });
}

#[test]
fn references_to_layers_below_are_counted_where_they_can_be_told() {
    let tree = Tree::new().file("d/full", "12345").sparse("d/sparse", 1 << 20).dir("d/moved").dir("d/own");
    let is_marked = tree.set_attribute("d/sparse", "trusted.overlay.metacopy", b"")
        && tree.set_attribute("d/moved", "trusted.overlay.redirect", b"/old");
    look(&tree, "/d", LONG, |survey, root| {
        let usage = measure(survey, root).unwrap();
        let told = references::problem(&usage, Problem::default()).map(|problem| problem.detail);
        // Only root may make such attributes, and only root sees them.
        let expected = "2 of its files and directories are references to layers below, moved among them";
        assert_eq!(told.as_deref(), is_marked.then_some(expected));
        assert_eq!(references::hidden(survey.ctx.host).is_none(), is_marked);
    });
}

#[test]
fn a_very_deep_layer_is_walked_with_few_descriptors() {
    let deep = vec!["x"; 1500].join("/");
    let tree = Tree::new().dir(&format!("d/{deep}"));
    look(&tree, "/d", LONG, |survey, root| assert_eq!(measure(survey, root).unwrap().inodes, 1501));
}

#[test]
fn names_of_an_archive_stay_in_the_layer() {
    assert_eq!(path_of(b"./a//b/").as_deref(), Some("a/b".as_ref()));
    assert_eq!(path_of(b"/etc/passwd").as_deref(), Some("etc/passwd".as_ref()));
    for name in [&b"../x"[..], b"a/../../b", b"", b"./", b"a\0b"] {
        assert_eq!(path_of(name), None);
    }
}

#[test]
fn a_file_is_hashed_to_its_end() {
    let tree = Tree::new().file("f", "abc");
    look(&tree, "/", LONG, |survey, root| {
        let content = hash_file(survey, root.open_file_beneath("f").unwrap(), "sha256", "/f").unwrap();
        assert_eq!(content.size, 3);
        assert_eq!(content.digest, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(root.open_file_beneath("nothing").is_err());
    });
}
