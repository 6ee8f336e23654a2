use super::*;
use crate::tree::Tree;
use plimsoll_engine::snapshot::GapReason;

/// What is configured, as `(by, what, masked)`.
fn read_all(tree: &Tree) -> Vec<(By, String, bool)> {
    read_host(&tree.host())
}

fn read_host(host: &Host) -> Vec<(By, String, bool)> {
    let known = read(host).into_iter().map(|swap| {
        let swap = swap.known().unwrap().clone();
        (swap.by, swap.what.value, *swap.masked.known().unwrap())
    });
    known.collect()
}

const UNIT: &str = "[Unit]\nDescription=Swap\n[Swap]\nWhat=/dev/vdb\n[Install]\nWantedBy=swap.target\n";

#[test]
fn every_way_to_configure_swap() {
    let tree = Tree::new()
        .file("etc/fstab", "UUID=ab-cd none swap sw 0 0\n")
        .file("usr/lib/systemd/zram-generator.conf", "[zram0]\nzram-size = min(ram, 8192)\n")
        .file("etc/systemd/system/dev-vdb.swap", UNIT)
        .link("etc/systemd/system/swap.target.wants/dev-vdb.swap", "/etc/systemd/system/dev-vdb.swap")
        // Not enabled, so it does not come back.
        .file("etc/systemd/system/dev-vdc.swap", UNIT.replace("vdb", "vdc"));
    assert_eq!(
        read_all(&tree),
        [
            (By::Fstab, "UUID=ab-cd".to_owned(), false),
            (By::ZramGenerator, "zram0".to_owned(), false),
            (By::Unit, "/dev/vdb".to_owned(), false),
        ]
    );
    let unit = read(&tree.host()).pop().unwrap().known().cloned().unwrap();
    assert_eq!((unit.file.as_str(), unit.line), ("/etc/systemd/system/dev-vdb.swap", Fact::Known(4)));
    assert_eq!(unit.what.origin.text.as_deref(), Some("What=/dev/vdb"));
}

#[test]
fn a_masked_unit_prevents_the_line_of_fstab_and_appears_once() {
    let tree = Tree::new()
        .file("etc/fstab", "/dev/vdb none swap sw 0 0\n/dev/vdc none swap sw 0 0\n")
        .link("etc/systemd/system/dev-vdb.swap", "/dev/null")
        .link("etc/systemd/system/dev-vdd.swap", "/dev/null");
    assert_eq!(
        read_all(&tree),
        [
            (By::Fstab, "/dev/vdb".to_owned(), true),
            (By::Fstab, "/dev/vdc".to_owned(), false),
            (By::Unit, "/dev/vdd".to_owned(), true),
        ]
    );
}

#[test]
fn a_masked_target_prevents_all_of_them() {
    let tree = Tree::new()
        .file("etc/fstab", "/dev/vdb none swap sw 0 0\n")
        .file("etc/systemd/zram-generator.conf", "[zram0]\n[zram1]\nmount-point = /var/tmp\n")
        .file("usr/lib/systemd/system/swap.target", "[Unit]\nDescription=Swaps\n")
        .link("etc/systemd/system/swap.target", "/dev/null");
    assert_eq!(
        read_all(&tree),
        [(By::Fstab, "/dev/vdb".to_owned(), true), (By::ZramGenerator, "zram0".to_owned(), true)]
    );
}

#[test]
fn a_partition_that_its_type_alone_switches_on_is_found_while_it_runs() {
    let generated = |what: &str, source: &str| format!("[Unit]\n{source}[Swap]\nWhat={what}\n");
    let tree = Tree::new()
        .file("etc/fstab", "LABEL=swap none swap sw 0 0\n")
        .file("run/systemd/generator/dev-vdb.swap", generated("/dev/vdb", "SourcePath=/etc/fstab\n"))
        .file("run/systemd/generator/dev-zram0.swap", generated("/dev/zram0", ""))
        .file("run/systemd/generator.late/dev-vdz2.swap", generated("/dev/vdz2", ""));
    assert_eq!(
        read_host(&tree.running()),
        [(By::Fstab, "LABEL=swap".to_owned(), false), (By::Unit, "/dev/vdz2".to_owned(), false)]
    );
}

#[test]
fn what_cannot_be_read_is_a_gap_beside_what_can() {
    let tree = Tree::new().fifo("etc/fstab").file("etc/systemd/zram-generator.conf", "[zram0]\n");
    let found = read(&tree.host());
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].known().map(|swap| swap.by), Some(By::ZramGenerator));
    let Fact::Gap(unknown) = &found[1] else { panic!("{found:?}") };
    assert_eq!((unknown.reason, unknown.source.as_deref()), (GapReason::Malformed, Some("/etc/fstab")));
}

#[test]
fn without_any_of_it_nothing_comes_back() {
    assert!(read(&Tree::new().host()).is_empty());
}
