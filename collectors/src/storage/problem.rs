//! What a check of a store found.

use schemars::JsonSchema;
use serde::Serialize;

use super::engine::{Engine, Keeper};
use super::store::StoreKind;

/// Something that is wrong in a store.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Problem {
    /// The object that is wrong, as its engine calls it: the id of a layer, snapshot, image or container, a
    /// digest, or a directory's name.
    ///
    /// Source: the store
    pub id: String,
    /// Where it shows: a file or directory, from the target's root.
    ///
    /// Source: the store
    pub path: String,
    /// What is wrong, in words.
    ///
    /// Source: the store
    pub detail: String,
    /// The store's directory.
    ///
    /// Source: the store
    pub store: String,
    /// The names of the images that are concerned, or their ids where they have no name; sorted.
    ///
    /// Source: the store
    pub images: Vec<String>,
    /// Those of `images` under which they can be pulled again.
    ///
    /// Source: the store
    pub image_names: Vec<String>,
    /// The ids of the containers that are concerned, sorted.
    ///
    /// Source: the store
    pub containers: Vec<String>,
    /// Those of `containers` that are the sandboxes of pods.
    ///
    /// Source: the store
    pub sandboxes: Vec<String>,
    /// Those of `containers` that are in pods, and no sandboxes.
    ///
    /// Source: the store
    pub pod_containers: Vec<String>,
    /// Those of `containers` that are of no pod.
    ///
    /// Source: the store
    pub other_containers: Vec<String>,
    /// The pods that are concerned, `namespace/name`, sorted.
    ///
    /// Source: the store
    pub pods: Vec<String>,
    /// The namespace of containerd that the object is in.
    ///
    /// Source: the store
    pub namespace: Option<String>,
    /// What would have to be there, where that can be told: an id, a digest, a size, the text of a file.
    ///
    /// Source: the store
    pub expected: Option<String>,
    /// What is there instead.
    ///
    /// Source: the store
    pub actual: Option<String>,
    /// How much space the object takes.
    ///
    /// Unit: bytes
    ///
    /// Source: st_blocks of its files
    pub bytes: Option<u64>,
    /// How long ago it was last changed.
    ///
    /// Unit: seconds
    ///
    /// Source: st_mtime
    pub age: Option<u64>,
    /// The engine that the store belongs to; absent for a copy that no engine of the node uses, and for an OCI
    /// layout.
    ///
    /// Source: the engines' command lines and configurations
    pub engine: Option<Engine>,
    /// What runs a command with the rights that the store's files need, word by word; empty if root itself
    /// may.
    ///
    /// Source: the user whose store it is
    pub as_owner: Vec<String>,
}

impl Problem {
    /// The problem, of a store of this kind that is this keeper's.
    pub(super) fn kept_by(self, kind: StoreKind, keeper: &Keeper) -> Self {
        let is_name = |image: &&String| is_name(kind, image);
        let others = self
            .containers
            .iter()
            .filter(|id| !self.sandboxes.contains(id) && !self.pod_containers.contains(id));
        Self {
            image_names: self.images.iter().filter(is_name).cloned().collect(),
            other_containers: others.cloned().collect(),
            engine: keeper.engine.clone(),
            as_owner: keeper.as_owner.clone(),
            ..self
        }
    }
}

/// Whether a registry may have an image under this name: no id, and for a layout no mere tag, as many have it.
fn is_name(kind: StoreKind, image: &str) -> bool {
    let digits = image.strip_prefix("sha256:").unwrap_or(image);
    let is_id = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    // What was built here, no registry has.
    let is_local = image.starts_with("localhost/");
    !is_id && !is_local && (kind != StoreKind::OciLayout || image.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_a_registry_may_have_are_told_as_such() {
        let id = "5f".repeat(32);
        for (kind, images, expected) in [
            (StoreKind::Docker, vec![format!("sha256:{id}"), "bb:1".to_owned()], vec!["bb:1"]),
            (StoreKind::ContainersStorage, vec![id, "localhost/a:1".to_owned()], Vec::new()),
            (StoreKind::OciLayout, vec!["latest".to_owned(), "quay.io/a:1".to_owned()], vec!["quay.io/a:1"]),
        ] {
            let problem = Problem { images, ..Problem::default() }.kept_by(kind, &Keeper::default());
            assert_eq!(problem.image_names, expected);
        }
    }

    #[test]
    fn containers_are_told_by_what_removes_them() {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let problem = Problem {
            containers: ids(&["a", "b", "c"]),
            sandboxes: ids(&["a"]),
            pod_containers: ids(&["c"]),
            ..Problem::default()
        };
        let problem = problem.kept_by(StoreKind::Containerd, &Keeper::default());
        assert_eq!(problem.other_containers, ["b"]);
    }
}
