//! The store of a real containerd: sound, it has no problem, whether its daemon runs, works or is off; and
//! each way to damage a copy of it is found, told with the right object, and put right by the commands that
//! the finding prints. Needs root and the Debian packages `containerd`, `runc` and `busybox-static`:
//! `cargo test --test storage_containerd -- --ignored --test-threads=1`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the test starts containerd, runs the binary, and fails by panicking"
)]

#[path = "../support/churn.rs"]
mod churn;
mod containerd;
mod damages;
mod image;

use std::path::{Path, PathBuf};
use std::process::Command;

use containerd::Containerd;
use damages::{ALL, Damage, Remedy};
use serde_json::Value;
use tempfile::TempDir;

/// How often somebody does as the findings tell, at most: what was hidden by another may come to light.
const ROUNDS: usize = 4;

/// The object of a check that could not be made on it.
const UNKNOWN: &str = "unknown";

/// The images, by the namespace that they are in.
const IMAGES: [(&str, &str); 3] = [
    ("k8s.io", "docker.io/library/one:1"),
    ("k8s.io", "docker.io/library/two:1"),
    ("default", "docker.io/library/one:1"),
];

/// A containerd with two images in two namespaces, and containers that run, that never ran, and one that
/// has ended.
struct Sound {
    containerd: Containerd,
    /// The images, as a registry would have them.
    images: TempDir,
}

impl Sound {
    fn make() -> Self {
        let mut sound = Self { containerd: Containerd::new(), images: tempfile::tempdir().unwrap() };
        image::write(sound.images.path(), IMAGES[0].1, 3, &sound.archive(IMAGES[0].1));
        image::write(sound.images.path(), IMAGES[1].1, 5, &sound.archive(IMAGES[1].1));
        sound.containerd.start().unwrap();
        for (namespace, image) in IMAGES {
            sound.pull(&sound.containerd, namespace, image);
        }
        let ctr = |arguments: &[&str]| sound.containerd.ctr(arguments);
        let [running, ended, created] =
            ["running", "ended", "created"].map(|name| sound.containerd.own(name));
        let run = ["run", "--detach", "--net-host"];
        ctr(&[&["-n", "k8s.io"], &run[..], &[IMAGES[1].1, &running, "/bin/sleep", "100000"]].concat());
        ctr(&[&run[..], &[IMAGES[2].1, &ended, "/bin/sleep", "0"]].concat());
        ctr(&["-n", "k8s.io", "containers", "create", "--net-host", IMAGES[0].1, &created, "/bin/sh"]);
        sound
    }

    fn archive(&self, image: &str) -> PathBuf {
        let name = image.rsplit('/').next().unwrap().split(':').next().unwrap();
        self.images.path().join(format!("{name}.tar"))
    }

    fn pull(&self, containerd: &Containerd, namespace: &str, image: &str) {
        let archive = self.archive(image);
        containerd.ctr(&["-n", namespace, "images", "import", archive.to_str().unwrap()]);
    }
}

/// The store of a containerd as it is found on the running node.
fn live(containerd: &Containerd, depth: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["query", "$.storage.stores[*]"])
        .args(depth)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let stores: Vec<Value> =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {text}"));
    let path = containerd.store().display().to_string();
    stores.into_iter().find(|store| store["path"] == path.as_str()).unwrap()
}

/// The problems of a store: check and object.
fn problems(store: &Value) -> Vec<(String, String)> {
    let checks = store["problems"].as_object().unwrap().iter();
    let lists = checks.flat_map(|(check, found)| {
        let found = found.as_array().into_iter().flatten();
        found.map(move |problem| (check.clone(), problem["id"].as_str().unwrap_or(UNKNOWN).to_owned()))
    });
    lists.collect()
}

/// What is reported of a store whose containerd is off: rule, subject, message, commands.
fn findings(target: &Path) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["check", "--only", "containerd-*", "--format", "json", "--deep=digest", "--root"])
        .arg(target)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let findings = report["findings"].as_array().unwrap().iter();
    findings.filter(|finding| finding["outcome"] == "fail").cloned().collect()
}

fn in_words(findings: &[Value]) -> String {
    findings.iter().map(|finding| format!("{}: {}\n", finding["rule"], finding["message"])).collect()
}

/// `plimsoll whois` says of every blob that `ctr content ls` lists where it is.
fn whois_knows_what_is_in_the_store(containerd: &Containerd) {
    for (namespace, image) in IMAGES {
        let listed = containerd.ctr(&["-n", namespace, "content", "ls", "--quiet"]);
        let digests: Vec<&str> = listed.lines().collect();
        assert!(!digests.is_empty(), "{namespace} has no blobs");
        for what in digests.iter().copied().chain([image]) {
            let output = Command::new(env!("CARGO_BIN_EXE_plimsoll")).args(["whois", what]).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let store = containerd.store().display().to_string();
            assert!(
                text.contains(what) && text.contains(&store) && text.contains(namespace),
                "{what}: {text}"
            );
        }
    }
}

