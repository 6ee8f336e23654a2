//! What is in the node's container stores and in no container: layers, blobs and images.

use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::{Gap, Snapshot};
use serde::Serialize;
use serde_json::Value;

use super::lines::Lines;
use super::search::{LEAST_OF_LAYER, Question, is_below, layer_directory};

/// Where the facts have what is in stores, and the stores.
const LAYERS: [&str; 2] = ["storage", "layers"];
const BLOBS: [&str; 2] = ["storage", "blobs"];
const STORES: [&str; 2] = ["storage", "stores"];

/// The most that is told in full of what one word means.
const MOST: usize = 20;

/// What a word means in the stores.
#[derive(Debug, Default, Serialize)]
pub(super) struct Stored {
    images: Vec<Image>,
    layers: Vec<Value>,
    blobs: Vec<Value>,
    /// Why there may be more.
    #[serde(skip)]
    pub(super) gaps: Vec<Gap>,
}

/// An image, with its store and the directories of its layers, the highest first.
#[derive(Debug, Serialize)]
struct Image {
    store: String,
    layers: Vec<String>,
    image: Value,
}

/// Adds what is needed to `demand`.
pub(super) fn demand(demand: &mut Demand) {
    for place in [&LAYERS, &BLOBS, &STORES] {
        demand.add_path(place);
    }
}

