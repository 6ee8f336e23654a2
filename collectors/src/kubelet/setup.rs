//! What the kubelet's command line leads to: its configuration, and the files that this names.

use plimsoll_engine::snapshot::Layer;

use super::certificate::Certificate;
use super::config_file::{self, File, Key};
use super::configuration::{Configuration, Layers};
use super::flags::Flags;
use super::kubeconfig::{self, Reading};
use super::paths::{self, below};
use super::static_pods::{self, StaticPod};
use super::version::Version;
use crate::fact::{Fact, Sourced};
use crate::host::Host;
use crate::network::nameservers;
use crate::origin;
use crate::runtime_endpoint::RuntimeSocket;

/// The kubelet as it is set up.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) flags: Flags,
    /// The main configuration file, if one is named or at its usual place.
    pub(super) file: Option<File>,
    pub(super) config_dir: Option<Sourced<String>>,
    pub(super) drop_ins: Fact<Vec<File>>,
    pub(super) config: Fact<Configuration>,
}

impl Setup {
    /// Follows the `arguments`, the program first.
    pub(super) fn read(host: &Host, arguments: &[Sourced<String>], version: Option<Version>) -> Self {
        let flags = Flags::parse(arguments.get(1..).unwrap_or_default());
        let config_dir = flags.text("config-dir");
        // Where the command line is not known, the usual places are what there is to go by.
        let usual = || arguments.is_empty().then(|| paths::first(host, &paths::CONFIG_FILES)).flatten();
        let path = flags.text("config").filter(|path| !path.value.is_empty()).or_else(usual);
        let file = path.map(|path| File::read(host, path, Layer::File));
        let drop_ins = match &config_dir {
            Some(directory) => config_file::drop_ins(host, directory),
            None => Fact::Known(Vec::new()),
        };
        let config = Self::merge(&flags, file.as_ref(), &drop_ins, version, arguments.is_empty());
        Self { flags, file, config_dir, drop_ins, config }
    }

    fn merge(
        flags: &Flags,
        file: Option<&File>,
        drop_ins: &Fact<Vec<File>>,
        version: Option<Version>,
        nothing_known: bool,
    ) -> Fact<Configuration> {
        let file_is_missing = file.is_some_and(|file| matches!(file.document(), Fact::Absent));
        if file_is_missing || (file.is_none() && nothing_known) {
            return Fact::Absent;
        }
        drop_ins.as_ref().and_then(|drop_ins| {
            let files: Vec<&File> = file.into_iter().chain(drop_ins.iter()).collect();
            Configuration::of(Layers { version, files: &files, flags })
        })
    }

    /// Some keys of all files.
    pub(super) fn keys(&self, pick: fn(&File) -> Vec<Key>) -> Fact<Vec<Key>> {
        self.drop_ins.as_ref().and_then(|drop_ins| {
            let mut keys = Vec::new();
            for file in self.file.iter().chain(drop_ins) {
                if let Fact::Gap(unknown) = file.document() {
                    return Fact::Gap(unknown);
                }
                keys.extend(pick(file));
            }
            Fact::Known(keys)
        })
    }

    pub(super) fn root_dir(&self) -> Sourced<String> {
        told_root_dir(&self.flags)
    }

    pub(super) fn kubeconfig(&self, host: &Host) -> Fact<Reading> {
        let path = self.flags.text("kubeconfig").or_else(|| paths::first(host, &paths::KUBECONFIGS));
        Fact::from(path).map(|path| kubeconfig::read(host, path))
    }

    pub(super) fn serving_certificate(&self, host: &Host) -> Fact<Certificate> {
        match self.path_in_config("tlsCertFile") {
            Fact::Known(path) => return Certificate::read(host, &path.value),
            Fact::Gap(unknown) => return Fact::Gap(unknown),
            Fact::Absent => {}
        }
        let directory =
            self.flags.text("cert-dir").map_or_else(|| "/var/lib/kubelet/pki".to_owned(), |dir| dir.value);
        match Certificate::read(host, &format!("{directory}/kubelet-server-current.pem")) {
            Fact::Absent => Certificate::read(host, &format!("{directory}/kubelet.crt")),
            known_or_gap => known_or_gap,
        }
    }

    pub(super) fn client_ca(&self, host: &Host) -> Fact<Certificate> {
        let path = self.path_in_config("authentication.x509.clientCAFile");
        path.and_then(|path| Certificate::read(host, &path.value))
    }

    pub(super) fn static_pods(&self, host: &Host) -> Fact<Vec<StaticPod>> {
        let path = self.path_in_config("staticPodPath");
        path.and_then(|path| static_pods::read(host, &path.value, &self.root_dir().value))
    }

    pub(super) fn runtime_socket(&self, host: &Host) -> Fact<RuntimeSocket> {
        let endpoint = self.config.as_ref().and_then(|config| config.text("containerRuntimeEndpoint"));
        endpoint.and_then(|endpoint| RuntimeSocket::at(host, &endpoint.value).into())
    }

    pub(super) fn nameservers(&self, host: &Host) -> Fact<Vec<Sourced<String>>> {
        self.path_in_config("resolvConf").and_then(|path| nameservers(host, &path.value))
    }

    /// A path that the configuration holds; in a file it may count from the file's directory.
    fn path_in_config(&self, field: &str) -> Fact<Sourced<String>> {
        let path = self.config.as_ref().and_then(|config| config.text(field));
        path.map(|path| match &path.origin.file {
            Some(file) if path.origin.layer != Layer::Flag => {
                Sourced { value: below(file, &path.value), origin: path.origin }
            }
            _ => path,
        })
    }
}

/// The directory of the state of a kubelet that is started with the `arguments`, the program first.
pub(super) fn root_dir(arguments: &[Sourced<String>]) -> Sourced<String> {
    told_root_dir(&Flags::parse(arguments.get(1..).unwrap_or_default()))
}

fn told_root_dir(flags: &Flags) -> Sourced<String> {
    let default = || Sourced { value: "/var/lib/kubelet".to_owned(), origin: origin::default() };
    flags.text("root-dir").unwrap_or_else(default)
}
