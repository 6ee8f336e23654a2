//! A store as podman 4.3 left it, with what can go wrong in it; and stores that somebody made up.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::GapReason;
use serde_json::{Value, json};

use crate::context::{Context, Options};
use crate::depth::Depth;
use crate::fact::Fact;
use crate::host::Host;
use crate::storage::store::Store;
use crate::storage::survey::{Examined, Survey};
use crate::tree::Tree;

const STORE: &str = "/var/lib/containers/storage";

/// The lowest layer, that of the image `localhost/bb:1`, and its container's.
const BASE: &str = "cc2ad842bf39d2e0dae0c9a7e26fcedf22c0510767889f98c1f36cc9e3c74596";
const MIDDLE: &str = "c58a3384ae57977df0ade6410265a0e53ca07f39ceab65ccf67a4ad862a755b5";
const TOP: &str = "2b4792856684f02d00d8ebf6a6f6eca5a87342914722bdfb05e39df1238a474a";
const RW: &str = "6c294cbdf309dd69413a3d7a64912da3b661f7c968b3f2e0f105dbd480a6a487";
const IMAGE: &str = "3e9b353dddec3a27922824e67da096e2394ed1edbe5db6165e9dc6de12b9663c";
const CONTAINER: &str = "14bfd39a90ed1e1aa15ca76eef352d9d17e06683c3ce1ec8861890be8586427f";

/// The files of a store by path; a path with a slash at its end is an empty directory, an object with the
/// member `link` a symbolic link, one with `fifo` a FIFO.
#[derive(Debug, Clone)]
struct Files(BTreeMap<String, Value>);

impl Files {
    /// The store of three images, each upon the other, and a container of each, of which one runs.
    fn real() -> Self {
        let text = include_str!("../../../tests/fixtures/containers-storage/podman-4.3.json");
        Self(serde_json::from_str(text).unwrap())
    }

    fn with(mut self, path: &str, content: impl Into<Value>) -> Self {
        self.0.insert(place(path), content.into());
        self
    }

    /// Without what is at `path` or below.
    fn without(mut self, path: &str) -> Self {
        let (path, count) = (place(path), self.0.len());
        self.0.retain(|file, _| *file != path && !file.starts_with(&format!("{path}/")));
        assert!(self.0.len() < count, "there is no {path}");
        self
    }

    /// With the JSON of `path` changed.
    fn edit(mut self, path: &str, change: impl FnOnce(&mut Value)) -> Self {
        let text = self.0.get_mut(&place(path)).unwrap();
        let mut json = serde_json::from_str(text.as_str().unwrap()).unwrap();
        change(&mut json);
        *text = json.to_string().into();
        self
    }

    fn tree(&self) -> Tree {
        self.0.iter().fold(Tree::new(), |tree, (path, content)| match content {
            Value::Null => tree.dir(path),
            Value::String(text) => tree.file(path, text),
            object if object["fifo"] == true => tree.fifo(path),
            object => tree.link(path, object["link"].as_str().unwrap()),
        })
    }
}

/// Paths of the store may leave out where it is.
fn place(path: &str) -> String {
    if path.starts_with("overlay") { format!("{STORE}/{path}").split_off(1) } else { path.to_owned() }
}

fn examine(host: &Host, depth: Depth) -> Fact<Examined> {
    examine_at(host, STORE, depth)
}

fn examine_at(host: &Host, path: &str, depth: Depth) -> Fact<Examined> {
    let demand = Demand::everything();
    let options = Options { depth, ..Options::default() };
    let deadline = Instant::now() + Duration::from_secs(3600);
    let ctx = Context { host, demand: &demand, options: &options, deadline };
    super::examine(&Survey::new(&ctx), path)
}

fn store(host: &Host, depth: Depth) -> Store {
    let Fact::Known(examined) = examine(host, depth) else { panic!("the store was not examined") };
    examined.store
}

/// What is wrong, as `check id`, and each check that could not be made, as `check ?`.
fn wrong(files: &Files) -> Vec<String> {
    found(&store(&files.tree().host(), Depth::Metadata))
}

fn found(store: &Store) -> Vec<String> {
    let problems = serde_json::to_value(&store.problems).unwrap();
    let mut found = Vec::new();
    for (check, list) in problems.as_object().unwrap() {
        let check = check.strip_prefix("containers-storage-").unwrap();
        match list.as_array() {
            Some(list) => found.extend(list.iter().map(|problem| {
                problem["id"].as_str().map_or_else(|| format!("{check} ?"), |id| format!("{check} {id}"))
            })),
            None => found.push(format!("{check} ?")),
        }
    }
    found
}

