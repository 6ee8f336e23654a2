//! The layers of the node that an overlay's directories lead to.

use crate::host::Host;

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
    use crate::tree::Tree;

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
