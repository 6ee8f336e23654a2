//! The directories of the node that an overlay is made of.

use crate::host::Host;
use crate::mounts::mountinfo::{MountInfo, split_options};

/// The directory that holds what was written.
pub(super) fn upper(mount: &MountInfo<'_>) -> Option<String> {
    let options = split_options(mount.super_options);
    options.filter_map(|option| option.strip_prefix("upperdir=").map(str::to_owned)).next()
}

/// The directories below it, the uppermost first: `lowerdir=a:b`, or, as newer tools mount, one `lowerdir+=` for
/// each.
pub(super) fn lower(mount: &MountInfo<'_>) -> Vec<String> {
    let mut directories = Vec::new();
    for option in split_options(mount.super_options) {
        match option.split_once('=') {
            Some(("lowerdir+", directory)) => directories.push(directory.to_owned()),
            Some(("lowerdir", joined)) => directories.extend(joined.split(':').map(str::to_owned)),
            _ => {}
        }
    }
    directories
}

/// The layer that `directory` leads to. docker, podman and CRI-O mount through short links, `l/<link>` beside the
/// layers, and from that directory if the line would be too long otherwise.
pub(super) fn resolved(host: &Host, directory: String, upper: Option<&str>) -> String {
    let storage = upper.and_then(|upper| Some(upper.strip_suffix("/diff")?.rsplit_once('/')?.0));
    let path = match storage {
        Some(storage) if !directory.starts_with('/') => format!("{storage}/{directory}"),
        _ => directory,
    };
    let storage = path.rsplit_once('/').and_then(|(links, _)| links.strip_suffix("/l"));
    let layer = storage.and_then(|storage| {
        let target = host.read_link(&path).ok()?;
        Some(format!("{storage}/{}", target.strip_prefix("../")?))
    });
    layer.unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mounts::mountinfo::parse;
    use crate::tree::Tree;

    fn mount(options: &str) -> (Option<String>, Vec<String>) {
        let line = format!("90 80 0:60 / / rw - overlay overlay {options}");
        let mount = parse(&line).next().unwrap().unwrap();
        (upper(&mount), lower(&mount))
    }

    #[test]
    fn layers_are_in_the_options_in_one_notation_or_another() {
        let (upper, lower) = mount("rw,lowerdir=/l/A:/l/B,upperdir=/u/diff,workdir=/u/work");
        assert_eq!((upper.as_deref(), lower), (Some("/u/diff"), vec!["/l/A".to_owned(), "/l/B".to_owned()]));
        let (_, lower) = mount("rw,lowerdir+=/b,lowerdir+=/a,upperdir=/u");
        assert_eq!(lower, ["/b", "/a"]);
        assert_eq!(mount("rw"), (None, vec![]));
    }

    #[test]
    fn links_lead_to_their_layers() {
        let tree = Tree::new().link("s/overlay2/l/AB", "../layer1/diff").file("s/overlay2/layer1/diff/x", "");
        let host = tree.host();
        let resolve = |directory: &str| resolved(&host, directory.to_owned(), Some("/s/overlay2/c1/diff"));
        assert_eq!(resolve("/s/overlay2/l/AB"), "/s/overlay2/layer1/diff");
        assert_eq!(resolve("l/AB"), "/s/overlay2/layer1/diff");
        assert_eq!(resolve("/s/overlay2/l/GONE"), "/s/overlay2/l/GONE");
        assert_eq!(resolve("/snapshots/4/fs"), "/snapshots/4/fs");
    }
}
