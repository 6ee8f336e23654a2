//! Where runtimes keep their data, as the overlays show that are mounted on the node: their daemons need not run
//! for it, nor keep their data where packages put it.

use crate::context::Context;
use crate::mounts::mountinfo;
use crate::mounts::overlay::Overlay;

use super::places::Places;

/// Adds the places that the node's overlays lie in.
pub(super) fn add(ctx: &Context<'_>, places: &mut Places) {
    if !ctx.host.is_running() {
        return;
    }
    // Without the table nothing can be said; that it cannot be read is told with the mounts of each container.
    let Ok(text) = mountinfo::read(ctx.host) else { return };
    for mount in mountinfo::parse(&text).flatten() {
        let Some(overlay) = Overlay::of(&mount) else { continue };
        add_task(&mount.target, places);
        if let Some(upper) = overlay.upper {
            add_storage(&upper, places);
        }
    }
}

/// `<state>/io.containerd.runtime.v2.task/<namespace>/<id>/rootfs`.
fn add_task(target: &str, places: &mut Places) {
    if let Some((state, _)) = target.split_once("/io.containerd.runtime.v2.task/") {
        places.containerd.insert(format!("{state}/io.containerd.runtime.v2.task"));
    }
}

/// `<data root>/overlay2/<id>/diff` of docker, `<root>/overlay/<id>/diff` of podman and CRI-O,
/// `<root>/io.containerd.snapshotter.v1.overlayfs/snapshots/<number>/fs` of containerd.
fn add_storage(upper: &str, places: &mut Places) {
    if let Some((root, _)) = upper.split_once("/io.containerd.snapshotter.v1.") {
        places.metadata.insert(root.to_owned());
    } else if let Some((root, _)) =
        upper.strip_suffix("/diff").and_then(|layer| layer.rsplit_once("/overlay2/"))
    {
        places.docker.insert(root.to_owned());
    } else if let Some((root, _)) =
        upper.strip_suffix("/diff").and_then(|layer| layer.rsplit_once("/overlay/"))
    {
        places.storage.insert(root.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlay_leads_to_the_data_of_its_runtime() {
        let mut places = Places::default();
        for upper in [
            "/data/docker/overlay2/0123/diff",
            "/srv/storage/overlay/4567/diff",
            "/mnt/ctrd/io.containerd.snapshotter.v1.overlayfs/snapshots/42/fs",
            "/home/u/upper",
        ] {
            add_storage(upper, &mut places);
        }
        add_task("/run/x/io.containerd.runtime.v2.task/default/c1/rootfs", &mut places);
        assert_eq!(places.docker.iter().collect::<Vec<_>>(), ["/data/docker"]);
        assert_eq!(places.storage.iter().collect::<Vec<_>>(), ["/srv/storage"]);
        assert_eq!(places.metadata.iter().collect::<Vec<_>>(), ["/mnt/ctrd"]);
        assert_eq!(places.containerd.iter().collect::<Vec<_>>(), ["/run/x/io.containerd.runtime.v2.task"]);
    }
}
