//! Overlays as the kernel lists them, over layers made by hand.

use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::GapReason;

use super::*;
use crate::context::{Context, Options};
use crate::depth::Depth;
use crate::host::Host;
use crate::storage::check::Record;
use crate::storage::engine::Keeper;
use crate::storage::store::{Counts, StoreKind};
use crate::storage::usage::Usage;
use crate::tree::Tree;

const STORE: &str = "/var/lib/docker";
const LINK: &str = "AAAAAAAAAAAAAAAAAAAAAAAAA2";

/// A layer with a short name, and a container upon it.
fn layers() -> Tree {
    Tree::new()
        .dir("var/lib/docker/overlay2/base/diff")
        .link(&format!("var/lib/docker/overlay2/l/{LINK}"), "../base/diff")
        .dir("var/lib/docker/overlay2/c1/diff")
        .dir("var/lib/docker/overlay2/c1/work")
}

fn line(number: u32, target: &str, options: &str) -> String {
    format!("{number} 1 0:{number} / {target} rw shared:9 - overlay overlay rw,{options}\n")
}

/// The overlay of the container.
fn usual(number: u32) -> String {
    let options = format!(
        "lowerdir={STORE}/overlay2/l/{LINK},upperdir={STORE}/overlay2/c1/diff,workdir={STORE}/overlay2/c1/work"
    );
    line(number, &format!("{STORE}/overlay2/c1/merged"), &options)
}

