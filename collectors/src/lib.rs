//! Plimsoll's collectors: they read a container node's facts, and change nothing.
//!
//! Each collector is one module with a function `collect` and the structs of its facts; [`registry`]
//! lists them. [`host::Host`] is the only way to the node: no other module may open a file. [`scan`]
//! runs the collectors that the rules' [demand](plimsoll_engine::demand) calls for.

mod accounts;
pub mod apparmor;
mod argument_file;
mod assemble;
pub mod bolt;
pub mod cgroup;
pub mod cni;
pub mod commands;
mod container_id;
pub mod containerd;
pub mod containers;
mod context;
pub mod cpu;
pub mod crictl;
pub mod crio;
mod daemon;
pub mod denials;
pub mod depth;
pub mod devicemapper;
pub mod docker;
mod document;
mod drop_in;
mod exec_start;
pub mod fact;
pub mod files;
pub mod filesystem;
mod go_encoding;
mod go_struct;
pub mod host;
mod http;
mod json_document;
pub mod kernel;
pub mod kernel_log;
pub mod keyed;
pub mod kubelet;
mod libpod;
pub mod limits;
mod listing;
pub mod memory;
mod module_parameter;
pub mod mounts;
pub mod network;
mod no_proxy;
pub mod oci_hooks;
mod oci_roots;
mod origin;
pub mod os;
pub mod overlay;
pub mod packages;
pub mod podman;
mod pressure;
mod process_label;
mod processes;
pub mod proxy;
mod redact;
pub mod registries;
pub mod registry;
mod runtime_endpoint;
pub mod runtimes;
pub mod scan;
pub mod seccomp;
pub mod selinux;
pub mod settings;
mod sqlite;
pub mod storage;
pub mod swap;
pub mod sysctl;
mod systemd;
pub mod target;
pub mod time;
mod toml_document;
#[cfg(test)]
mod tree;
pub mod units;
pub mod unix_socket;
mod yaml_document;

pub use context::{Context, Options};
pub use registry::Collector;
