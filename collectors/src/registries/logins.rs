//! Where logins to registries may lie, and who can read them.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::login_document::LoginDocument;
use crate::accounts::User;
use crate::commands;
use crate::context::Context;
use crate::crio;
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::json_document::{Document, DocumentError};
use crate::listing;

/// The places of the kubelet, whose home is its root directory, or `/`.
const KUBELET: [&str; 3] =
    ["/var/lib/kubelet/config.json", "/var/lib/kubelet/.dockercfg", "/.docker/config.json"];

/// CRI-O's logins of single namespaces, unless it is told of another directory.
const CRIO_DIRECTORY: &str = "/etc/crio/auth";

/// How a file is named whose logins are not below `auths`.
const DOCKERCFG: &str = ".dockercfg";

/// A file of logins to registries. The credentials themselves are not read.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Login {
    /// Its path.
    pub file: String,
    /// Whose logins they are: a user's name, `kubelet` or `cri-o`.
    pub used_by: String,
    /// The user id that its owner should have.
    ///
    /// Source: /etc/passwd; 0 for the kubelet and CRI-O
    pub expected_uid: u32,
    /// Its owner's user id.
    ///
    /// Source: statx(2), `stx_uid`
    pub uid: Fact<u32>,
    /// Its permission bits, octal, such as `"0600"`.
    ///
    /// Source: statx(2), `stx_mode`
    pub mode: Fact<String>,
    /// Whether it is JSON of the right form.
    ///
    /// Source: the file
    pub valid: Fact<bool>,
    /// What is wrong with it, in words; of its place only line and column.
    ///
    /// Source: the file, the offending place
    pub error: Fact<Sourced<String>>,
    /// The registries whose credentials stand in the file, for everybody who can read it.
    ///
    /// Source: the file, `auths`
    pub plain: Fact<Vec<String>>,
    /// Those of them whose credentials cannot be used: they are not base64 of a name and a password.
    ///
    /// Source: the file, `auths.*.auth`
    pub broken: Fact<Vec<String>>,
    /// The helpers that keep credentials elsewhere.
    ///
    /// Source: the file, `credHelpers`, `credsStore`
    pub helpers: Fact<Vec<Helper>>,
}

/// A program that keeps credentials.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Helper {
    /// The registry whose credentials it keeps; absent if those of every other.
    pub registry: Fact<String>,
    /// The program: `docker-credential-` and the helper's name.
    pub program: String,
    /// Whether it is installed.
    ///
    /// Source: the directories of programs
    pub found: Fact<bool>,
}

/// A place where logins may lie.
struct Place {
    file: String,
    used_by: String,
    uid: u32,
}

/// The files of logins that there are. A place that cannot be looked at is a gap in the list.
pub(super) fn read<'u>(ctx: &Context<'_>, users: impl Iterator<Item = &'u User>) -> Vec<Fact<Login>> {
    let mut places: Vec<Place> = users.flat_map(places_of).collect();
    let system =
        |file: &str, used_by: &str| Place { file: file.to_owned(), used_by: used_by.to_owned(), uid: 0 };
    places.extend(KUBELET.iter().map(|file| system(file, "kubelet")));
    let mut logins = Vec::new();
    let mut directory = CRIO_DIRECTORY.to_owned();
    match crio::image_files(ctx) {
        Fact::Known(files) => {
            places.extend(files.logins.iter().map(|file| system(&file.value, "cri-o")));
            directory = files.login_directory;
        }
        Fact::Absent => {}
        Fact::Gap(unknown) => logins.push(Fact::Gap(unknown)),
    }
    match listing::names(ctx.host, &directory) {
        Ok(names) => {
            let files = names.iter().filter(|name| name.ends_with(".json"));
            places.extend(files.map(|name| system(&format!("{directory}/{name}"), "cri-o")));
        }
        Err(error) => logins.push(Fact::Gap(error.into())),
    }
    // A file may be configured that is one of the usual ones.
    let mut seen = BTreeSet::new();
    places.retain(|place| seen.insert(place.file.clone()));
    logins.extend(places.into_iter().filter_map(|place| Login::at(ctx.host, place)));
    logins
}

/// Where podman, skopeo, buildah and docker look for a user's logins, in this order.
fn places_of(user: &User) -> impl Iterator<Item = Place> {
    let User { name, uid, home, .. } = user;
    let files = [
        format!("/run/user/{uid}/containers/auth.json"),
        format!("/run/containers/{uid}/auth.json"),
        format!("{home}/.config/containers/auth.json"),
        format!("{home}/.docker/config.json"),
        format!("{home}/{DOCKERCFG}"),
    ];
    files.into_iter().map(|file| Place { file, used_by: name.clone(), uid: *uid })
}

impl Login {
    /// The logins at a place, if there are any.
    fn at(host: &Host, place: Place) -> Option<Fact<Self>> {
        let metadata = match Fact::from(host.metadata(&place.file)) {
            Fact::Known(metadata) => metadata,
            Fact::Absent => return None,
            Fact::Gap(unknown) => return Some(Fact::Gap(unknown)),
        };
        let is_dockercfg = place.file.ends_with(DOCKERCFG);
        let logins = Document::read(host, &place.file)
            .map(|document| document.and_then(|document| LoginDocument::parse(&document, is_dockercfg)));
        let sound = logins.as_ref().and_then(|result| result.as_ref().ok().into());
        Some(Fact::Known(Self {
            used_by: place.used_by,
            expected_uid: place.uid,
            uid: Fact::Known(metadata.uid),
            mode: Fact::Known(format!("{:04o}", metadata.mode)),
            valid: logins.as_ref().map(Result::is_ok),
            error: logins.as_ref().and_then(|result| result.as_ref().err().map(without_text).into()),
            plain: sound.as_ref().map(|logins: &&LoginDocument| logins.plain.clone()),
            broken: sound.as_ref().map(|logins| logins.broken.clone()),
            helpers: sound.map(|logins| helpers(host, logins)),
            file: place.file,
        }))
    }
}

/// The error with its place, but without the line, which may hold the credentials.
fn without_text(error: &DocumentError) -> Sourced<String> {
    let mut sourced = error.sourced();
    sourced.origin.text = None;
    sourced
}

fn helpers(host: &Host, logins: &LoginDocument) -> Vec<Helper> {
    let helper = |registry: Fact<String>, name: &str| {
        let program = format!("docker-credential-{name}");
        let found = commands::find(host, &program).map(|command| command.found);
        Helper { registry, found: Fact::from(found as Result<bool, Unknown>), program }
    };
    let single = logins.helpers.iter().map(|(registry, name)| helper(Fact::Known(registry.clone()), name));
    single.chain(logins.store.iter().map(|name| helper(Fact::Absent, name))).collect()
}
