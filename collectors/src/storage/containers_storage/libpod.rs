//! podman's own database against the store: the containers of the one and those of the other.
//!
//! podman keeps what it knows of its containers in a [database](crate::libpod) beside the records of the store. A
//! container of one that the other does not have is podman's loss, or buildah's container.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Part;
use super::checks::{CONTAINER_EXTERNAL, CONTAINER_LOST};
use super::records::ContainerRecord;
use crate::fact::{Fact, Unknown};
use crate::libpod::{self, Container};
use crate::storage::check::Record;
use crate::storage::problem::Problem;
use crate::storage::survey::Survey;

/// How long after the first reading the second one is made: podman removes a container from the store first.
const PAUSE: Duration = Duration::from_millis(500);

/// Compares the containers of the store at `store` with those that podman knows.
pub(super) fn check(survey: &Survey<'_>, store: &str, parts: &[Part<'_>], record: &mut Record) {
    let incomplete = parts.iter().find_map(|part| part.tables.containers.incomplete());
    let mut known = match incomplete.map_or_else(|| read(survey, store), Err) {
        Ok(Some(known)) => known,
        // Nobody has used podman here.
        Ok(None) => return,
        Err(unknown) => {
            record.impossible(&CONTAINER_LOST, &unknown);
            return record.impossible(&CONTAINER_EXTERNAL, &unknown);
        }
    };
    let stored: BTreeMap<&str, &ContainerRecord> = parts
        .iter()
        .flat_map(|part| part.tables.containers.distinct())
        .map(|container| (container.id.as_str(), container))
        .collect();
    let is_lost = |(id, container): &(&String, &Container)| {
        container.config.rootfs.is_empty() && !stored.contains_key(id.as_str())
    };
    if known.iter().any(|entry| is_lost(&entry)) && survey.ctx.host.is_running() {
        std::thread::sleep(PAUSE.min(survey.ctx.remaining() / 4));
        if let Ok(Some(later)) = read(survey, store) {
            known.retain(|id, _| later.contains_key(id));
        }
    }
    for (id, container) in known.iter().filter(is_lost) {
        let name = &container.config.name;
        let detail = format!("podman has it as {name}, and the store has no record of it");
        record.found(&CONTAINER_LOST, problem(store, id, detail));
    }
    for part in parts {
        let catalog = part.catalog(store);
        for container in part.tables.containers.distinct() {
            let engine = container.engine_metadata();
            let is_crios = engine.pod_id.is_some() || engine.pod_name.is_some();
            let age = catalog.layer(&container.layer).and_then(|layer| layer.created());
            let is_young = age.is_some_and(|created| {
                survey
                    .may_be_in_the_making(survey.age_at(created), &Fact::Known(survey.ctx.host.is_running()))
            });
            if !is_crios && !is_young && !known.contains_key(&container.id) {
                let name = container.name().unwrap_or_else(|| container.id.clone());
                let detail = format!("{name} is of buildah, or of a program that podman does not know");
                let path = format!("{}/{}", part.area.containers_dir(), container.id);
                record.found(&CONTAINER_EXTERNAL, catalog.of_container(container, path, detail));
            }
        }
    }
}

fn problem(store: &str, id: &str, detail: String) -> Problem {
    let (id, store) = (id.to_owned(), store.to_owned());
    Problem { containers: vec![id.clone()], path: store.clone(), id, store, detail, ..Problem::default() }
}

