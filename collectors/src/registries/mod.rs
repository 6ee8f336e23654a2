//! Registries, signature policies and logins of the tools that share containers/image: podman, buildah, skopeo,
//! CRI-O.

mod conf_document;
mod configuration;
mod login_document;
mod logins;
mod policy;
mod policy_document;
mod reference;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::Serialize;

pub use configuration::{ConfFile, Configuration, Mirror, Registry};
pub use logins::{Helper, Login};
pub use policy::{Policy, Scope};

use crate::accounts::Accounts;
use crate::context::Context;
use crate::fact::Fact;

/// Registries, signature policies and logins.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Registries {
    /// Which registries there are, and how they are asked: for root's tools and CRI-O.
    ///
    /// Source: containers-registries.conf(5)
    pub configuration: Fact<Configuration>,
    /// The signature policies: the node's, and those that CRI-O and users have of their own, which count in its
    /// place. One that cannot be looked for is a gap in the list.
    ///
    /// Source: /etc/containers/policy.json, crio.conf, ~/.config/containers/policy.json
    pub policies: Fact<Vec<Fact<Policy>>>,
    /// The files of logins that there are. A place that cannot be looked at is a gap in the list.
    ///
    /// Source: containers-auth.json(5), ~/.docker/config.json, ~/.dockercfg, the kubelet's and CRI-O's files
    pub logins: Fact<Vec<Fact<Login>>>,
}

/// Reads them.
pub fn collect(ctx: &Context<'_>) -> Fact<Registries> {
    let accounts = Fact::from(Accounts::read(ctx.host));
    let root = accounts.as_ref().map(|accounts| accounts.home_of(0).unwrap_or("/root").to_owned());
    Fact::Known(Registries {
        configuration: root.map(|home| configuration::read(ctx, &home)),
        policies: accounts.as_ref().map(|accounts| policy::read(ctx, accounts.at_home())),
        logins: accounts.as_ref().map(|accounts| logins::read(ctx, accounts.at_home())),
    })
}
