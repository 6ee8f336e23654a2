//! Where containerd itself listens.

use schemars::JsonSchema;
use serde::Serialize;

use super::merge::Merged;
use super::view::or_default;
use crate::fact::{Fact, Sourced};
use crate::settings;

/// The addresses that containerd listens on.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Server {
    /// Its unix socket; `/run/containerd/containerd.sock` by default.
    ///
    /// Source: config.toml, `grpc.address`, of version 4 the table of the plugin `io.containerd.server.v1.grpc`
    pub address: Fact<Sourced<String>>,
    /// The TCP address of the same API; absent by default.
    ///
    /// Source: config.toml, `grpc.tcp_address`, of version 4 the table of `io.containerd.server.v1.grpc-tcp`
    pub tcp_address: Fact<Sourced<String>>,
    /// The certificate authority that clients over TCP have to be signed by; absent by default.
    ///
    /// Source: config.toml, `grpc.tcp_tls_ca`, of version 4 the table of `io.containerd.server.v1.grpc-tcp`
    pub tcp_client_ca: Fact<Sourced<String>>,
    /// Where profiles and traces are served; absent by default.
    ///
    /// Source: config.toml, `debug.address`
    pub debug_address: Fact<Sourced<String>>,
    /// Where metrics are served over TCP; absent by default.
    ///
    /// Source: config.toml, `metrics.address`
    pub metrics_address: Fact<Sourced<String>>,
}

impl Server {
    pub(super) fn of(merged: &Merged) -> Self {
        let text = |plugin: &str, key: &str, table: &str, old_key: &str| match said(
            merged,
            &["plugins", plugin, key],
        ) {
            Fact::Absent => said(merged, &[table, old_key]),
            fact => fact,
        };
        let tcp = "io.containerd.server.v1.grpc-tcp";
        let address = text("io.containerd.server.v1.grpc", "address", "grpc", "address");
        Self {
            address: or_default(address, "/run/containerd/containerd.sock".to_owned()),
            tcp_address: text(tcp, "address", "grpc", "tcp_address"),
            tcp_client_ca: text(tcp, "tls_ca", "grpc", "tcp_tls_ca"),
            debug_address: text("io.containerd.server.v1.debug", "address", "debug", "address"),
            metrics_address: text("io.containerd.server.v1.metrics", "address", "metrics", "address"),
        }
    }
}

/// The string at `path`, if it is not empty.
fn said(merged: &Merged, path: &[&str]) -> Fact<Sourced<String>> {
    let text = merged.settings.value(path, settings::text);
    text.and_then(|text| if text.value.is_empty() { Fact::Absent } else { Fact::Known(text) })
}