impl Stored {
    /// What `question` means in the stores of `snapshot`.
    pub(super) fn find(question: &Question, snapshot: &Snapshot) -> Self {
        let layers = list(&snapshot.facts, "/storage/layers");
        let of_storage = |gap: &&Gap| ["/storage/layers", "/storage/blobs"].contains(&gap.path.as_str());
        let is_of_stores = |gap: &&Gap| gap.path == "/storage" || is_below(&gap.path, "/storage/stores");
        Self {
            images: images(question, &snapshot.facts, layers),
            layers: select(layers, |layer| is_layer(question, layer)),
            blobs: select(list(&snapshot.facts, "/storage/blobs"), |blob| is_blob(question, blob)),
            gaps: snapshot
                .gaps
                .iter()
                .filter(|gap| of_storage(gap) || is_of_stores(gap) && !gap.path.contains("/problems/"))
                .cloned()
                .collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.images.is_empty() && self.layers.is_empty() && self.blobs.is_empty()
    }

    /// What is known of each, one after the other.
    pub(super) fn text(&self) -> String {
        let images = self.images.iter().map(Image::text);
        let all = images.chain(self.layers.iter().map(layer)).chain(self.blobs.iter().map(blob));
        let mut texts: Vec<String> = all.collect();
        let more = texts.len().saturating_sub(MOST);
        texts.truncate(MOST);
        if more > 0 {
            texts.push(format!("and {more} more; say more of one\n"));
        }
        texts.join("\n")
    }
}

impl Image {
    fn text(&self) -> String {
        let mut lines = Lines::default();
        let names: Vec<&str> = texts(&self.image, "names").collect();
        lines.add_all("image", if names.is_empty() { vec!["without a name"] } else { names });
        lines.add("id", text(&self.image, "id"));
        lines.add("store", &self.store);
        add_if_any(&mut lines, "namespace", &self.image);
        let containers = self.image.get("containers").and_then(Value::as_u64).unwrap_or_default();
        lines.add("containers", containers.to_string());
        lines.add_all("layers", &self.layers);
        lines.text()
    }
}

fn layer(layer: &Value) -> String {
    let mut lines = Lines::default();
    lines.add("layer", text(layer, "id"));
    lines.add("directory", text(layer, "path"));
    lines.add("store", text(layer, "store"));
    for name in ["namespace", "diff_id", "parent", "container"] {
        add_if_any(&mut lines, name, layer);
    }
    add_owners(&mut lines, layer);
    lines.text()
}

fn blob(blob: &Value) -> String {
    let mut lines = Lines::default();
    lines.add("blob", text(blob, "digest"));
    lines.add("file", text(blob, "path"));
    lines.add("store", text(blob, "store"));
    add_if_any(&mut lines, "media_type", blob);
    let bytes = blob.get("bytes").and_then(Value::as_u64);
    lines.add("bytes", bytes.map_or_else(|| "there is no such file".to_owned(), |bytes| bytes.to_string()));
    lines.add_all("namespaces", texts(blob, "namespaces"));
    add_owners(&mut lines, blob);
    lines.text()
}

fn add_if_any(lines: &mut Lines, name: &str, of: &Value) {
    if let Some(known) = of.get(name).and_then(Value::as_str) {
        lines.add(&name.replace('_', " "), known);
    }
}

fn add_owners(lines: &mut Lines, of: &Value) {
    let images: Vec<&str> = texts(of, "images").collect();
    lines.add_all("images", if images.is_empty() { vec!["none"] } else { images });
}

/// The images of that name or id.
fn images(question: &Question, facts: &Value, layers: &[Value]) -> Vec<Image> {
    let Some(name) = question.name() else { return Vec::new() };
    let mut found = Vec::new();
    for store in list(facts, "/storage/stores") {
        let is_meant = |image: &&Value| {
            texts(image, "names").any(|known| known == name) || is_digest(text(image, "id"), &name)
        };
        for image in list(store, "/images").iter().filter(is_meant) {
            let store = text(store, "path").to_owned();
            let layers = layers_of(image, &store, layers);
            found.push(Image { store, layers, image: image.clone() });
        }
    }
    found
}

/// The directories of the image's layers, each before the one below it.
fn layers_of(image: &Value, store: &str, layers: &[Value]) -> Vec<String> {
    let names: Vec<&str> = texts(image, "names").chain([text(image, "id")]).collect();
    let is_own = |layer: &&Value| {
        (text(layer, "store"), text(layer, "namespace")) == (store, text(image, "namespace"))
            && texts(layer, "images").any(|owner| names.contains(&owner))
    };
    let own: Vec<&Value> = layers.iter().filter(is_own).collect();
    let is_below_another =
        |layer: &&&Value| own.iter().any(|above| text(above, "parent") == text(layer, "id"));
    let mut next = own.iter().find(|layer| !is_below_another(layer));
    let mut directories = Vec::new();
    // A chain that leads back to itself ends with the last of them.
    while let Some(layer) = next.filter(|_| directories.len() < own.len()) {
        directories.push(text(layer, "path").to_owned());
        next = own.iter().find(|below| text(below, "id") == text(layer, "parent"));
    }
    directories
}

fn is_layer(question: &Question, layer: &Value) -> bool {
    if let Question::Path(path) = question {
        return is_below(path, layer_directory(text(layer, "path")));
    }
    let names = ["id", "directory", "diff_id"];
    question.name().is_some_and(|name| names.iter().any(|field| is_digest(text(layer, field), &name)))
}

fn is_blob(question: &Question, blob: &Value) -> bool {
    match question {
        Question::Path(path) => text(blob, "path") == path,
        _ => question.name().is_some_and(|name| is_digest(text(blob, "digest"), &name)),
    }
}

/// Whether `name` is the digest or id `known`, or the beginning of its digits.
fn is_digest(known: &str, name: &str) -> bool {
    let digits = known.split_once(':').map_or(known, |(_, digits)| digits);
    let begins = |known: &str| name.len() >= LEAST_OF_LAYER && known.starts_with(name);
    !known.is_empty() && (known == name || digits == name || begins(known) || begins(digits))
}

fn select(all: &[Value], is_meant: impl Fn(&Value) -> bool) -> Vec<Value> {
    all.iter().filter(|one| is_meant(one)).cloned().collect()
}

fn list<'f>(facts: &'f Value, pointer: &str) -> &'f [Value] {
    facts.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'f>(facts: &'f Value, name: &str) -> &'f str {
    facts.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn texts<'f>(facts: &'f Value, name: &str) -> impl Iterator<Item = &'f str> {
    facts.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
