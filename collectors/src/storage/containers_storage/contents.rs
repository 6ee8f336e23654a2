//! Whether the files of layers are those of their archives.

use plimsoll_engine::snapshot::GapReason;

use super::area::Area;
use super::checks::{LAYER_DIGEST, LAYER_FILES, LAYER_REFERENCES};
use super::look::{Look, absent, directory_in};
use super::read::Tables;
use super::records::LayerRecord;
use crate::fact::Unknown;
use crate::host::{Dir, FileKind};
use crate::storage::check::Check;
use crate::storage::layer::compare::{Comparison, compare};
use crate::storage::layer::digest::{Archive, verify};
use crate::storage::layer::parallel::each;
use crate::storage::layer::references;
use crate::storage::layer::tar_split::Pieces;
use crate::storage::layer::walk::{Usage, measure};
use crate::storage::layer::{Difference, Fault};
use crate::storage::problem::Problem;
use crate::storage::survey::Survey;

/// What was seen of the files of one layer.
#[derive(Debug)]
struct Seen {
    files: Result<Comparison, Fault>,
    usage: Result<Usage, Unknown>,
    /// `None` where nobody asked for the digest.
    archive: Option<Result<Archive, Fault>>,
}

impl Look<'_> {
    /// Checks the files of the layers of images, as deep as the scan goes. What has no archive, a layer that
    /// was pulled in parts, cannot be held against one. Owners and permissions do not count: those of a
    /// rootless store are others than in the archive.
    pub(super) fn check_contents(&mut self) {
        if self.area.driver != "overlay" || !self.record.makes(&LAYER_FILES) {
            return;
        }
        let (host, tables) = (self.survey.ctx.host, self.tables);
        if let Some(unknown) = references::hidden(host) {
            self.record.impossible(&LAYER_REFERENCES, &unknown);
        }
        let is_archived = |layer: &&LayerRecord| {
            layer.diff_digest().is_some() && !layer.is_partial() && !layer.is_incomplete()
        };
        let layers: Vec<&LayerRecord> = tables.layers.distinct().filter(is_archived).collect();
        let with_digest = self.record.makes(&LAYER_DIGEST);
        let (survey, area) = (self.survey, self.area);
        let seen = each(&layers, |layer| see(survey, area, layer, with_digest));
        // That takes long: a layer may have been removed meanwhile, which begins with a mark in its record.
        let later = Tables::read(host, area).layers;
        let left = later.incomplete().is_none().then(|| later.by_id());
        let is_removed = |layer: &LayerRecord| {
            let left = left.as_ref().map(|left| left.get(layer.id.as_str()));
            left.is_some_and(|record| record.is_none_or(|record| record.is_incomplete()))
        };
        for (layer, seen) in layers.into_iter().zip(seen) {
            if !is_removed(layer) {
                self.tell(layer, seen);
            }
        }
    }

    fn tell(&mut self, layer: &LayerRecord, seen: Result<Option<Seen>, Unknown>) {
        match seen {
            Ok(None) => {}
            Ok(Some(seen)) => {
                self.tell_files(layer, seen.files);
                self.tell_references(layer, seen.usage);
                if let Some(archive) = seen.archive {
                    self.tell_archive(layer, archive);
                }
            }
            Err(unknown) => self.all_missed(&[LAYER_FILES, LAYER_REFERENCES, LAYER_DIGEST], &unknown),
        }
    }

    fn tell_files(&mut self, layer: &LayerRecord, files: Result<Comparison, Fault>) {
        match files {
            Ok(Comparison { differences, .. }) => {
                if let Some(first) = differences.first() {
                    let mut problem = self.file_problem(layer, first);
                    if differences.len() > 1 {
                        problem.detail =
                            format!("{}; {} files differ in all", problem.detail, differences.len());
                    }
                    self.record.found(&LAYER_FILES, problem);
                }
            }
            Err(fault) => self.tell_fault(&LAYER_FILES, layer, fault),
        }
    }

    fn tell_references(&mut self, layer: &LayerRecord, usage: Result<Usage, Unknown>) {
        match usage {
            Ok(usage) => {
                let mut problem = self.layer_problem(layer, String::new());
                problem.path = format!("{}/diff", problem.path);
                if let Some(problem) = references::problem(&usage, problem) {
                    self.record.found(&LAYER_REFERENCES, problem);
                }
            }
            Err(unknown) => self.record.missed(&LAYER_REFERENCES, unknown),
        }
    }

    fn tell_archive(&mut self, layer: &LayerRecord, archive: Result<Archive, Fault>) {
        let expected = layer.diff_digest().unwrap_or_default();
        match archive {
            Ok(Archive::Whole(digest)) if digest == expected => {}
            Ok(Archive::Whole(digest)) => {
                let mut problem = self.layer_problem(layer, format!("its archive has the digest {digest}"));
                (problem.expected, problem.actual) = (Some(expected.to_owned()), Some(digest));
                self.record.found(&LAYER_DIGEST, problem);
            }
            Ok(Archive::Damaged(difference)) => {
                let problem = self.file_problem(layer, &difference);
                self.record.found(&LAYER_DIGEST, problem);
            }
            Err(fault) => self.tell_fault(&LAYER_DIGEST, layer, fault),
        }
    }

    fn tell_fault(&mut self, check: &Check, layer: &LayerRecord, fault: Fault) {
        match fault {
            Fault::Unknown(unknown) => self.record.missed(check, unknown),
            Fault::Broken(malformed) => {
                let path = format!("{}/{}", self.area.layers_dir(), tar_split(layer));
                let detail = format!("the headers of its archive are broken: {malformed}");
                let problem = self.catalog.of_layer(&layer.id, path, detail);
                self.record.found(check, problem);
            }
        }
    }

    fn file_problem(&self, layer: &LayerRecord, difference: &Difference) -> Problem {
        let Difference { name, expected, actual } = difference;
        let mut problem = self.layer_problem(layer, format!("{name}: {actual}, not {expected}"));
        problem.path = format!("{}/diff/{}", problem.path, name.trim_start_matches("./"));
        (problem.expected, problem.actual) = (Some(expected.clone()), Some(actual.clone()));
        problem
    }
}