/// The problem of `check`.
fn problem(files: &Files, check: &str) -> Value {
    let store = store(&files.tree().host(), Depth::Metadata);
    serde_json::to_value(&store.problems).unwrap()[format!("containers-storage-{check}")][0].clone()
}

#[test]
fn a_healthy_store_has_nothing_wrong_and_tells_what_it_holds() {
    let tree = Files::real().tree();
    let Fact::Known(examined) = examine(&tree.host(), Depth::Metadata) else { panic!() };
    let store = &examined.store;
    assert_eq!(found(store), ["mount-count-stale ?"], "which only a running node can tell");
    assert_eq!((store.driver.as_deref(), store.checked, &store.user), (Some("overlay"), true, &None));
    assert_eq!(store.counts.layers, Fact::Known(6));
    let images = store.images.known().unwrap();
    let of = |name: &str| images.iter().find(|image| image.names == [name]).unwrap();
    assert_eq!((of("localhost/bb:1").layers, of("localhost/bb:3").layers), (Some(1), Some(3)));
    assert_eq!(of("localhost/bb:3").bytes, Some(1_996_800 + 519_680 + 3072));
    assert_eq!((of("localhost/bb:3").unique_bytes, of("localhost/bb:3").containers), (Some(0), 1));
    let rw = examined.rw_layers.iter().find(|layer| layer.container == CONTAINER).unwrap();
    assert_eq!((rw.name.as_deref(), &rw.pod), (Some("c3"), &None));
    assert_eq!(rw.path, format!("{STORE}/overlay/{RW}/diff"));
}

#[test]
fn what_is_kept_by_digest_is_checked_in_depth() {
    let files = Files::real();
    assert!(!found(&store(&files.tree().host(), Depth::Digest)).iter().any(|found| found.contains("data")));
    let manifest = format!("overlay-images/{IMAGE}/manifest");
    let text = files.0[&place(&manifest)].as_str().unwrap().replace("sha256", "sha265");
    let store = store(&files.clone().with(&manifest, text).tree().host(), Depth::Digest);
    assert!(found(&store).contains(&format!("image-data-altered {IMAGE}")));
}

#[test]
fn each_corruption_is_found_as_what_it_is() {
    let layers = "overlay-layers/layers.json";
    let no_parent = |json: &mut Value| json.as_array_mut().unwrap().retain(|layer| layer["id"] != MIDDLE);
    let of = |json: &mut Value, id: &str, key: &str, value: Value| {
        let list = json.as_array_mut().unwrap();
        list.iter_mut().find(|record| record["id"] == id).unwrap()[key] = value;
    };
    let real = Files::real;
    let cases: [(Files, &[&str]); 20] = [
        (real().without(&format!("overlay/{MIDDLE}")), &["layer-directory-missing", MIDDLE]),
        (real().without(&format!("overlay/{MIDDLE}/diff/")), &["layer-directory-missing", MIDDLE]),
        (real().with("overlay/0rphan/diff/", Value::Null), &["layer-directory-unknown", "0rphan"]),
        (real().edit(layers, no_parent), &["layer-parent-missing", TOP]),
        (real().edit(layers, no_parent), &["image-layer-missing", IMAGE]),
        (real().edit(layers, |json| of(json, BASE, "parent", TOP.into())), &["layer-parent-cycle", TOP]),
        (
            real().edit(layers, |json| of(json, TOP, "flags", json!({"incomplete": true}))),
            &["layer-incomplete", TOP],
        ),
        (real().with(&format!("overlay/{BASE}/link"), ""), &["link-invalid", BASE]),
        (real().without(&format!("overlay/{BASE}/link")), &["link-invalid", BASE]),
        (real().without("overlay/l/RUJ6B2WXWGYKPKJ7WJOQBVPU4C"), &["link-lost", BASE]),
        (real().with(&format!("overlay/{TOP}/lower"), ""), &["lower-invalid", TOP]),
        (
            real().with(&format!("overlay/{TOP}/lower"), "l/MXZP7AYK7MLEGW4WXSYNWFRXIC:l"),
            &["lower-invalid", TOP],
        ),
        (real().without(&format!("overlay-layers/{TOP}.tar-split.gz")), &["tar-split-missing", TOP]),
        (real().without(&format!("overlay-images/{IMAGE}/manifest")), &["image-data-missing", IMAGE]),
        (real().with(&format!("overlay-images/{IMAGE}/manifest"), ""), &["image-data-truncated", IMAGE]),
        (
            real().with(&format!("overlay-images/{}/", "a".repeat(64)), Value::Null),
            &["image-directory-unknown", "aaa"],
        ),
        (
            real().edit("overlay-containers/containers.json", |json| {
                of(json, CONTAINER, "layer", "gone".into());
            }),
            &["container-layer-missing", CONTAINER],
        ),
        (
            real().edit("overlay-containers/containers.json", |json| {
                of(json, CONTAINER, "image", "gone".into());
            }),
            &["container-image-missing", CONTAINER],
        ),
        (
            real().edit("overlay-containers/containers.json", |json| {
                of(json, CONTAINER, "big-data-names", json!(["state"]));
            }),
            &["container-data-missing", CONTAINER],
        ),
        (real().with("overlay/staging/x/dir/", Value::Null), &["staging-left-over", "x"]),
    ];
    for (files, expected) in cases {
        let wrong = wrong(&files);
        let is_it = |found: &String| expected.iter().all(|part| found.contains(part));
        assert!(wrong.iter().any(is_it), "{expected:?} is not among {wrong:?}");
    }
}