fn with_look<T>(host: &Host, text: &str, act: impl FnOnce(&mut Look<'_>) -> T) -> T {
    let (demand, options) = (Demand::default(), Options::default());
    let ctx = Context {
        host,
        demand: &demand,
        options: &options,
        deadline: Instant::now() + Duration::from_secs(3600),
    };
    let survey = Survey::new(&ctx);
    let (store, rw_layer) = (store(), rw_layer("c1"));
    let build = format!("{STORE}/overlay2/b1/diff");
    let kept = HashMap::from([(STORE.to_owned(), Ok(HashSet::from([build])))]);
    let known = Known { stores: &[Fact::Known(store)], rw_layers: &[rw_layer], kept: &kept };
    let namespaces = Namespaces::read(&survey);
    act(&mut Look::new(&survey, known, &namespaces, text))
}

fn look(host: &Host, text: &str, again: &str) -> Vec<Fact<Overlay>> {
    with_look(host, text, |look| look.at(text, || Ok(again.into())).unwrap())
}

fn elsewhere(host: &Host, text: &str) -> Vec<OverlayElsewhere> {
    let found = with_look(host, text, |look| look.elsewhere(text).unwrap());
    found.into_iter().map(|fact| fact.known().unwrap().clone()).collect()
}

fn store() -> Store {
    Store {
        path: STORE.to_owned(),
        kind: StoreKind::Docker,
        driver: None,
        checked: true,
        user: None,
        engine: None,
        in_use: Fact::Known(true),
        filesystem: Fact::Absent,
        counts: Counts {
            images: Fact::Absent,
            layers: Fact::Absent,
            containers: Fact::Absent,
            blobs: Fact::Absent,
        },
        images: Fact::Absent,
        problems: Record::new(&[], Depth::Metadata).close(StoreKind::Docker, &Keeper::default()).0,
        problems_omitted: 0,
    }
}

fn rw_layer(id: &str) -> RwLayer {
    let not_counted = || Fact::Absent;
    RwLayer {
        path: format!("{STORE}/overlay2/{id}/diff"),
        store: STORE.to_owned(),
        container: id.to_owned(),
        name: None,
        pod: None,
        usage: Usage {
            bytes: not_counted(),
            inodes: not_counted(),
            disk_percent: Fact::Absent,
            measured_by: Fact::Absent,
        },
    }
}

fn only(host: &Host, text: &str) -> Overlay {
    let overlays = look(host, text, text);
    assert_eq!(overlays.len(), 1, "{overlays:?}");
    overlays[0].known().unwrap().clone()
}

#[test]
fn a_container_that_runs_is_sound() {
    let overlay = only(&layers().host(), &usual(60));
    assert_eq!(overlay.container.as_deref(), Some("c1"));
    assert_eq!(overlay.store, STORE);
    assert_eq!(overlay.upper_missing, Fact::Known(false));
    assert_eq!(overlay.lower_missing, Fact::Known(vec![]));
    assert!(overlay.shared_with.is_empty() && !overlay.volatile);
}

#[test]
fn relative_layers_are_found_beside_the_mount() {
    let options = format!("lowerdir=l/{LINK}:gone/diff,upperdir=c1/diff,workdir=c1/work");
    let overlay = only(&layers().host(), &line(60, &format!("{STORE}/overlay2/c1/merged"), &options));
    assert_eq!(overlay.upper.as_deref(), Some("/var/lib/docker/overlay2/c1/diff"));
    assert_eq!(overlay.lower_missing, Fact::Known(vec![format!("{STORE}/overlay2/gone/diff")]));
    // As containerd mounts elsewhere: an absolute upperdir, and layers beside it.
    let options = format!("lowerdir=base/diff,upperdir={STORE}/overlay2/c1/diff");
    let overlay = only(&layers().host(), &line(60, "/run/x/rootfs", &options));
    assert_eq!(overlay.lower_missing, Fact::Known(vec![]));
}

#[test]
fn a_layer_that_was_removed_is_missing() {
    let tree = layers().remove(&format!("var/lib/docker/overlay2/l/{LINK}"));
    let overlay = only(&tree.host(), &usual(60));
    assert_eq!(overlay.lower_missing, Fact::Known(vec![format!("{STORE}/overlay2/l/{LINK}")]));
    let gone =
        line(61, "/m", &format!("lowerdir={STORE}/overlay2/base/diff,upperdir={STORE}/overlay2/c2/diff"));
    let overlay = only(&layers().host(), &gone);
    assert_eq!((overlay.upper_missing, overlay.container), (Fact::Known(true), None));
}

#[test]
fn what_is_unmounted_meanwhile_was_on_its_way() {
    let gone =
        line(61, "/m", &format!("lowerdir={STORE}/overlay2/base/diff,upperdir={STORE}/overlay2/c2/diff"));
    assert_eq!(look(&layers().host(), &gone, ""), []);
}

#[test]
fn another_overlay_on_the_same_directory_is_told_and_a_second_mount_of_the_same_is_not() {
    let bind = usual(60).replace("60 1 ", "61 1 ").replace("/merged ", "/elsewhere ");
    let text = usual(60) + &bind;
    assert!(
        look(&layers().host(), &text, &text).iter().all(|one| one.known().unwrap().shared_with.is_empty())
    );
    let text = usual(60) + &usual(61).replace("/merged ", "/elsewhere ");
    let overlays = look(&layers().host(), &text, &text);
    let shared: Vec<_> = overlays.iter().flat_map(|one| one.known().unwrap().shared_with.clone()).collect();
    assert_eq!(shared, ["/var/lib/docker/overlay2/c1/elsewhere", "/var/lib/docker/overlay2/c1/merged"]);
}

#[test]
fn a_store_is_known_by_a_symbolic_link_too() {
    let tree = layers().link("data", "var/lib/docker");
    assert_eq!(only(&tree.host(), &usual(60).replace(STORE, "/data")).store, STORE);
}

#[test]
fn overlays_of_nothing_that_is_known_are_left_alone() {
    let text = line(60, "/", "lowerdir=/run/rootfsbase,upperdir=/run/overlay");
    assert_eq!(look(&layers().host(), &text, &text), []);
}

#[test]
fn a_line_that_may_be_an_overlay_is_a_gap() {
    let text = format!("60 1 0:60 / /m rw - overlay\n{}1 1 nonsense\n", usual(61));
    let overlays = look(&layers().host(), &text, &text);
    assert_eq!(overlays.len(), 2);
    assert!(matches!(&overlays[1], Fact::Gap(gap) if gap.reason == GapReason::Malformed));
}

const HOUR: Duration = Duration::from_secs(3600);

/// The file system that everything is on.
const ROOT: &str = "20 1 254:0 / / rw shared:1 - ext4 /dev/vda rw\n";

/// With a process `pid` in the mount namespace `namespace`, where the mounts are `text`.
fn with_process(tree: Tree, pid: u32, namespace: &str, text: &str) -> Tree {
    tree.file(&format!("proc/{pid}/comm"), format!("p{pid}\n"))
        .file(&format!("proc/{pid}/mountinfo"), text)
        .link(&format!("proc/{pid}/ns/mnt"), &format!("mnt:[{namespace}]"))
        .link(&format!("proc/{pid}/root"), "/")
        .link(&format!("proc/{pid}/cwd"), "/")
}

/// A node on which the container's overlay is mounted since two hours.
fn node() -> Tree {
    with_process(layers(), 1, "1", &(ROOT.to_owned() + &usual(60)))
        .aged("var/lib/docker/overlay2/c1", 2 * HOUR)
}

fn state(tree: &Tree) -> Fact<State> {
    only(&tree.running(), &(ROOT.to_owned() + &usual(60))).state
}

/// What a container's process sees: its root, and nothing of the node.
fn of_container(number: u32) -> String {
    line(number, "/", &format!("lowerdir={STORE}/overlay2/l/{LINK},upperdir={STORE}/overlay2/c1/diff"))
}

#[test]
fn an_overlay_that_a_process_has_for_its_root_is_in_use() {
    assert_eq!(state(&with_process(node(), 7, "2", &of_container(60))), Fact::Known(State::InUse));
    let sandboxed = of_container(60).replace(" / / ", " / /run/files ");
    assert_eq!(state(&with_process(node(), 7, "2", &sandboxed)), Fact::Known(State::InUse));
    let other = with_process(node(), 7, "2", &of_container(61));
    assert_eq!(state(&other), Fact::Known(State::Stopped));
}

#[test]
fn an_overlay_that_a_process_of_the_node_works_in_is_in_use() {
    let tree = with_process(node(), 7, "1", "").remove("proc/7/cwd");
    let tree = tree.link("proc/7/cwd", "/var/lib/docker/overlay2/c1/merged/srv");
    assert_eq!(state(&tree), Fact::Known(State::InUse));
}

#[test]
fn a_copy_in_the_namespace_of_a_service_uses_nothing() {
    let tree = with_process(node(), 7, "2", &(ROOT.to_owned() + &usual(60)));
    assert_eq!(state(&tree), Fact::Known(State::Stopped));
}

#[test]
fn what_was_mounted_lately_is_young_and_what_processes_hide_is_unknown() {
    let young = with_process(layers(), 1, "1", ROOT);
    assert_eq!(state(&young), Fact::Known(State::Young));
    assert!(matches!(state(&node().remove("proc/1/comm").fifo("proc/1/comm")), Fact::Gap(_)));
}

#[test]
fn overlays_of_builds_are_kept_and_those_of_nobody_are_unowned() {
    let of = |layer: &str| usual(60).replace("/c1/", &format!("/{layer}/"));
    let tree = node()
        .dir("var/lib/docker/overlay2/b1/diff")
        .dir("var/lib/docker/overlay2/x1/diff")
        .aged("var/lib/docker/overlay2/b1", 2 * HOUR)
        .aged("var/lib/docker/overlay2/x1", 2 * HOUR);
    assert_eq!(only(&tree.running(), &of("b1")).state, Fact::Known(State::Kept));
    assert_eq!(only(&tree.running(), &of("x1")).state, Fact::Known(State::Unowned));
    assert_eq!(look(&tree.running(), &of("x1"), ""), [], "it was unmounted meanwhile");
}

#[test]
fn what_only_another_namespace_keeps_is_told_once_with_its_processes() {
    let copy = ROOT.to_owned() + &usual(60);
    let tree = with_process(with_process(with_process(node(), 7, "2", &copy), 8, "2", &copy), 9, "3", &copy);
    assert_eq!(elsewhere(&tree.running(), &copy), [], "the node has it, too");
    let found = elsewhere(&tree.running(), ROOT);
    let [overlay] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((overlay.container.as_deref(), overlay.state), (Some("c1"), State::Stopped));
    assert_eq!((overlay.pids.as_slice(), overlay.namespaces.len()), ([7, 9].as_slice(), 2));
    assert_eq!(overlay.processes, ["7 p7", "8 p8", "9 p9"]);
}

#[test]
fn a_namespace_that_has_another_store_in_that_place_keeps_nothing_of_the_nodes() {
    let nested = "20 1 254:0 /volumes/v/_data / rw - ext4 /dev/vda rw\n".to_owned() + &usual(60);
    let tree = with_process(node(), 7, "2", &nested);
    assert_eq!(elsewhere(&tree.running(), ROOT), []);
}
