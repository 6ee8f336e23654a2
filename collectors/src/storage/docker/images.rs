//! docker's records of images: their configurations, and the names that lead to them.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::super::hex::hex;
use super::super::survey::Survey;
use super::read::{self, LARGE, Read, digest, is_id, json};
use super::records::Table;
use crate::host::Dir;

/// How many layers of an image are looked at; docker makes no container of more than 125.
const MAX_LAYERS: usize = 1000;

/// An image.
#[derive(Debug)]
pub(super) struct Image {
    /// The digest of its configuration, without `sha256:`.
    pub(super) digest: Read<String>,
    /// The chain ids of its layers, the lowest first.
    pub(super) chains: Read<Vec<String>>,
    /// How long ago the record was changed, in seconds.
    pub(super) age: u64,
}

/// The names of images.
#[derive(Debug, Default)]
pub(super) struct Repositories {
    /// The names of each image, sorted; with their digests only where it has no other.
    names: BTreeMap<String, Vec<String>>,
    /// Every name and what it stands for.
    pub(super) references: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RepositoriesFile {
    #[serde(default)]
    repositories: Option<BTreeMap<String, Option<BTreeMap<String, String>>>>,
}

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    rootfs: Option<RootFs>,
}

#[derive(Deserialize)]
struct RootFs {
    #[serde(default)]
    diff_ids: Option<Vec<String>>,
}

/// Reads the images.
pub(super) fn read(survey: &Survey<'_>, path: &str) -> Table<Image> {
    let mut images = BTreeMap::new();
    let Some(directory) = read::directory(survey.ctx.host, path)? else { return Ok(images) };
    for entry in directory.entries()? {
        let Some(id) = entry.name.to_str().filter(|name| is_id(name)) else { continue };
        if let Some(unknown) = survey.out_of_time(path) {
            return Err(unknown);
        }
        if let Some(inode) = read::inode(&directory, id)? {
            images.insert(id.to_owned(), Image::read(&directory, id, survey.age(&inode)));
        }
    }
    Ok(images)
}

/// Reads the names of images; an absent file has none.
pub(super) fn repositories(survey: &Survey<'_>, path: &str) -> Read<Repositories> {
    let file = match read::directory(survey.ctx.host, path) {
        Ok(Some(directory)) => json::<RepositoriesFile>(&directory, "repositories.json"),
        Ok(None) => Read::Absent,
        Err(unknown) => Read::Unknown(unknown),
    };
    match file {
        Read::Is(file) => Read::Is(Repositories::of(file)),
        Read::Absent => Read::Absent,
        Read::Wrong(why) => Read::Wrong(why),
        Read::Unknown(unknown) => Read::Unknown(unknown),
    }
}

impl Repositories {
    fn of(file: RepositoriesFile) -> Self {
        let mut repositories = Self::default();
        for references in file.repositories.into_iter().flatten().filter_map(|(_, references)| references) {
            repositories.references.extend(references);
        }
        for (name, image) in &repositories.references {
            if let Some(image) = digest(image) {
                repositories.names.entry(image).or_default().push(name.clone());
            }
        }
        for names in repositories.names.values_mut() {
            if names.iter().any(|name| !name.contains('@')) {
                names.retain(|name| !name.contains('@'));
            }
        }
        repositories
    }

    /// The names of the image `id`.
    pub(super) fn of_image(&self, id: &str) -> &[String] {
        self.names.get(id).map_or(&[], Vec::as_slice)
    }
}

impl Image {
    fn read(directory: &Dir, id: &str, age: u64) -> Self {
        let wrong = |why: String| Self { digest: Read::Wrong(why.clone()), chains: Read::Wrong(why), age };
        match read::bytes(directory, id, LARGE) {
            Read::Is(bytes) => {
                Self { digest: Read::Is(hex(&Sha256::digest(&bytes))), chains: chains(&bytes), age }
            }
            Read::Absent => wrong("is missing".to_owned()),
            Read::Wrong(why) => wrong(why),
            Read::Unknown(unknown) => {
                Self { digest: Read::Unknown(unknown.clone()), chains: Read::Unknown(unknown), age }
            }
        }
    }
}

/// The chain ids of the layers that the configuration of an image names.
fn chains(config: &[u8]) -> Read<Vec<String>> {
    let config: Config = match serde_json::from_slice(config) {
        Ok(config) => config,
        Err(error) => return Read::Wrong(format!("is no such JSON: {}", error.to_string().to_lowercase())),
    };
    let diff_ids = config.rootfs.and_then(|rootfs| rootfs.diff_ids).unwrap_or_default();
    if diff_ids.len() > MAX_LAYERS {
        return Read::Wrong(format!("names more than {MAX_LAYERS} layers"));
    }
    let mut chains: Vec<String> = Vec::with_capacity(diff_ids.len());
    for diff_id in diff_ids {
        let Some(diff) = digest(&diff_id) else {
            return Read::Wrong("names a layer without a digest".to_owned());
        };
        chains.push(chain_id(chains.last().map(String::as_str), &diff));
    }
    Read::Is(chains)
}

/// The chain id of the layer with the contents `diff` upon the layer `parent`.
pub(super) fn chain_id(parent: Option<&str>, diff: &str) -> String {
    match parent {
        None => diff.to_owned(),
        Some(parent) => hex(&Sha256::digest(format!("sha256:{parent} sha256:{diff}"))),
    }
}
