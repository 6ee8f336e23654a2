//! The signature policies: who may have signed the images that are pulled.

use schemars::JsonSchema;
use serde::Serialize;

use super::policy_document::PolicyDocument;
use crate::accounts::User;
use crate::context::Context;
use crate::crio;
use crate::fact::{Fact, Sourced, Unknown};
use crate::host::Host;
use crate::json_document::Document;
use crate::listing;

/// The policy of everybody who has none of his own.
const SYSTEM: &str = "/etc/containers/policy.json";

/// A signature policy: containers-policy.json(5).
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Policy {
    /// Its file.
    pub file: String,
    /// The user whose own policy it is; absent for that of the node.
    pub user: Fact<String>,
    /// The program that it is of alone, `cri-o`; absent for a policy of every program.
    ///
    /// Source: crio.conf, `signature_policy` and `signature_policy_dir`
    pub program: Fact<String>,
    /// Whether it is there. Without a policy nothing can be pulled.
    ///
    /// Source: the file
    pub exists: Fact<bool>,
    /// Whether podman, CRI-O, buildah and skopeo take it. They refuse unknown keys, and pull nothing then.
    ///
    /// Source: the file
    pub valid: Fact<bool>,
    /// What is wrong with it, in words.
    ///
    /// Source: the file, the offending place
    pub error: Fact<Sourced<String>>,
    /// What images have to meet that no scope covers: `insecureAcceptAnything`, `reject`, `signedBy`, …
    ///
    /// Source: the file, `default`
    pub default: Fact<Vec<Sourced<String>>>,
    /// Whether images that no scope covers are accepted whoever made them.
    ///
    /// Source: the file, `default`
    pub accepts_anything: Fact<bool>,
    /// The scopes whose images are accepted whoever made them.
    ///
    /// Source: the file, `transports`
    pub accepting_scopes: Fact<Vec<Scope>>,
    /// The files of keys that it names and that are not there; images of their scopes cannot be pulled.
    ///
    /// Source: the file, `keyPath`, `keyPaths`
    pub missing_keys: Fact<Vec<Sourced<String>>>,
}

/// A scope of a signature policy.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Scope {
    /// How its images come: `docker` from a registry, `docker-daemon`, `oci`, …
    pub transport: String,
    /// The registry, namespace or repository; empty for the whole transport.
    pub scope: Sourced<String>,
}

/// The policy of the node, and those that users have of their own.
pub(super) fn read<'u>(ctx: &Context<'_>, users: impl Iterator<Item = &'u User>) -> Vec<Fact<Policy>> {
    let own = users.filter_map(|user| {
        let file = format!("{}/.config/containers/policy.json", user.home);
        match ctx.host.exists(&file) {
            Ok(true) => {
                let policy = Policy::at(ctx.host, file);
                Some(Fact::Known(Policy { user: Fact::Known(user.name.clone()), ..policy }))
            }
            Ok(false) => None,
            Err(error) => Some(Fact::Gap(error.into())),
        }
    });
    let system = Fact::Known(Policy::at(ctx.host, SYSTEM.to_owned()));
    std::iter::once(system).chain(of_crio(ctx)).chain(own).collect()
}

/// CRI-O's own policy, and those of single namespaces.
fn of_crio(ctx: &Context<'_>) -> Vec<Fact<Policy>> {
    let files = match crio::image_files(ctx) {
        Fact::Known(files) => files,
        Fact::Absent => return Vec::new(),
        Fact::Gap(unknown) => return vec![Fact::Gap(unknown)],
    };
    let at = |file: String| {
        Fact::Known(Policy { program: Fact::Known("cri-o".to_owned()), ..Policy::at(ctx.host, file) })
    };
    let own = files.policy.map(|policy| policy.value).filter(|file| file != SYSTEM);
    let mut policies: Vec<_> = own.into_iter().map(at).collect();
    match listing::names(ctx.host, &files.policy_directory) {
        Ok(names) => {
            let names = names.iter().filter(|name| name.ends_with(".json"));
            policies.extend(names.map(|name| at(format!("{}/{name}", files.policy_directory))));
        }
        Err(error) => policies.push(Fact::Gap(error.into())),
    }
    policies
}

impl Policy {
    /// The policy in `file`, of everybody.
    fn at(host: &Host, file: String) -> Self {
        let policy = Document::read(host, &file)
            .map(|document| document.and_then(|document| PolicyDocument::parse(&document)));
        let sound = policy.as_ref().and_then(|result| result.as_ref().ok().into());
        Self {
            user: Fact::Absent,
            program: Fact::Absent,
            exists: policy.as_ref().map(|_| true).or_absent(false),
            valid: policy.as_ref().map(Result::is_ok),
            error: policy
                .as_ref()
                .and_then(|result| result.as_ref().err().map(|error| error.sourced()).into()),
            default: sound.as_ref().map(|policy| policy.default.clone()),
            accepts_anything: sound.as_ref().map(|policy| policy.accepts_anything()),
            accepting_scopes: sound.as_ref().map(|policy| scopes(policy)),
            missing_keys: sound.and_then(|policy| missing(host, &policy.key_files).into()),
            file,
        }
    }
}

fn scopes(policy: &PolicyDocument) -> Vec<Scope> {
    let scope = |scope: &super::policy_document::AcceptingScope| Scope {
        transport: scope.transport.clone(),
        scope: scope.scope.clone(),
    };
    policy.accepting.iter().map(scope).collect()
}

fn missing(host: &Host, files: &[Sourced<String>]) -> Result<Vec<Sourced<String>>, Unknown> {
    let mut missing = Vec::new();
    for file in files {
        if !host.exists(&file.value)? {
            missing.push(file.clone());
        }
    }
    Ok(missing)
}
