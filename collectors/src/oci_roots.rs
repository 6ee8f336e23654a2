//! The directories in which OCI runtimes keep a directory for each container of theirs: their option `--root`.

/// Those of runc and crun, as podman and people start them, and of the runc that CRI-O starts.
pub(crate) const OCI_ROOTS: [&str; 3] = ["/run/runc", "/run/crun", "/run/crio/runc"];
