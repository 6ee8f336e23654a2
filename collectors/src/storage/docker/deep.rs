//! The files of layers against what their records say of them.

use super::super::check::{Check, Record};
use super::super::layer::compare::{Comparison, compare};
use super::super::layer::digest::{Archive, verify};
use super::super::layer::parallel::each;
use super::super::layer::references;
use super::super::layer::tar_split::Pieces;
use super::super::layer::walk::measure;
use super::super::layer::{Difference, Fault};
use super::super::problem::Problem;
use super::super::survey::Survey;
use super::checks::{DIGEST_MISMATCH, FILES_DIFFER, LAYER_REFERENCES, METADATA_INCOMPLETE, SIZE_MISMATCH};
use super::layers::{Layer, TAR_SPLIT, open_tar_split};
use super::look::Look;
use super::read;
use super::records::Records;
use crate::fact::Unknown;
use crate::host::Dir;

/// How many of the files that differ are named.
const MAX_FILES: usize = 5;

/// A layer that is looked at.
struct Job<'a> {
    chain: &'a str,
    layer: &'a Layer,
    /// Its record.
    record: String,
    /// Its files.
    contents: String,
}

/// What was found in a layer.
struct Found {
    check: &'static Check,
    told: Result<Told, Unknown>,
}

/// What is wrong with a layer.
#[derive(Default)]
struct Told {
    detail: String,
    path: String,
    expected: Option<String>,
    actual: Option<String>,
}

/// Looks into the layers of the store, as deep as `record` goes.
pub(super) fn look(
    survey: &Survey<'_>,
    look: &Look<'_>,
    store: &str,
    records: &Records,
    record: &mut Record,
) {
    if ![SIZE_MISMATCH, FILES_DIFFER, DIGEST_MISMATCH].iter().any(|check| record.makes(check)) {
        return;
    }
    if let Some(unknown) = references::hidden(survey.ctx.host) {
        record.impossible(&LAYER_REFERENCES, &unknown);
    }
    let directories = records.directories.all.as_ref();
    // What is wrong with a record or a directory is told already.
    let sound = records.layers().filter_map(|(chain, layer)| {
        let id = layer.cache_id.known()?;
        let is_there = matches!(directories.ok()?.get(id)?.has_diff, Ok(true));
        let record = format!("{store}/image/overlay2/layerdb/sha256/{chain}");
        let contents = format!("{store}/overlay2/{id}/diff");
        (is_there && layer.flaws().is_empty()).then_some(Job { chain, layer, record, contents })
    });
    let jobs: Vec<Job<'_>> = sound.collect();
    let contents_too = record.makes(&DIGEST_MISMATCH);
    for (job, found) in jobs.iter().zip(each(&jobs, |job| job.look(survey, contents_too))) {
        // One that was removed meanwhile has lost its files before its record.
        if found.is_empty() || matches!(read::directory(survey.ctx.host, &job.record), Ok(None)) {
            continue;
        }
        for Found { check, told } in found {
            match told {
                Ok(told) => {
                    let mut problem = look.layer_problem(job.chain, told.detail);
                    problem.path = told.path;
                    (problem.expected, problem.actual) = (told.expected, told.actual);
                    record.found(check, problem);
                }
                Err(unknown) => record.missed(check, unknown),
            }
        }
    }
}