/// The containers that podman knows; `None` if it has no database there.
fn read(survey: &Survey<'_>, store: &str) -> Result<Option<BTreeMap<String, Container>>, Unknown> {
    let is_over = || survey.out_of_time(store).is_some();
    Ok(libpod::read(survey.ctx, store, &is_over)?.map(|known| known.containers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::{Context, Options};
    use crate::tree::Tree;
    use plimsoll_engine::demand::Demand;
    use serde_json::Value;
    use std::io::Read as _;
    use std::time::Instant;

    const STORE: &str = "var/lib/containers/storage";

    /// The containers that podman has in the databases: one that the store has, too, one that it has not, and
    /// one that runs on a directory.
    const WEB: &str = "e22e83290f05853da29145347a6c0cda5bea1891948b0937c0f02da75ebb0a7d";
    const GONE: &str = "ac998ae14f6648f430e1ef273e49258745c6600dec59f868ee867776abff3ced";

    /// podman 4.3 wrote it.
    const BOLT: (&str, &[u8]) = (
        "libpod/bolt_state.db",
        include_bytes!("../../../tests/fixtures/containers-storage/bolt_state.db.gz"),
    );

    /// The same containers as podman 5 keeps them, by its statements.
    const SQLITE: (&str, &[u8]) =
        ("db.sql", include_bytes!("../../../tests/fixtures/containers-storage/db.sql.gz"));

    fn unpacked(bytes: &[u8]) -> Vec<u8> {
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(bytes).read_to_end(&mut unpacked).unwrap();
        unpacked
    }

    /// A store with a container of podman, one of buildah and one of CRI-O.
    fn store() -> Tree {
        let containers = format!(
            r#"[{{"id":"{WEB}","names":["web"],"layer":"l1","metadata":"{{}}"}},
                {{"id":"b1","names":["build-working-container"],"layer":"l2"}},
                {{"id":"k1","names":["k8s_x"],"layer":"l3","metadata":"{{\"pod-id\":\"p\",\"pod-name\":\"n\"}}"}}]"#
        );
        Tree::new()
            .file(&format!("{STORE}/overlay-containers/containers.json"), containers)
            .file(&format!("{STORE}/overlay-images/images.json"), "[]")
            .file(&format!("{STORE}/overlay-layers/layers.json"), "[]")
    }

    fn with(tree: Tree, (name, packed): (&str, &[u8])) -> Tree {
        tree.file(&format!("{STORE}/{name}"), unpacked(packed))
    }

    /// The ids that each of the two checks found; `?` for one that could not be made.
    fn found(tree: &Tree) -> (Vec<String>, Vec<String>) {
        let (host, demand, options) = (tree.host(), Demand::everything(), Options::default());
        let deadline = Instant::now() + Duration::from_secs(3600);
        let ctx = Context { host: &host, demand: &demand, options: &options, deadline };
        let examined = super::super::examine(&Survey::new(&ctx), "/var/lib/containers/storage");
        let problems = serde_json::to_value(&examined.known().unwrap().store.problems).unwrap();
        let ids = |check: &str| match &problems[format!("containers-storage-container-{check}")] {
            Value::Array(found) => {
                found.iter().map(|of| of["id"].as_str().unwrap_or("?").to_owned()).collect()
            }
            _ => vec!["?".to_owned()],
        };
        (ids("lost"), ids("external"))
    }

    #[test]
    fn what_only_one_of_both_has_is_told_for_either_form_of_the_database() {
        let expected = (vec![GONE.to_owned()], vec!["b1".to_owned()]);
        assert_eq!(found(&with(store(), BOLT)), expected);
        assert_eq!(found(&with(store(), SQLITE)), expected);
        assert_eq!(found(&store()), (Vec::new(), Vec::new()), "podman was never used");
    }

    #[test]
    fn of_two_databases_the_one_that_was_written_last_counts() {
        let old = format!("{STORE}/libpod/bolt_state.db");
        let tree = with(store().file(&old, "left over"), SQLITE).aged(&old, Duration::from_secs(3600));
        assert_eq!(found(&tree).0, [GONE]);
    }

    #[test]
    fn a_damaged_database_and_one_that_is_being_written_leave_it_open() {
        let unknown = (vec!["?".to_owned()], vec!["?".to_owned()]);
        assert_eq!(found(&store().file(&format!("{STORE}/libpod/bolt_state.db"), "")), unknown);
        assert_eq!(found(&store().file(&format!("{STORE}/db.sql"), "SQLite")), unknown);
        let busy = with(store(), SQLITE).file(&format!("{STORE}/db.sql-journal"), [0xd9; 512]);
        assert_eq!(found(&busy), unknown);
        let cut = unpacked(SQLITE.1);
        let cut = store().file(&format!("{STORE}/db.sql"), &cut[..cut.len() / 2]);
        assert_eq!(found(&cut), unknown);
    }
}
