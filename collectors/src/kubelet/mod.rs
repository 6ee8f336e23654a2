//! The kubelet: what is installed, how it is started, what configuration that makes, and what that points to.
//!
//! The configuration is put together as the kubelet does it: the flags of the running process, or else of its
//! unit or distribution, over the drop-ins of `--config-dir`, over the file of `--config`, over the defaults.

mod certificate;
mod config_file;
mod configuration;
mod embedded;
mod fields;
mod flags;
mod installation;
mod kubeconfig;
mod paths;
mod process;
mod retired;
mod security_profiles;
mod setup;
mod static_pods;
#[cfg(test)]
mod tests;
mod types;
mod version;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

pub use certificate::Certificate;
pub use config_file::{ConfigFile, Key};
pub use configuration::{Configuration, Override};
pub use installation::Distribution;
pub use kubeconfig::{Credential, Kubeconfig};
pub use retired::RetiredFlag;
pub use security_profiles::{AppArmorProfile, SeccompProfile};
pub use static_pods::StaticPod;

use crate::context::Context;
use crate::fact::{Fact, Sourced};
use crate::proxy::Proxy;
use crate::redact::mask_arguments;
use crate::runtime_endpoint::RuntimeSocket;
use installation::Installation;
use setup::Setup;

/// The kubelet of the node.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Kubelet {
    /// Whether the node has a kubelet: a program, a unit or a running process, its own or that of a
    /// distribution which holds one.
    ///
    /// Source: the program's usual places, systemd's unit search path, /proc
    pub installed: Fact<bool>,
    /// How it comes to the node.
    ///
    /// Source: the unit that starts it
    pub distribution: Fact<Distribution>,
    /// The kubelet's executable.
    ///
    /// Source: /proc/PID/exe, else the program's usual places
    pub binary: Fact<String>,
    /// Its version, `1.34.1`; absent where only the program itself tells it.
    ///
    /// Source: the package kubelet, the snap's metadata, /kind/version, RKE2's directory
    pub version: Fact<String>,
    /// Whether a kubelet runs.
    ///
    /// Source: /proc/PID/comm, /proc/PID/status
    pub running: Fact<bool>,
    /// Its process id.
    ///
    /// Source: /proc
    pub pid: Fact<u32>,
    /// Its command line, the program first, secrets masked: that of the running process, else the one that its
    /// unit or distribution starts it with.
    ///
    /// Source: /proc/PID/cmdline; the unit's `ExecStart` with its environment files; `kubelet-arg` of k3s and
    /// RKE2; /var/snap/microk8s/current/args/kubelet
    pub arguments: Fact<Vec<String>>,
    /// The configuration file; absent if none is named and none is at the usual places.
    ///
    /// Source: the flag `--config`
    pub config_file: Fact<ConfigFile>,
    /// The directory of drop-ins.
    ///
    /// Source: the flag `--config-dir`
    pub config_dir: Fact<Sourced<String>>,
    /// The drop-ins, in the order in which they apply.
    ///
    /// Source: the files `*.conf` below the directory of drop-ins
    pub drop_ins: Fact<Vec<ConfigFile>>,
    /// The configuration by the names of `KubeletConfiguration`: defaults, over them the file, over it the
    /// drop-ins, over them the flags. Absent if the file that is named is not there, as before a node joins.
    /// Secrets are masked.
    ///
    /// Source: the kubelet's configuration file, drop-ins and command line
    pub config: Fact<Configuration>,
    /// The keys of the files that no kubelet from 1.28 to 1.36 knows; the kubelet goes on without them.
    ///
    /// Source: the configuration file and the drop-ins
    pub unknown_keys: Fact<Vec<Key>>,
    /// The keys of the files that stand twice; the last one counts.
    ///
    /// Source: the configuration file and the drop-ins
    pub duplicate_keys: Fact<Vec<Key>>,
    /// The fields that a file sets and a flag overrides with something else.
    ///
    /// Source: the configuration file, the drop-ins, the command line
    pub overrides: Fact<Vec<Override>>,
    /// The flags that this version of the kubelet has no more; it does not start with one.
    ///
    /// Source: the command line, the kubelet's version
    pub retired_flags: Fact<Vec<RetiredFlag>>,
    /// The node's name, if it is not the host name.
    ///
    /// Source: the flag `--hostname-override`
    pub hostname_override: Fact<Sourced<String>>,
    /// The image of a pod's sandbox that it is told of; its garbage collection leaves that one alone. Absent if it is
    /// told of none: the runtime names the image, and says which one has to stay.
    ///
    /// Source: the flag `--pod-infra-container-image`, which Kubernetes 1.35 has no more
    pub sandbox_image: Fact<Sourced<String>>,
    /// The directory of the kubelet's state.
    ///
    /// Source: the flag `--root-dir`
    pub root_dir: Fact<Sourced<String>>,
    /// How it reaches the API server; absent if it runs without one.
    ///
    /// Source: the flag `--kubeconfig`
    pub kubeconfig: Fact<Kubeconfig>,
    /// The certificate that it shows the API server.
    ///
    /// Source: the kubeconfig's user
    pub client_certificate: Fact<Certificate>,
    /// The certificate that it shows its own clients.
    ///
    /// Source: the field `tlsCertFile`, else `kubelet-server-current.pem` or `kubelet.crt` in `--cert-dir`
    pub serving_certificate: Fact<Certificate>,
    /// The authority whose clients it believes; of several the first.
    ///
    /// Source: the field `authentication.x509.clientCAFile`
    pub client_ca: Fact<Certificate>,
    /// The static pods; absent if it is told of no directory for them, or that is not there.
    ///
    /// Source: the field `staticPodPath`
    pub static_pods: Fact<Vec<StaticPod>>,
    /// The socket of the container runtime; absent if the endpoint names none.
    ///
    /// Source: the field `containerRuntimeEndpoint`
    pub runtime_socket: Fact<RuntimeSocket>,
    /// The proxy that it asks servers through: the API server, and those that its plugins are told of.
    ///
    /// Source: the environment of the kubelet, or of the program that holds it
    pub proxy: Fact<Proxy>,
    /// Whether it asks the API server through the proxy; absent if it has no API server.
    ///
    /// Source: the kubeconfig's server, the kubelet's environment
    pub api_server_proxied: Fact<bool>,
    /// The name servers that pods get unless they use the cluster's; absent if there is no such file.
    ///
    /// Source: the file that the field `resolvConf` names
    pub nameservers: Fact<Vec<Sourced<String>>>,
}

