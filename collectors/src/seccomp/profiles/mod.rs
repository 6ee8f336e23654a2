//! The seccomp profiles of containers: those that the runtimes are configured with, and those of the kubelet
//! that pods can name.

mod document;
mod names;
mod profile;

use plimsoll_engine::snapshot::GapReason;

pub use profile::Profile;

use crate::context::Context;
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::{FileKind, HostErrorKind};
use crate::origin;

/// Where the kubelet has the profiles that pods name as `Localhost`, unless it is told of another directory.
const KUBELET: &str = "/var/lib/kubelet/seccomp";

/// podman's own profiles, the stronger one first.
const PODMAN: [&str; 2] = ["/etc/containers/seccomp.json", "/usr/share/containers/seccomp.json"];

/// The words that stand in a configuration for no file.
const NO_FILE: [&str; 4] = ["", "unconfined", "builtin", "runtime/default"];

/// How deep below the kubelet's directory profiles are looked for.
const MAX_DEPTH: usize = 6;

/// How many profiles are read.
const MAX_PROFILES: usize = 500;

/// Reads the profiles. What cannot be read is a gap in the list.
pub(super) fn read(ctx: &Context<'_>) -> Vec<Fact<Profile>> {
    let mut found = Found::default();
    found.configured("docker", crate::docker::seccomp_profile(ctx));
    found.configured("crio", crate::crio::seccomp_profile(ctx));
    found.configured("crio for privileged containers", crate::crio::privileged_seccomp_profile(ctx));
    found.podman(ctx);
    let kubelet =
        crate::kubelet::root_dir(ctx).known().map(|directory| format!("{}/seccomp", directory.value));
    found.directory(ctx, kubelet.as_deref().unwrap_or(KUBELET), MAX_DEPTH);
    let Found { files, gaps } = found;
    let profiles = files.into_iter().map(|(file, used_by)| {
        if ctx.is_short_of_time() {
            return Fact::Gap(Unknown::new(GapReason::Timeout, file, "there are too many profiles to read"));
        }
        Fact::Known(Profile::read(ctx.host, file, used_by))
    });
    profiles.chain(gaps.into_iter().map(Fact::Gap)).collect()
}

/// The files of profiles, each with those who use it.
#[derive(Default)]
struct Found {
    files: Vec<(String, Vec<Sourced<String>>)>,
    gaps: Vec<Unknown>,
}

impl Found {
    /// The profile that a runtime is configured with.
    fn configured(&mut self, by: &str, profile: Fact<Sourced<String>>) {
        match profile {
            Fact::Known(profile) if NO_FILE.contains(&profile.value.as_str()) => {}
            Fact::Known(Sourced { value, origin }) => {
                self.add(value, Sourced { value: by.to_owned(), origin })
            }
            Fact::Absent => {}
            Fact::Gap(unknown) => self.gaps.push(unknown),
        }
    }

    /// The profile that podman is configured with, or else the first of its own.
    fn podman(&mut self, ctx: &Context<'_>) {
        let configured = crate::podman::seccomp_profile(ctx);
        if configured != Fact::Absent {
            return self.configured("podman", configured);
        }
        if let Some(file) = PODMAN.iter().find(|file| !matches!(ctx.host.exists(file), Ok(false))) {
            self.add((*file).to_owned(), by_default("podman"));
        }
    }

    /// The profiles below a directory of the kubelet.
    fn directory(&mut self, ctx: &Context<'_>, directory: &str, depth: usize) {
        let entries = match ctx.host.read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if error.kind == HostErrorKind::NotFound => return,
            Err(error) => return self.gaps.push(error.into()),
        };
        for entry in entries {
            let path = format!("{directory}/{}", entry.name.to_string_lossy());
            match entry.kind {
                FileKind::Directory if depth == 0 || self.files.len() >= MAX_PROFILES => {
                    let detail = "there are too many profiles, or too many directories in each other";
                    return self.gaps.push(Unknown::new(GapReason::Unsupported, path, detail));
                }
                FileKind::Directory => self.directory(ctx, &path, depth - 1),
                _ if !path.ends_with(".json") => {}
                _ if self.files.len() >= MAX_PROFILES => {
                    let detail = "there are too many profiles to read";
                    return self.gaps.push(Unknown::new(GapReason::Unsupported, path, detail));
                }
                _ => self.add(path, by_default("kubelet")),
            }
        }
    }

    fn add(&mut self, file: String, used_by: Sourced<String>) {
        match self.files.iter_mut().find(|(known, _)| *known == file) {
            Some((_, users)) => users.push(used_by),
            None => self.files.push((file, vec![used_by])),
        }
    }
}

fn by_default(name: &str) -> Sourced<String> {
    Sourced { value: name.to_owned(), origin: origin::default() }
}
