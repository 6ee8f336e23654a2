//! Whether the records of layers agree with each other.

use std::collections::HashSet;

use super::catalog::Presence;
use super::checks::{LAYER_INCOMPLETE, LAYER_UNUSED, PARENT_CYCLE, PARENT_MISSING, TAR_SPLIT_MISSING};
use super::look::{Look, absent};
use super::records::LayerRecord;
use crate::fact::Unknown;

/// How old an unused layer is on a running node before it is told of, in seconds: until then a pull that was
/// interrupted may go on.
const UNUSED_GRACE: u64 = 24 * 3600;

const CHECKS: &[crate::storage::check::Check] =
    &[LAYER_INCOMPLETE, LAYER_UNUSED, PARENT_CYCLE, PARENT_MISSING, TAR_SPLIT_MISSING];

impl Look<'_> {
    /// Checks the records of layers.
    pub(super) fn check_layers(&mut self) {
        let tables = self.tables;
        self.check_cycles();
        let used = self.catalog.used_layers();
        for layer in tables.layers.distinct() {
            if self.is_over(CHECKS) {
                return;
            }
            self.check_incomplete(layer);
            self.check_parent(layer);
            self.check_unused(layer, &used);
        }
        self.check_tar_splits();
    }

    fn check_incomplete(&mut self, layer: &LayerRecord) {
        let age = layer.created().map(|created| self.age_of(created));
        if layer.is_incomplete() && !age.is_some_and(|age| self.is_young(age)) {
            let mut problem =
                self.layer_problem(layer, "the layer was never completed, or its removal was cut short");
            problem.age = age;
            self.record.found(&LAYER_INCOMPLETE, problem);
        }
    }

    fn check_parent(&mut self, layer: &LayerRecord) {
        let Some(parent) = layer.parent() else { return };
        match self.catalog.layer_presence(parent) {
            Presence::Here | Presence::Elsewhere => {}
            Presence::Nowhere => {
                let mut problem = self.layer_problem(layer, format!("its parent {parent} is not there"));
                problem.expected = Some(parent.to_owned());
                self.record.found(&PARENT_MISSING, problem);
            }
            Presence::Unknown(unknown) => self.record.missed(&PARENT_MISSING, unknown),
        }
    }

    /// Each circle is told once, at the first of its layers by id.
    fn check_cycles(&mut self) {
        let tables = self.tables;
        let mut settled: HashSet<&str> = HashSet::new();
        for layer in tables.layers.distinct() {
            let mut way: Vec<&str> = Vec::new();
            let mut on_the_way = HashSet::new();
            let mut next = Some(layer.id.as_str());
            while let Some(id) = next.filter(|id| !settled.contains(id) && on_the_way.insert(*id)) {
                way.push(id);
                next = self.catalog.layer(id).and_then(LayerRecord::parent);
            }
            if let Some(start) = next.filter(|id| on_the_way.contains(id)) {
                let circle = way.iter().skip_while(|id| **id != start);
                let first = circle.clone().min().copied().unwrap_or(start);
                let detail = format!("{} layers are each other's ancestors", circle.count());
                let problem = self.catalog.of_layer(first, self.layer_path(first), detail);
                self.record.found(&PARENT_CYCLE, problem);
            }
            settled.extend(way);
        }
    }

    fn check_unused(&mut self, layer: &LayerRecord, used: &HashSet<&str>) {
        if used.contains(layer.id.as_str()) || layer.is_incomplete() {
            return;
        }
        if let Some(unknown) = self.catalog.unknown_elsewhere() {
            return self.record.missed(&LAYER_UNUSED, unknown);
        }
        let age = layer.created().map(|created| self.age_of(created));
        let is_running = self.survey.ctx.host.is_running();
        if !is_running || age.is_none_or(|age| age > UNUSED_GRACE) {
            let mut problem = self.layer_problem(layer, "no image and no container has the layer");
            (problem.age, problem.bytes) = (age, layer.diff_size());
            self.record.found(&LAYER_UNUSED, problem);
        }
    }

    /// A layer with a digest can be put together again; one that was pulled in parts never was an archive.
    fn check_tar_splits(&mut self) {
        let (tables, path) = (self.tables, self.area.layers_dir());
        let directory = match self.directory(&path) {
            Ok(Some(directory)) => directory,
            Ok(None) => return,
            Err(unknown) => return self.record.impossible(&TAR_SPLIT_MISSING, &unknown),
        };
        let of_images = tables
            .layers
            .distinct()
            .filter(|layer| layer.diff_digest().is_some() && !layer.is_partial() && !layer.is_incomplete());
        for layer in of_images {
            let name = format!("{}.tar-split.gz", layer.id);
            match absent(directory.metadata(&name)) {
                Ok(Some(metadata)) if metadata.size > 0 => {}
                Ok(found) => {
                    let what = if found.is_some() { "empty" } else { "not there" };
                    let detail = format!("the headers of its archive are {what}");
                    let problem = self.catalog.of_layer(&layer.id, format!("{path}/{name}"), detail);
                    self.record.found(&TAR_SPLIT_MISSING, problem);
                }
                Err(error) => self.record.missed(&TAR_SPLIT_MISSING, Unknown::from(error)),
            }
        }
    }

    /// A problem of a layer that shows in its directory.
    pub(super) fn layer_problem(
        &self,
        layer: &LayerRecord,
        detail: impl Into<String>,
    ) -> crate::storage::problem::Problem {
        self.catalog.of_layer(&layer.id, self.layer_path(&layer.id), detail)
    }

    /// The directory of the layer `id`.
    pub(super) fn layer_path(&self, id: &str) -> String {
        format!("{}/{id}", self.area.driver_dir())
    }
}