/// Reads the facts of the kubelet.
pub fn collect(ctx: &Context<'_>) -> Fact<Kubelet> {
    let installation = installation(ctx);
    Fact::Known(match installation.is_there() {
        Fact::Known(true) => Kubelet::of(ctx, &installation),
        installed => Kubelet::none(&installed),
    })
}

/// The node's kubelet, looked for once.
fn installation(ctx: &Context<'_>) -> Arc<Installation> {
    ctx.host.once(|| Installation::find(ctx))
}

/// The directory of the kubelet's state; absent if there is no kubelet.
pub(crate) fn root_dir(ctx: &Context<'_>) -> Fact<Sourced<String>> {
    let installation = installation(ctx);
    installation.is_there().and_then(|there| match there {
        true => installation.arguments(ctx.host).map(|arguments| setup::root_dir(&arguments)),
        false => Fact::Absent,
    })
}

impl Kubelet {
    /// The facts of an installed kubelet.
    fn of(ctx: &Context<'_>, installation: &Installation) -> Self {
        let host = ctx.host;
        let version = version::of(host, installation);
        let arguments = installation.arguments(host);
        let setup =
            arguments.as_ref().map(|arguments| Setup::read(host, arguments, version.known().copied()));
        let setup = setup.as_ref();
        let credentials = setup.as_ref().and_then(|setup| setup.kubeconfig(host));
        let credentials = credentials.as_ref();
        let proxy = installation.proxy(host);
        let server = credentials.as_ref().and_then(|reading| reading.facts.server.clone());
        Self {
            api_server_proxied: server.and_then(|server| proxy.serves(&server.value)),
            proxy: Fact::Known(proxy),
            installed: Fact::Known(true),
            distribution: installation.distribution.into(),
            binary: installation.binary.clone(),
            version: version.as_ref().map(ToString::to_string),
            running: installation.process.as_ref().map(|_| true).or_absent(false),
            pid: installation.process.as_ref().map(|kubelet| kubelet.process.pid),
            config_file: setup
                .as_ref()
                .and_then(|setup| setup.file.as_ref().map(config_file::File::facts).into()),
            config_dir: setup.as_ref().and_then(|setup| setup.config_dir.clone().into()),
            drop_ins: setup.as_ref().and_then(|setup| {
                setup.drop_ins.as_ref().map(|files| files.iter().map(config_file::File::facts).collect())
            }),
            unknown_keys: setup.as_ref().and_then(|setup| setup.keys(config_file::File::unknown_keys)),
            duplicate_keys: setup.as_ref().and_then(|setup| setup.keys(config_file::File::duplicate_keys)),
            overrides: setup.as_ref().and_then(|setup| setup.config.as_ref().map(Configuration::overrides)),
            retired_flags: setup.as_ref().and_then(|setup| retired::among(&setup.flags, &version)),
            hostname_override: setup.as_ref().and_then(|setup| setup.flags.text("hostname-override").into()),
            sandbox_image: setup
                .as_ref()
                .and_then(|setup| setup.flags.text("pod-infra-container-image").into()),
            root_dir: setup.as_ref().map(|setup| setup.root_dir()),
            kubeconfig: credentials.as_ref().map(|reading| reading.facts.clone()),
            client_certificate: credentials.and_then(|reading| reading.certificate.clone()),
            serving_certificate: setup.as_ref().and_then(|setup| setup.serving_certificate(host)),
            client_ca: setup.as_ref().and_then(|setup| setup.client_ca(host)),
            static_pods: setup.as_ref().and_then(|setup| setup.static_pods(host)),
            runtime_socket: setup.as_ref().and_then(|setup| setup.runtime_socket(host)),
            nameservers: setup.as_ref().and_then(|setup| setup.nameservers(host)),
            config: setup.and_then(|setup| setup.config.clone()),
            arguments: arguments.map(|arguments| {
                mask_arguments(&arguments.into_iter().map(|argument| argument.value).collect::<Vec<_>>())
            }),
        }
    }

    /// The facts where no kubelet is installed, or where that cannot be told.
    fn none(installed: &Fact<bool>) -> Self {
        fn rest<T>(installed: &Fact<bool>) -> Fact<T> {
            installed.as_ref().and_then(|_| Fact::Absent)
        }
        Self {
            installed: installed.clone(),
            distribution: rest(installed),
            binary: rest(installed),
            version: rest(installed),
            running: installed.clone(),
            pid: rest(installed),
            arguments: rest(installed),
            config_file: rest(installed),
            config_dir: rest(installed),
            drop_ins: rest(installed),
            config: rest(installed),
            unknown_keys: rest(installed),
            duplicate_keys: rest(installed),
            overrides: rest(installed),
            retired_flags: rest(installed),
            hostname_override: rest(installed),
            sandbox_image: rest(installed),
            root_dir: rest(installed),
            kubeconfig: rest(installed),
            client_certificate: rest(installed),
            serving_certificate: rest(installed),
            client_ca: rest(installed),
            static_pods: rest(installed),
            runtime_socket: rest(installed),
            proxy: rest(installed),
            api_server_proxied: rest(installed),
            nameservers: rest(installed),
        }
    }
}