impl Job<'_> {
    fn look(&self, survey: &Survey<'_>, contents_too: bool) -> Vec<Found> {
        let root = match survey.ctx.host.open_dir(&self.contents) {
            Ok(root) => root,
            Err(error) => return vec![missed(&FILES_DIFFER, error)],
        };
        let mut found = Vec::new();
        let comparison = self.compare(survey, &root, &mut found);
        self.look_at_size(survey, &root, comparison.as_ref(), &mut found);
        // Without the archive's description nobody can put it together again, and that is told already.
        let is_described = found.iter().all(|found| *found.check != METADATA_INCOMPLETE);
        if contents_too && is_described {
            self.look_at_digest(survey, &root, &mut found);
        }
        found
    }

    fn compare(&self, survey: &Survey<'_>, root: &Dir, found: &mut Vec<Found>) -> Option<Comparison> {
        let compared = open_tar_split(survey, &self.record)
            .map_err(Fault::from)
            .and_then(|file| compare(survey, root, Pieces::new(file), &self.contents));
        match compared {
            Ok(comparison) => {
                if let Some(first) = comparison.differences.first() {
                    let detail = files_in_words(&comparison.differences);
                    found.push(self.told(&FILES_DIFFER, detail, first));
                }
                Some(comparison)
            }
            Err(fault) => {
                found.push(self.fault(&FILES_DIFFER, fault));
                None
            }
        }
    }

    /// docker takes the size of the files on the disk, links included; of what BuildKit made, that of the
    /// files in the archive.
    fn look_at_size(
        &self,
        survey: &Survey<'_>,
        root: &Dir,
        comparison: Option<&Comparison>,
        found: &mut Vec<Found>,
    ) {
        let usage = match measure(survey, root) {
            Ok(usage) => usage,
            Err(unknown) => {
                found.push(missed(&LAYER_REFERENCES, unknown.clone()));
                return found.push(missed(&SIZE_MISMATCH, unknown));
            }
        };
        if let Some(problem) = references::problem(&usage, Problem::default()) {
            let told = Told { detail: problem.detail, path: self.contents.clone(), ..Told::default() };
            found.push(Found { check: &LAYER_REFERENCES, told: Ok(told) });
        }
        let Some(size) = self.layer.size.known().copied() else { return };
        let of_archive = comparison
            .filter(|comparison| comparison.differences.is_empty())
            .map(|comparison| comparison.bytes);
        if usage.length == size || of_archive == Some(size) {
            return;
        }
        found.push(Found {
            check: &SIZE_MISMATCH,
            told: Ok(Told {
                detail: format!("its files are {} bytes and were {size}", usage.length),
                path: self.contents.clone(),
                expected: Some(size.to_string()),
                actual: Some(usage.length.to_string()),
            }),
        });
    }

    fn look_at_digest(&self, survey: &Survey<'_>, root: &Dir, found: &mut Vec<Found>) {
        let Some(diff) = self.layer.diff.known() else { return };
        let verified = open_tar_split(survey, &self.record)
            .map_err(Fault::from)
            .and_then(|file| verify(survey, root, Pieces::new(file), &self.contents));
        match verified {
            Ok(Archive::Whole(digest)) if digest.strip_prefix("sha256:") == Some(diff) => {}
            Ok(Archive::Whole(digest)) => found.push(Found {
                check: &DIGEST_MISMATCH,
                told: Ok(Told {
                    detail: format!("its files are whole, and {TAR_SPLIT} or diff are of another archive"),
                    path: self.record.clone(),
                    expected: Some(format!("sha256:{diff}")),
                    actual: Some(digest),
                }),
            }),
            Ok(Archive::Damaged(difference)) => {
                let detail = format!("the first file that differs is {}", file_in_words(&difference));
                found.push(self.told(&DIGEST_MISMATCH, detail, &difference));
            }
            Err(fault) => found.push(self.fault(&DIGEST_MISMATCH, fault)),
        }
    }

    fn told(&self, check: &'static Check, detail: String, difference: &Difference) -> Found {
        let path = format!("{}/{}", self.contents, difference.name.trim_start_matches("./"));
        let (expected, actual) = (Some(difference.expected.clone()), Some(difference.actual.clone()));
        Found { check, told: Ok(Told { detail, path, expected, actual }) }
    }

    fn fault(&self, check: &'static Check, fault: Fault) -> Found {
        match fault {
            Fault::Unknown(unknown) => missed(check, unknown),
            Fault::Broken(malformed) => {
                let detail = format!("{TAR_SPLIT} is broken: {malformed}");
                let path = self.record.clone();
                Found { check: &METADATA_INCOMPLETE, told: Ok(Told { detail, path, ..Told::default() }) }
            }
        }
    }
}

fn missed(check: &'static Check, unknown: impl Into<Unknown>) -> Found {
    Found { check, told: Err(unknown.into()) }
}

fn files_in_words(differences: &[Difference]) -> String {
    let named: Vec<String> = differences.iter().take(MAX_FILES).map(file_in_words).collect();
    let others = differences.len() - named.len();
    let and_others = if others > 0 { format!(", and {others} more") } else { String::new() };
    format!("files differ: {}{and_others}", named.join(", "))
}

fn file_in_words(difference: &Difference) -> String {
    format!("{} ({}, was {})", difference.name, difference.actual, difference.expected)
}
