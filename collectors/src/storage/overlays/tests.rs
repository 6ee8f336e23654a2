//! Overlays as the kernel lists them, over layers made by hand.

use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::GapReason;

use super::*;
use crate::context::{Context, Options};
use crate::host::Host;
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

fn look(host: &Host, text: &str, again: &str) -> Vec<Fact<Overlay>> {
    let (demand, options) = (Demand::default(), Options::default());
    let ctx = Context {
        host,
        demand: &demand,
        options: &options,
        deadline: Instant::now() + Duration::from_secs(3600),
    };
    let survey = Survey::new(&ctx);
    let path = format!("{STORE}/overlay2/c1/diff");
    let rw_layers = HashMap::from([(path.as_str(), "c1")]);
    let mut look =
        Look { survey: &survey, stores: vec![STORE], containers: rw_layers, present: HashMap::new() };
    look.at(text, || Ok(again.into())).unwrap()
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