#[test]
fn lost_and_broken_records_are_told_once_and_make_the_rest_unknown() {
    for (text, check) in [
        (Some(""), "metadata-lost"),
        (None, "metadata-lost"),
        (Some("[{\"id\":"), "metadata-invalid"),
        (Some("{}"), "metadata-invalid"),
        (Some("[{\"id\":\"a\"},{\"id\":\"a\"}]"), "metadata-invalid"),
        (Some("[{\"id\":\"../../etc\"}]"), "metadata-invalid"),
        (Some("[{}]"), "metadata-invalid"),
    ] {
        let path = "overlay-layers/layers.json";
        let files = match text {
            Some(text) => Files::real().with(path, text),
            None => Files::real().without(path),
        };
        let wrong = wrong(&files);
        let told: Vec<_> = wrong.iter().filter(|found| !found.ends_with('?')).collect();
        assert_eq!(told, [&format!("{check} layers.json")], "{text:?}");
        assert!(wrong.contains(&"layer-directory-unknown ?".to_owned()), "{text:?}");
    }
    let fifo = Files::real().with("overlay-images/images.json", json!({"fifo": true}));
    assert!(wrong(&fifo).contains(&"metadata-invalid images.json".to_owned()));
}

#[test]
fn a_short_name_can_be_put_back_from_what_is_there() {
    let files = Files::real().with(&format!("overlay/{BASE}/link"), "");
    let link = problem(&files, "link-invalid");
    assert_eq!(link["expected"], "RUJ6B2WXWGYKPKJ7WJOQBVPU4C");
    assert_eq!(link["images"], json!(["localhost/bb:1", "localhost/bb:2", "localhost/bb:3"]));
    let files = Files::real().with(&format!("overlay/{TOP}/lower"), "");
    let lower = "l/MXZP7AYK7MLEGW4WXSYNWFRXIC:l/RUJ6B2WXWGYKPKJ7WJOQBVPU4C";
    assert_eq!(problem(&files, "lower-invalid")["expected"], lower);
}

