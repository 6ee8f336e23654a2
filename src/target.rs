//! What is looked at: this node, another root, or a saved snapshot.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use plimsoll_collectors::depth::Depth;
use plimsoll_collectors::host::Host;
use plimsoll_collectors::{Options, registry, scan, target};
use plimsoll_engine::demand::Demand;
use plimsoll_engine::snapshot::Snapshot;
use serde_json::Value;

use crate::cli::{CollectionArgs, Deep, TargetArgs};
use crate::failure::Failure;
use crate::files;
use crate::watch::Watch;

/// How long collecting may take.
const USUAL_TIMEOUT: Duration = Duration::from_secs(5);

/// How long it may take where every file of every layer is looked at.
const DEEP_TIMEOUT: Duration = Duration::from_secs(3600);

/// The fact that tells whether the scanned root is a container's.
const CONTAINER: [&str; 2] = ["os", "container"];

impl TargetArgs {
    /// The facts that `demand` wants, taken now or read from the snapshot.
    pub(crate) fn snapshot(&self, demand: Demand) -> Result<Snapshot, Failure> {
        let Some(file) = &self.snapshot else { return self.take(demand) };
        let mut snapshot = Snapshot::load(&files::read(file)?)
            .map_err(|error| Failure::input(format!("{}: {error}", file.display())))?;
        let catalogue = registry::catalogue();
        let keyed = catalogue.keyed_paths();
        snapshot.mark_not_collected(&demand, &keyed);
        Ok(snapshot)
    }

    fn take(&self, mut demand: Demand) -> Result<Snapshot, Failure> {
        let opened = match &self.root {
            Some(directory) => Host::at(directory),
            None => Host::live(),
        };
        let host = opened.map_err(|error| Failure::input(format!("the root cannot be opened: {error}")))?;
        let target = target::of(&host, self.root.as_deref());
        let taken_at = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        demand.add_path(&CONTAINER);
        let options = self.collection.options();
        let watch = Watch::over(&options.progress, options.depth);
        let snapshot = scan::snapshot(&Arc::new(host), &Arc::new(demand), &options, target, taken_at);
        drop(watch);
        self.refuse_container(&snapshot)?;
        Ok(snapshot)
    }

    /// A scan inside a container must not grade the container by mistake.
    fn refuse_container(&self, snapshot: &Snapshot) -> Result<(), Failure> {
        let kind = CONTAINER.iter().try_fold(&snapshot.facts, |facts, name| facts.get(name));
        match kind.and_then(Value::as_str) {
            Some(kind) if !self.this_container => Err(Failure::input_with_help(
                format!(
                    "plimsoll runs in a container ({kind}): it would grade the container and not the node"
                ),
                "mount the node's root file system into the container and pass it with --root, \
                 for example --root /host; or say --this-container",
            )),
            _ => Ok(()),
        }
    }
}

impl CollectionArgs {
    fn options(&self) -> Options {
        let depth = match self.deep {
            None => Depth::Metadata,
            Some(Deep::Stat) => Depth::Stat,
            Some(Deep::Digest) => Depth::Digest,
        };
        let usual = if depth == Depth::Metadata { USUAL_TIMEOUT } else { DEEP_TIMEOUT };
        let timeout = self.timeout.unwrap_or(usual);
        Options { timeout, sockets: !self.no_sockets, depth, ..Options::default() }
    }
}
