//! containerd: its effective configuration: `$.containerd`.

mod config_file;

use schemars::JsonSchema;
use serde::Serialize;

pub use config_file::ConfigFile;

use crate::context::Context;
use crate::fact::Fact;

/// containerd: its effective configuration.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Containerd {
    /// The configuration file.
    ///
    /// Source: /etc/containerd/config.toml
    pub config_file: Fact<ConfigFile>,
}

/// Reads them.
pub fn collect(ctx: &Context<'_>) -> Fact<Containerd> {
    Fact::Known(Containerd {
        config_file: Fact::Known(ConfigFile::read(ctx.host, "/etc/containerd/config.toml")),
    })
}