/// Of CRI-O's containers no record is in the stable file, and most directories would seem to be orphans.
#[test]
fn volatile_records_count_and_pods_are_named() {
    let sandbox = json!({"pod-name": "k8s_web-0_shop_u1_0", "pod-id": "5a", "name": "k8s_POD_web-0_shop_u1_0",
        "metadata-name": "web-0", "uid": "u1", "namespace": "shop"});
    let inner = json!({"pod-name": "k8s_web-0_shop_u1_0", "pod-id": "5a", "metadata-name": "nginx"});
    let containers = json!([
        {"id": "5a", "names": ["k8s_POD_web-0_shop_u1_0"], "image": IMAGE, "layer": "r1", "metadata": sandbox.to_string()},
        {"id": "6b", "names": ["k8s_nginx_web-0_shop_u1_0"], "image": IMAGE, "layer": "r2", "metadata": inner.to_string()},
    ]);
    let lower = "l/UO6MO2273OWENCZTBKIOMW5MAJ:l/MXZP7AYK7MLEGW4WXSYNWFRXIC:l/RUJ6B2WXWGYKPKJ7WJOQBVPU4C";
    let mut files =
        Files::real().with("overlay-containers/volatile-containers.json", containers.to_string()).with(
            "overlay-layers/volatile-layers.json",
            json!([{"id": "r1", "parent": TOP}, {"id": "r2", "parent": TOP}]).to_string(),
        );
    for (layer, name) in [("r1", "A".repeat(26)), ("r2", "B".repeat(26))] {
        files = files
            .with(&format!("overlay/{layer}/diff/"), Value::Null)
            .with(&format!("overlay/{layer}/link"), name.as_str())
            .with(&format!("overlay/{layer}/lower"), lower)
            .with(&format!("overlay/l/{name}"), json!({"link": format!("../{layer}/diff")}));
    }
    assert_eq!(wrong(&files), ["mount-count-stale ?"]);
    let Fact::Known(examined) = examine(&files.tree().host(), Depth::Metadata) else { panic!() };
    let names: Vec<_> = examined
        .rw_layers
        .iter()
        .filter_map(|layer| Some((layer.name.clone()?, layer.pod.clone()?)))
        .collect();
    let pod = || "shop/web-0".to_owned();
    assert_eq!(names, [("web-0".to_owned(), pod()), ("nginx".to_owned(), pod())]);
    let gone = files.without("overlay/r2");
    let told = problem(&gone, "layer-directory-missing");
    assert_eq!(told["pods"], json!(["shop/web-0"]));
    assert_eq!((&told["pod_containers"], &told["sandboxes"]), (&json!(["6b"]), &json!([])));
    let gone = gone.without("overlay/r1");
    let told = problem(&gone, "layer-directory-missing");
    assert_eq!((&told["id"], &told["sandboxes"]), (&json!("r1"), &json!(["5a"])));
    // podman's own container on the same image.
    let told = problem(&gone.without(&format!("overlay/{TOP}")), "layer-directory-missing");
    assert_eq!((&told["sandboxes"], &told["pod_containers"]), (&json!(["5a"]), &json!(["6b"])));
    assert_eq!(told["other_containers"], json!([CONTAINER]));
}

#[test]
fn layers_in_stores_that_are_used_together_are_not_missing() {
    let moved = |conf: &str| {
        let mut files = Files::real();
        for (path, content) in Files::real().0 {
            if path.contains("overlay-images/") || path.contains(BASE) || path.ends_with("layers.json") {
                files = files.with(&path.replace(&STORE[1..], "mnt/images"), content);
            }
        }
        files
            .without("overlay-images")
            .without(&format!("overlay/{BASE}"))
            .edit("overlay-layers/layers.json", |json| {
                json.as_array_mut().unwrap().retain(|layer| layer["id"] != BASE);
            })
            .with("etc/containers/storage.conf", conf)
    };
    let conf = "[storage.options]\nadditionalimagestores = ['/mnt/images']\n";
    let wrong_together = wrong(&moved(conf));
    assert!(!wrong_together.iter().any(|found| found.contains("missing")), "{wrong_together:?}");
    assert!(wrong(&moved("")).iter().any(|found| found.starts_with("layer-parent-missing")));
    let unreadable = moved(conf).with("mnt/images/overlay-layers/layers.json", "[");
    assert!(wrong(&unreadable).contains(&"layer-parent-missing ?".to_owned()));
}

#[test]
fn on_a_running_node_what_is_young_may_be_in_the_making() {
    let files = Files::real()
        .with("overlay/0rphan/diff/", Value::Null)
        .with("proc/1/comm", "systemd\n")
        .with("proc/locks", "")
        .with("proc/1/mountinfo", "")
        .with("proc/stat", "btime 1000\n");
    let counts = "run/containers/storage/overlay-layers/mountpoints.json";
    assert_eq!(found(&store(&files.tree().running(), Depth::Metadata)), [""; 0], "counts are written first");
    let store = store(&files.tree().aged(counts, Duration::from_secs(120)).running(), Depth::Metadata);
    assert_eq!(found(&store), [format!("mount-count-stale {RW}")]);
    assert_eq!(store.in_use, Fact::Known(false));
    let mounted = format!("40 1 0:40 / {STORE}/overlay/{RW}/merged rw - overlay overlay rw\n");
    let files = files.with("proc/1/mountinfo", mounted);
    assert!(found(&self::store(&files.tree().running(), Depth::Metadata)).is_empty());
}