/// Looks at the files of a layer; `None` if they or their headers are not there, which other checks tell.
fn see(
    survey: &Survey<'_>,
    area: &Area,
    layer: &LayerRecord,
    with_digest: bool,
) -> Result<Option<Seen>, Unknown> {
    let host = survey.ctx.host;
    let Some(headers) = absent(host.open_dir(area.layers_dir()))? else { return Ok(None) };
    let Some(files) = files(survey, area, layer)? else { return Ok(None) };
    let name = tar_split(layer);
    let source = format!("{}/{}/diff", area.driver_dir(), layer.id);
    let pieces = || absent(headers.open_file_beneath(&name)).map(|file| file.map(Pieces::new));
    let Some(first) = pieces()? else { return Ok(None) };
    let compared = compare(survey, &files, first, &source);
    let archive = pieces()?.filter(|_| with_digest).map(|second| verify(survey, &files, second, &source));
    Ok(Some(Seen { files: compared, usage: measure(survey, &files), archive }))
}

/// The directory of a layer's files.
fn files(survey: &Survey<'_>, area: &Area, layer: &LayerRecord) -> Result<Option<Dir>, Unknown> {
    let Some(driver) = absent(survey.ctx.host.open_dir(area.driver_dir()))? else { return Ok(None) };
    let Some(directory) = directory_in(&driver, &layer.id)? else { return Ok(None) };
    match absent(directory.metadata("diff"))? {
        Some(diff) if diff.kind == FileKind::Symlink => {
            let detail = format!("the files of the layer {} are in an additional layer store", layer.id);
            Err(Unknown::new(GapReason::Unsupported, area.driver_dir(), detail))
        }
        _ => Ok(directory_in(&directory, "diff")?),
    }
}

/// The name of the file with the headers of a layer's archive.
fn tar_split(layer: &LayerRecord) -> String {
    format!("{}.tar-split.gz", layer.id)
}
