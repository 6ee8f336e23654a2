//! A store of docker: images of eight layers each, and containers of them that are stopped.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Amounts, layer};

/// How many layers an image has, as half of those on Docker Hub have.
const LAYERS_OF_IMAGE: usize = 8;

/// What an image's containers need to know of it.
struct Image {
    id: String,
    chain: String,
    /// The short names of its layers, the uppermost first, as `lower` of a directory upon it.
    lower: String,
}

struct Store<'a> {
    path: &'a Path,
    amounts: Amounts,
}

/// Makes the store at `path`.
pub(super) fn make(amounts: Amounts, path: &Path) -> Result<(), Box<dyn Error>> {
    let store = Store { path, amounts };
    fs::create_dir_all(path.parent().ok_or("no directory")?)?;
    fs::create_dir(path)?;
    for directory in ["overlay2/l", "image/overlay2/layerdb/sha256", "image/overlay2/layerdb/mounts"] {
        fs::create_dir_all(path.join(directory))?;
    }
    fs::create_dir_all(path.join("image/overlay2/imagedb/content/sha256"))?;
    let images = store.images()?;
    for container in 0..amounts.containers {
        store.container(container, &images[container % images.len()])?;
    }
    let names: BTreeMap<String, Value> = (images.iter().enumerate())
        .map(|(number, image)| {
            let id = format!("sha256:{}", image.id);
            (format!("app{number}"), json!({ format!("app{number}:1"): id }))
        })
        .collect();
    let names = json!({ "Repositories": names }).to_string();
    Ok(fs::write(path.join("image/overlay2/repositories.json"), names)?)
}

impl Store<'_> {
    /// Makes all images, several at once.
    fn images(&self) -> Result<Vec<Image>, Box<dyn Error>> {
        let count = self.amounts.layers / LAYERS_OF_IMAGE;
        let (next, made) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let work = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return;
                }
                let image = self.image(number).map_err(|error| error.to_string());
                made.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(image);
            }
        };
        let threads = std::thread::available_parallelism()?.get();
        std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
        let made = made.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(made.into_iter().collect::<Result<_, _>>()?)
    }

    fn image(&self, number: usize) -> Result<Image, Box<dyn Error>> {
        let files = self.amounts.files / self.amounts.layers;
        let (mut chain, mut lower, mut diff_ids) = (String::new(), String::new(), Vec::new());
        for layer in number * LAYERS_OF_IMAGE..(number + 1) * LAYERS_OF_IMAGE {
            let cache_id = id("cache", layer);
            let short = self.directory(&cache_id, &lower)?;
            let tar_split = self.path.join(format!("tar-split-{layer}"));
            let contents = self.overlay(&cache_id).join("diff");
            let made = layer::make(layer, files, self.amounts.holes, &contents, &tar_split)?;
            let diff_id = format!("sha256:{}", made.diff_id);
            let parent = std::mem::take(&mut chain);
            chain = match parent.as_str() {
                "" => diff_id.clone(),
                parent => format!("sha256:{}", digest(&format!("{parent} {diff_id}"))),
            };
            let record = self.layerdb("sha256").join(&chain["sha256:".len()..]);
            fs::create_dir(&record)?;
            fs::rename(tar_split, record.join("tar-split.json.gz"))?;
            let size = made.size.to_string();
            for (name, text) in [("diff", &diff_id), ("size", &size), ("cache-id", &cache_id)] {
                fs::write(record.join(name), text)?;
            }
            if !parent.is_empty() {
                fs::write(record.join("parent"), parent)?;
            }
            lower = upon(&short, &lower);
            diff_ids.push(diff_id);
        }
        let config = json!({
            "architecture": "amd64",
            "os": "linux",
            "config": { "Cmd": ["/bin/app"], "Env": ["PATH=/bin"], "Labels": { "number": number.to_string() } },
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        let config = config.to_string();
        let id = digest(&config);
        fs::write(self.path.join("image/overlay2/imagedb/content/sha256").join(&id), config)?;
        Ok(Image { id, chain, lower })
    }

    fn container(&self, number: usize, image: &Image) -> Result<(), Box<dyn Error>> {
        let (container, mount) = (id("container", number), id("mount", number));
        let init = format!("{mount}-init");
        let short = self.directory(&init, &image.lower)?;
        self.directory(&mount, &upon(&short, &image.lower))?;
        let record = self.layerdb("mounts").join(&container);
        fs::create_dir(&record)?;
        for (name, text) in [("mount-id", &mount), ("init-id", &init), ("parent", &image.chain)] {
            fs::write(record.join(name), text)?;
        }
        let directory = self.path.join("containers").join(&container);
        fs::create_dir_all(&directory)?;
        let config = json!({
            "ID": container,
            "Name": format!("/app-{number}"),
            "Image": format!("sha256:{}", image.id),
            "Driver": "overlay2",
            "State": { "Running": false, "Pid": 0, "Dead": false, "RemovalInProgress": false },
            "Config": { "Image": "app:1", "Labels": { "io.kubernetes.pod.name": format!("app-{number}") } },
        });
        fs::write(directory.join("config.v2.json"), config.to_string())?;
        Ok(fs::write(directory.join("hostconfig.json"), "{\"Memory\":0,\"NetworkMode\":\"default\"}")?)
    }

    /// Makes the directory `id` upon `lower`; its short name.
    fn directory(&self, id: &str, lower: &str) -> Result<String, Box<dyn Error>> {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let bytes = Sha256::digest(id);
        let short: String =
            bytes.iter().take(26).map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
        let directory = self.overlay(id);
        fs::create_dir_all(directory.join("diff"))?;
        fs::write(directory.join("link"), &short)?;
        fs::write(directory.join("committed"), "")?;
        if !lower.is_empty() {
            fs::create_dir(directory.join("work"))?;
            fs::write(directory.join("lower"), lower)?;
        }
        symlink(format!("../{id}/diff"), self.overlay("l").join(&short))?;
        Ok(short)
    }

    fn overlay(&self, name: &str) -> PathBuf {
        self.path.join("overlay2").join(name)
    }

    fn layerdb(&self, name: &str) -> PathBuf {
        self.path.join("image/overlay2/layerdb").join(name)
    }
}

/// The `lower` of a directory upon that of the short name `short`, which lies upon `lower`.
fn upon(short: &str, lower: &str) -> String {
    match lower {
        "" => format!("l/{short}"),
        lower => format!("l/{short}:{lower}"),
    }
}

fn id(kind: &str, number: usize) -> String {
    digest(&format!("{kind} {number}"))
}

fn digest(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
