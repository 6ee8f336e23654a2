//! Whether containers have what they start from.

use super::super::check::Record;
use super::super::problem::Problem;
use super::checks::{CONTAINER_SNAPSHOT_MISSING, CRI_STATUS_CORRUPT};
use super::contents::{Contents, OVERLAYFS, Owners, metadata_path};
use crate::host::{HostError, HostErrorKind};

/// Where containerd's part for Kubernetes keeps a directory for each of its containers.
const CRI_CONTAINERS: &str = "io.containerd.grpc.v1.cri/containers";

/// Makes these checks.
pub(super) fn check(contents: &Contents<'_>, record: &mut Record) {
    snapshots(contents, record);
    if let Err(error) = statuses(contents, record) {
        record.impossible(&CRI_STATUS_CORRUPT, &error.into());
    }
}

/// Every container has its snapshot.
fn snapshots(contents: &Contents<'_>, record: &mut Record) {
    for (name, namespace) in contents.namespaces() {
        for (id, container) in
            namespace.containers.iter().filter(|(_, container)| !container.snapshot.is_empty())
        {
            let is_there = namespace.snapshot(&container.snapshotter, &container.snapshot).is_some();
            // One that is removed loses its snapshot first.
            if is_there || contents.is_young(container.created) {
                continue;
            }
            let detail = format!(
                "its snapshot {} of the snapshotter {} is not there",
                container.snapshot, container.snapshotter
            );
            let problem = contents.problem(id, metadata_path(contents.path), detail);
            let mut owners = Owners::default();
            owners.images.insert(container.image.clone());
            owners.add_container(name, id, container);
            record.found(&CONTAINER_SNAPSHOT_MISSING, owners.of_problem(problem));
        }
    }
}

/// Every container of Kubernetes has a state that can be read.
fn statuses(contents: &Contents<'_>, record: &mut Record) -> Result<(), HostError> {
    let directory = match contents.survey.ctx.host.open_dir(format!("{}/{CRI_CONTAINERS}", contents.path)) {
        Ok(directory) => directory,
        Err(error) if error.kind == HostErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in directory.entries()? {
        if let Some(unknown) = contents.survey.out_of_time(contents.path) {
            record.impossible(&CRI_STATUS_CORRUPT, &unknown);
            return Ok(());
        }
        let id = entry.name.to_string_lossy().into_owned();
        let status = directory.open_dir(&entry.name).and_then(|own| own.read("status"));
        let detail = match status {
            Ok(bytes) if bytes.is_empty() => "its file status is empty".to_owned(),
            Ok(bytes) => match serde_json::from_slice::<serde::de::IgnoredAny>(&bytes) {
                Ok(_) => continue,
                Err(error) => format!("its file status is no JSON: {error}"),
            },
            Err(error) => match error.kind {
                // It is being made or removed.
                HostErrorKind::NotFound => continue,
                HostErrorKind::NotRegular(kind) => format!("its file status is {kind}"),
                _ => {
                    record.missed(&CRI_STATUS_CORRUPT, error.into());
                    continue;
                }
            },
        };
        let path = format!("{}/{CRI_CONTAINERS}/{id}/status", contents.path);
        let problem = of_container(contents, &id, contents.problem(&id, path, detail));
        record.found(&CRI_STATUS_CORRUPT, problem);
    }
    Ok(())
}

/// `problem` with the container's image and pod, where the databases tell them.
fn of_container(contents: &Contents<'_>, id: &str, problem: Problem) -> Problem {
    let mut owners = Owners::default();
    owners.containers.insert(id.to_owned());
    for (name, namespace) in contents.namespaces() {
        if let Some(container) = namespace.containers.get(id) {
            owners.images.insert(container.image.clone());
            owners.add_container(name, id, container);
        }
    }
    owners.of_problem(problem)
}

/// The containers whose writable layers the snapshotter overlayfs has: namespace, id, and the name of the
/// snapshot.
pub(super) fn writable<'a>(
    contents: &'a Contents<'_>,
) -> impl Iterator<Item = (&'a str, &'a super::metadata::Container, &'a str)> {
    contents.namespaces().flat_map(|(_, namespace)| {
        let containers = namespace.containers.iter();
        containers.filter(|(_, container)| container.snapshotter == OVERLAYFS).filter_map(
            |(id, container)| {
                let record = namespace.snapshot(OVERLAYFS, &container.snapshot)?;
                Some((id.as_str(), container, record.name.as_str()))
            },
        )
    })
}
