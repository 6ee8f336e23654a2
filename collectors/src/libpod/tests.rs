use std::io::Read as _;
use std::time::{Duration, Instant};

use plimsoll_engine::demand::Demand;

use super::*;
use crate::context::Options;
use crate::tree::Tree;

/// podman 4.3 wrote it: a pod with its infra container and one that was not started, and one that ended with 3.
const BOLT: &[u8] = include_bytes!("../../tests/fixtures/containers-storage/bolt_state-pod.db.gz");

/// The same as podman 5 keeps it, by its statements.
const SQLITE: &[u8] = include_bytes!("../../tests/fixtures/containers-storage/db-pod.sql.gz");

const ROOT: &str = "var/lib/containers/storage";

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut unpacked).unwrap();
    unpacked
}

fn read(tree: &Tree) -> Result<Option<Libpod>, Unknown> {
    let (host, demand, options) = (tree.running(), Demand::everything(), Options::default());
    let deadline = Instant::now() + Duration::from_secs(3600);
    let ctx = Context { host: &host, demand: &demand, options: &options, deadline };
    super::read(&ctx, "/var/lib/containers/storage", &|| false)
}

#[test]
fn both_forms_of_the_database_tell_the_same() {
    let bolt =
        read(&Tree::new().file(&format!("{ROOT}/libpod/bolt_state.db"), unpacked(BOLT))).unwrap().unwrap();
    let by_name =
        |name: &str| bolt.containers.values().find(|container| container.config.name == name).unwrap();
    let ended = by_name("ended");
    assert_eq!((ended.state.status, ended.state.exit_code, ended.state.oom_killed), (6, 3, false));
    assert!(ended.state.finished_time.starts_with("2026-11-28T12:36:"), "{ended:?}");
    assert_eq!((ended.config.pod.as_str(), ended.config.is_infra), ("", false));
    let (infra, other) = (by_name("shop-infra"), by_name("inpod"));
    assert_eq!((infra.config.is_infra, other.config.is_infra, other.state.status), (true, false, 1));
    assert_eq!(bolt.pods.get(&other.config.pod).map(String::as_str), Some("shop"));
    let sqlite = read(&Tree::new().file(&format!("{ROOT}/db.sql"), unpacked(SQLITE))).unwrap().unwrap();
    assert_eq!(sqlite, bolt);
    assert_eq!(read(&Tree::new()), Ok(None));
}
