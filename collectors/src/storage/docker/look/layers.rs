//! The records of layers.

use std::collections::{BTreeMap, BTreeSet};

use super::super::checks::*;
use super::super::images::chain_id;
use super::super::layers::{Layer, Leftover};
use super::Look;
use crate::storage::problem::Problem;

/// How many layers docker puts upon each other at most (`maxLayerDepth`).
const MAX_DEPTH: usize = 125;

/// For how many layers the parent that they once had is looked for among all others.
const MAX_SEARCHES: usize = 50;

impl Look<'_> {
    pub(super) fn look_at_layers(&mut self) {
        let in_cycles = self.look_at_ancestry();
        let mut searches = 0;
        for (chain, layer) in self.records.layers() {
            if let Some(unknown) = layer.unknown() {
                self.missed(&METADATA_INCOMPLETE, unknown);
            }
            self.look_at_record(chain, layer);
            if !in_cycles.contains(chain) {
                self.look_at_chain_id(chain, layer, &mut searches);
            }
        }
        self.look_at_shared_directories();
        let records = self.records;
        self.look_at_leftovers(&REMOVAL_STALE, "sha256", "its removal did not end", &records.removals);
        self.look_at_leftovers(
            &REGISTRATION_STALE,
            "tmp",
            "its registration did not end",
            &records.registrations,
        );
    }

    /// A problem of the layer `chain`, at its record.
    pub(in crate::storage::docker) fn layer_problem(
        &self,
        chain: &str,
        detail: impl Into<String>,
    ) -> Problem {
        let path = format!("{}/image/overlay2/layerdb/sha256/{chain}", self.store);
        let mut problem = self.problem(format!("sha256:{chain}"), path, detail);
        self.owners.name_those_of_layer(chain, &mut problem);
        problem
    }

    fn look_at_record(&mut self, chain: &str, layer: &Layer) {
        let flaws = layer.flaws();
        if flaws.is_empty() || self.is_moving(layer.age) {
            return;
        }
        let mut problem = self.layer_problem(chain, flaws.join(", "));
        problem.age = Some(layer.age);
        problem.actual = layer.cache_id.known().cloned();
        self.found(&METADATA_INCOMPLETE, problem);
    }

    fn look_at_chain_id(&mut self, chain: &str, layer: &Layer, searches: &mut usize) {
        let Some(diff) = layer.diff.known() else { return };
        let parent = match &layer.parent {
            super::super::read::Read::Absent => None,
            parent => match parent.known() {
                Some(parent) => Some(parent.as_str()),
                None => return,
            },
        };
        let actual = chain_id(parent, diff);
        if actual == chain {
            return;
        }
        let mut problem =
            self.layer_problem(chain, "its name is not the digest of its parent's name and its contents'");
        *searches += 1;
        if *searches <= MAX_SEARCHES {
            let mut others = self.records.layers().map(|(other, _)| other);
            let parent = others.find(|other| chain_id(Some(other), diff) == chain);
            problem.expected = parent.map(|parent| format!("sha256:{parent}"));
        }
        problem.actual =
            Some(parent.map_or_else(|| "no parent".to_owned(), |parent| format!("sha256:{parent}")));
        self.found(&CHAIN_MISMATCH, problem);
    }

    /// The layers that lead back to themselves.
    fn look_at_ancestry(&mut self) -> BTreeSet<String> {
        let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
        let mut in_cycles = BTreeSet::new();
        let records = self.records;
        for (chain, layer) in records.layers() {
            if let Some(parent) = layer.parent.known()
                && records.layer(parent).is_none()
                && !self.is_moving(layer.age)
            {
                let mut problem = self.layer_problem(chain, "the layer below it is not there");
                problem.expected = Some(format!("sha256:{parent}"));
                self.found(&PARENT_MISSING, problem);
            }
            let way: Vec<&str> =
                records.ancestry(chain).take_while(|chain| !depths.contains_key(chain)).collect();
            let end = way.last().and_then(|last| records.layer(last)?.parent.known());
            if let Some(first) = end.and_then(|end| way.iter().position(|chain| chain == end)) {
                in_cycles.extend(way.iter().skip(first).map(|chain| (*chain).to_owned()));
            }
            let below = end.and_then(|end| depths.get(end.as_str())).copied().unwrap_or(0);
            for (above, chain) in way.iter().rev().enumerate() {
                depths.insert(chain, below + above + 1);
            }
        }
        for chain in &in_cycles {
            let problem = self.layer_problem(chain, "the layers below it lead back to it");
            self.found(&PARENT_CYCLE, problem);
        }
        for (chain, depth) in depths.into_iter().filter(|(_, depth)| *depth > MAX_DEPTH) {
            if !in_cycles.contains(chain) {
                let problem = self.layer_problem(chain, format!("it is the {depth}th layer from below"));
                self.found(&TOO_DEEP, problem);
            }
        }
        in_cycles
    }

    fn look_at_shared_directories(&mut self) {
        let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (chain, layer) in self.records.layers() {
            if let Some(directory) = layer.cache_id.known() {
                users.entry(directory).or_default().push(chain);
            }
        }
        for (directory, chains) in users.into_iter().filter(|(_, chains)| chains.len() > 1) {
            let detail = format!("its directory {directory} is that of {} layers", chains.len());
            for chain in chains {
                let problem = self.layer_problem(chain, detail.clone());
                self.found(&DIRECTORY_SHARED, problem);
            }
        }
    }

    fn look_at_leftovers(
        &mut self,
        check: &'static crate::storage::check::Check,
        place: &str,
        detail: &str,
        leftovers: &Result<Vec<Leftover>, crate::fact::Unknown>,
    ) {
        for leftover in leftovers.iter().flatten() {
            // Large layers take long to arrive.
            if self.may_be_a_build(leftover.age) && (place == "tmp" || self.is_moving(leftover.age)) {
                continue;
            }
            let path = format!("{}/image/overlay2/layerdb/{place}/{}", self.store, leftover.name);
            let mut problem = self.problem(leftover.name.clone(), path, detail);
            problem.age = Some(leftover.age);
            problem.actual = leftover.cache_id.clone();
            self.found(check, problem);
        }
    }
}