#[test]
fn an_unclean_end_of_cri_o_taints_what_it_did_not_sync() {
    let files = Files::real()
        .with("var/lib/crio/clean.shutdown.supported", "")
        .with(&format!("overlay/{RW}/work/work/incompat/volatile"), "");
    let wrong = wrong(&files);
    assert!(wrong.contains(&format!("crio-shutdown-unclean {STORE}")), "{wrong:?}");
    assert!(wrong.contains(&format!("volatile-container-survived-crash {CONTAINER}")), "{wrong:?}");
    let clean = files.with("var/lib/crio/clean.shutdown", "");
    assert_eq!(self::wrong(&clean), ["mount-count-stale ?"]);
}

#[test]
fn drivers_whose_layout_is_not_known_are_not_called_sound() {
    let files = Files(BTreeMap::new())
        .with("var/lib/containers/storage/vfs-layers/layers.json", "[{\"id\": \"a\", \"parent\": \"b\"}]")
        .with("var/lib/containers/storage/vfs-images/images.json", "[{\"id\": \"i\", \"layer\": \"a\"}]");
    let store = store(&files.tree().host(), Depth::Metadata);
    assert!(!store.checked);
    let found = found(&store);
    assert!(found.contains(&"layer-parent-missing a".to_owned()), "{found:?}");
    assert!(found.contains(&"layer-directory-missing ?".to_owned()), "{found:?}");
}

#[test]
fn a_store_that_somebody_made_up_ends_in_findings() {
    let chain: Vec<Value> =
        (0..20_000).map(|n| json!({"id": format!("{n}"), "parent": format!("{}", n + 1)})).collect();
    let images: Vec<Value> =
        (0..2000).map(|n| json!({"id": format!("i{n}"), "layer": format!("{n}")})).collect();
    let files = Files(BTreeMap::new())
        .with("overlay-layers/layers.json", Value::from(chain).to_string())
        .with("overlay-images/images.json", Value::from(images).to_string())
        .with("overlay-containers/containers.json", "[{\"id\": \"a\\nb\\u001b[31m\", \"layer\": \"x\"}]")
        .with("overlay/0/link", json!({"fifo": true}))
        .with("overlay/0/lower", json!({"link": "/etc/shadow"}))
        .with("overlay/0/diff/", Value::Null)
        .with("overlay/1", json!({"link": "/"}))
        .with("overlay/l", "no directory");
    let store = store(&files.tree().host(), Depth::Digest);
    assert!(store.problems_omitted > 0);
    let found = found(&store);
    assert!(found.contains(&"container-layer-missing a\nb\u{1b}[31m".to_owned()));
    assert!(found.contains(&"layer-directory-missing 1".to_owned()));
    assert!(found.contains(&"link-invalid ?".to_owned()) || found.contains(&"link-invalid 0".to_owned()));
    let circle: Vec<Value> =
        (0..500).map(|n| json!({"id": format!("{n}"), "parent": format!("{}", (n + 1) % 500)})).collect();
    let files = files.with("overlay-layers/layers.json", Value::from(circle).to_string());
    let wrong = wrong(&files);
    assert_eq!(wrong.iter().filter(|found| found.starts_with("layer-parent-cycle")).count(), 1);
}

#[test]
fn too_many_records_are_refused() {
    let files = Files::real().with("overlay-layers/layers.json", format!("[{}{{}}]", "{},".repeat(100_001)));
    assert!(wrong(&files).contains(&"metadata-invalid layers.json".to_owned()));
    let files = Files::real().with("overlay-layers/layers.json", " ".repeat((64 << 20) + 1));
    assert!(wrong(&files).contains(&"metadata-invalid ?".to_owned()), "larger than is read: nobody can tell");
}

#[test]
fn what_is_no_directory_is_no_store() {
    let files = Files(BTreeMap::new()).with("overlay-layers", "x");
    let Fact::Gap(unknown) = examine(&files.tree().host(), Depth::Metadata) else { panic!() };
    assert_eq!(unknown.reason, GapReason::Malformed);
}

#[test]
fn a_rootless_store_says_whose_it_is() {
    let home = "home/ann/.local/share/containers/storage";
    let files = Files::real().0.into_iter().map(|(path, content)| (path.replace(&STORE[1..], home), content));
    let tree = Files(files.collect()).with("etc/passwd", "ann:x:1000:1000::/home/ann:\n").tree();
    let Fact::Known(examined) = examine_at(&tree.host(), &format!("/{home}"), Depth::Metadata) else {
        panic!()
    };
    assert_eq!(examined.store.user.as_deref(), Some("ann"));
    assert!(found(&examined.store).is_empty(), "its mounts are in a namespace of their own");
}