#[test]
#[ignore = "needs root and a real containerd, which .ci/run installs"]
fn a_sound_store_has_no_problem() {
    let mut sound = Sound::make();
    let running = live(&sound.containerd, &["--deep=digest"]);
    assert_eq!(problems(&running), [], "while containerd runs");
    assert_eq!(running["in_use"], true);
    assert_eq!(running["counts"]["containers"], 3);
    assert_eq!(running["images"].as_array().unwrap().len(), 3);
    whois_knows_what_is_in_the_store(&sound.containerd);
    assert_eq!(in_words(&findings(&sound.containerd.copy().target())), "", "in a copy");
    sound.containerd.stop();
    assert_eq!(in_words(&findings(&sound.containerd.copy().target())), "", "without its daemon");
}

#[test]
#[ignore = "needs root and a real containerd, which .ci/run installs"]
fn each_way_to_damage_a_store_is_found_and_its_remedy_works() {
    let mut sound = Sound::make();
    sound.containerd.stop();
    let mut wrong = String::new();
    for damage in ALL {
        let mut copy = sound.containerd.copy();
        (damage.act)(&mut copy);
        let found = findings(&copy.target());
        let rule = format!("containerd-{}", damage.check);
        let is_it = |finding: &Value| {
            finding["rule"] == rule.as_str() && finding["message"].as_str().unwrap().contains(damage.object)
        };
        if !found.iter().any(is_it) {
            wrong += &format!("{}: no {rule} of {}, but\n{}", damage.name, damage.object, in_words(&found));
        } else if damage.remedy != Remedy::NotHere
            && let Err(error) = remedy(&sound, &mut copy, damage, &rule, found)
        {
            wrong += &format!("{}: {error}\n", damage.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Runs the commands of the findings of the damage's check, then those of what is left, as somebody would who
/// does as told, until the store is sound. Then the engine has to work.
fn remedy(
    sound: &Sound,
    containerd: &mut Containerd,
    damage: &Damage,
    rule: &str,
    mut found: Vec<Value>,
) -> Result<(), String> {
    found.retain(|finding| finding["rule"] == rule);
    for _ in 0..ROUNDS {
        // As on a node, where it runs if it can.
        let _ = containerd.start();
        for step in found.iter().flat_map(|finding| finding["remediation"]["steps"].as_array().unwrap()) {
            match step["run"].as_str().unwrap() {
                "systemctl stop containerd.service" => containerd.stop(),
                "systemctl start containerd.service" => containerd.start()?,
                command => containerd.shell(command, sound.images.path())?,
            }
        }
        containerd.stop();
        found = findings(&containerd.target());
        if found.is_empty() {
            return works(sound, containerd, damage.remedy);
        }
    }
    Err(format!("the commands were run, and there is\n{}", in_words(&found)))
}

/// Whether containerd runs, and every image.
fn works(sound: &Sound, containerd: &mut Containerd, remedy: Remedy) -> Result<(), String> {
    containerd.start()?;
    for (namespace, image) in IMAGES {
        if remedy == Remedy::Empty {
            sound.pull(containerd, namespace, image);
        }
        let id = containerd.own("again");
        let run = format!("ctr -n {namespace} run --rm --net-host {image} {id} /bin/sh -c exit");
        containerd.shell(&run, sound.images.path())?;
    }
    containerd.stop();
    Ok(())
}

#[test]
#[ignore = "needs root and a real containerd, which .ci/run installs"]
fn nothing_is_found_while_containerd_works() {
    let sound = Sound::make();
    let containerd = &sound.containerd;
    let archive = sound.archive(IMAGES[1].1);
    let (archive, id) = (archive.to_str().unwrap(), containerd.own("churn"));
    let work = || {
        let run = ["run", "--net-host", IMAGES[0].1, &id, "/bin/sh", "-c", "echo >/data/new"];
        containerd.try_ctr(&run);
        containerd.try_ctr(&["containers", "rm", &id]);
        containerd.try_ctr(&["images", "import", archive]);
        containerd.try_ctr(&["snapshots", "prepare", "churn-snapshot"]);
        containerd.try_ctr(&["snapshots", "rm", "churn-snapshot"]);
        containerd.try_ctr(&["images", "rm", "--sync", IMAGES[1].1]);
    };
    let mut wrong = Vec::new();
    let scans = churn::scan_during(work, |scans| {
        let depth: &[&str] = if scans % 4 == 3 { &["--deep=digest"] } else { &[] };
        let found = problems(&live(containerd, depth));
        wrong.extend(found.into_iter().filter(|(_, object)| object != UNKNOWN));
        true
    });
    assert_eq!(wrong, [], "in {scans} scans");
}
