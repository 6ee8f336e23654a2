//! What the kubelet can be told: each field of `KubeletConfiguration` with its type, its flag and its default.
//!
//! Kubernetes 1.28 to 1.36: `staging/src/k8s.io/kubelet/config/v1beta1/types.go`,
//! `pkg/kubelet/apis/config/v1beta1/defaults.go` and `cmd/kubelet/app/options/options.go` of
//! github.com/kubernetes/kubernetes. A field that only some of these releases have counts as known.

use serde_json::{Value, json};

use super::version::Version;

/// A field of the kubelet's configuration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// Where it stands: `authentication.anonymous.enabled`.
    pub(super) path: &'static str,
    /// The type of its value.
    pub(super) kind: Kind,
    /// Its flag, without dashes.
    pub(super) flag: Option<&'static str>,
    /// Whether zero in a file says as little as silence does.
    pub(super) zero_is_silence: bool,
    default: Preset,
    /// The default of a kubelet that is given no configuration file, where it is another one.
    legacy: Option<Preset>,
}

/// The type of a field's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// true or false.
    Bool,
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// A string.
    Text,
    /// A duration as Go writes it: `"1h30m"`.
    Duration,
    /// A list of strings; its flag takes them with commas between.
    List,
    /// A map of strings; its flag takes `name=value` with commas between.
    Words,
    /// A map of eviction thresholds; its flag takes `signal<value` with commas between.
    Thresholds,
    /// A map of booleans; its flag takes `name=value` with commas between.
    Switches,
    /// A map of HTTP headers, whose values may be secrets.
    Headers,
    /// A list of objects; its flag has a notation of its own.
    Objects,
    /// An object of its own, which is not looked into.
    Object,
}

impl Kind {
    /// Whether the value is a map, whose entries come from several files.
    pub(super) fn is_map(self) -> bool {
        matches!(self, Self::Words | Self::Thresholds | Self::Switches | Self::Headers)
    }
}

/// A default that a table can hold.
#[derive(Debug, Clone, Copy)]
enum Preset {
    /// There is none.
    Unsaid,
    Switch(bool),
    Count(i64),
    Fraction(f64),
    Word(&'static str),
    Names(&'static [&'static str]),
    Pairs(&'static [(&'static str, &'static str)]),
    /// The default changed with a minor release of Kubernetes 1.
    Changed {
        release: u32,
        before: &'static Preset,
        since: &'static Preset,
    },
}

/// What a field is by default.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Default {
    /// There is none.
    Unsaid,
    Value(Value),
    /// It depends on the kubelet's version, which is not known.
    DependsOnVersion,
}

impl Preset {
    fn at(self, version: Option<Version>) -> Default {
        Default::Value(match self {
            Self::Unsaid => return Default::Unsaid,
            Self::Switch(value) => json!(value),
            Self::Count(value) => json!(value),
            Self::Fraction(value) => json!(value),
            Self::Word(value) => json!(value),
            Self::Names(values) => json!(values),
            Self::Pairs(pairs) => {
                pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
            }
            Self::Changed { release, before, since } => {
                return match version {
                    Some(version) if version.minor < release => before.at(Some(version)),
                    Some(version) => since.at(Some(version)),
                    None => Default::DependsOnVersion,
                };
            }
        })
    }
}

impl Field {
    const fn flag(mut self, flag: &'static str) -> Self {
        self.flag = Some(flag);
        self
    }

    const fn zero_is_silence(mut self) -> Self {
        self.zero_is_silence = true;
        self
    }

    const fn without_file(mut self, legacy: Preset) -> Self {
        self.legacy = Some(legacy);
        self
    }

    /// What the kubelet does when nothing is said.
    pub(super) fn default(&self, version: Option<Version>, has_file: bool) -> Default {
        match self.legacy {
            Some(legacy) if !has_file => legacy.at(version),
            _ => self.default.at(version),
        }
    }
}

/// The field that stands at `path`.
pub(super) fn at(path: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.path == path)
}

/// Whether fields stand below `path`.
pub(super) fn is_group(path: &str) -> bool {
    FIELDS.iter().any(|field| field.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

/// The field that the flag `--name` sets.
pub(super) fn by_flag(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.flag == Some(name))
}

use Kind::{
    Bool, Duration, Headers, Integer, List, Number, Object, Objects, Switches, Text, Thresholds, Words,
};
use Preset::{Changed, Count, Fraction, Names, Pairs, Switch, Unsaid, Word};

const fn field(path: &'static str, kind: Kind, default: Preset) -> Field {
    Field { path, kind, flag: None, zero_is_silence: false, default, legacy: None }
}

/// The eviction thresholds of a kubelet whose configuration file names none
/// (`pkg/kubelet/eviction/defaults_linux.go`).
const EVICTION: Preset = Pairs(&[
    ("imagefs.available", "15%"),
    ("memory.available", "100Mi"),
    ("nodefs.available", "10%"),
    ("nodefs.inodesFree", "5%"),
]);

/// Every field, sorted by path.
pub(super) const FIELDS: &[Field] = &[
    field("address", Text, Word("0.0.0.0")).flag("address"),
    field("allowedUnsafeSysctls", List, Names(&[])).flag("allowed-unsafe-sysctls"),
    field("authentication.anonymous.enabled", Bool, Switch(false))
        .flag("anonymous-auth")
        .without_file(Switch(true)),
    field("authentication.webhook.cacheTTL", Duration, Word("2m"))
        .flag("authentication-token-webhook-cache-ttl")
        .zero_is_silence(),
    field("authentication.webhook.enabled", Bool, Switch(true))
        .flag("authentication-token-webhook")
        .without_file(Switch(false)),
    field("authentication.x509.clientCAFile", Text, Word("")).flag("client-ca-file"),
    field("authorization.mode", Text, Word("Webhook"))
        .flag("authorization-mode")
        .zero_is_silence()
        .without_file(Word("AlwaysAllow")),
    field("authorization.webhook.cacheAuthorizedTTL", Duration, Word("5m"))
        .flag("authorization-webhook-cache-authorized-ttl")
        .zero_is_silence(),
    field("authorization.webhook.cacheUnauthorizedTTL", Duration, Word("30s"))
        .flag("authorization-webhook-cache-unauthorized-ttl")
        .zero_is_silence(),
    field("cgroupDriver", Text, Word("cgroupfs")).flag("cgroup-driver").zero_is_silence(),
    field("cgroupRoot", Text, Word("")).flag("cgroup-root"),
    field("cgroupsPerQOS", Bool, Switch(true)).flag("cgroups-per-qos"),
    field("clusterDNS", List, Names(&[])).flag("cluster-dns"),
    field("clusterDomain", Text, Word("")).flag("cluster-domain"),
    field("configMapAndSecretChangeDetectionStrategy", Text, Word("Watch")),
    field("containerLogMaxFiles", Integer, Count(5)).flag("container-log-max-files"),
    field("containerLogMaxSize", Text, Word("10Mi")).flag("container-log-max-size").zero_is_silence(),
    field("containerLogMaxWorkers", Integer, Count(1)),
    field("containerLogMonitorInterval", Duration, Word("10s")),
    field("containerRuntimeEndpoint", Text, Word("unix:///run/containerd/containerd.sock"))
        .flag("container-runtime-endpoint")
        .zero_is_silence(),
    field("contentType", Text, Word("application/vnd.kubernetes.protobuf"))
        .flag("kube-api-content-type")
        .zero_is_silence(),
    field("cpuCFSQuota", Bool, Switch(true)).flag("cpu-cfs-quota"),
    field("cpuCFSQuotaPeriod", Duration, Word("100ms")).flag("cpu-cfs-quota-period"),
    field("cpuManagerPolicy", Text, Word("none")).flag("cpu-manager-policy").zero_is_silence(),
    field("cpuManagerPolicyOptions", Words, Unsaid).flag("cpu-manager-policy-options"),
    field("cpuManagerReconcilePeriod", Duration, Word("10s"))
        .flag("cpu-manager-reconcile-period")
        .zero_is_silence(),
    field("crashLoopBackOff.maxContainerRestartPeriod", Duration, Unsaid),
    field("draManagerReconcilePeriod", Duration, Unsaid),
    field("enableContentionProfiling", Bool, Switch(false)).flag("contention-profiling"),
    field("enableControllerAttachDetach", Bool, Switch(true)).flag("enable-controller-attach-detach"),
    field("enableDebugFlagsHandler", Bool, Switch(true)),
    field("enableDebuggingHandlers", Bool, Switch(true)).flag("enable-debugging-handlers"),
    field("enableProfilingHandler", Bool, Switch(true)),
    field("enableServer", Bool, Switch(true)).flag("enable-server"),
    field("enableSystemLogHandler", Bool, Switch(true)),
    field("enableSystemLogQuery", Bool, Switch(false)),
    field("enforceNodeAllocatable", List, Names(&["pods"])).flag("enforce-node-allocatable"),
    field("eventBurst", Integer, Changed { release: 27, before: &Count(10), since: &Count(100) })
        .flag("event-burst")
        .zero_is_silence(),
    field("eventRecordQPS", Integer, Changed { release: 27, before: &Count(5), since: &Count(50) })
        .flag("event-qps"),
    field("evictionHard", Thresholds, EVICTION).flag("eviction-hard").without_file(Changed {
        release: 25,
        before: &EVICTION,
        since: &Unsaid,
    }),
    field("evictionMaxPodGracePeriod", Integer, Count(0)).flag("eviction-max-pod-grace-period"),
    field("evictionMinimumReclaim", Words, Unsaid).flag("eviction-minimum-reclaim"),
    field("evictionPressureTransitionPeriod", Duration, Word("5m"))
        .flag("eviction-pressure-transition-period")
        .zero_is_silence(),
    field("evictionSoft", Thresholds, Unsaid).flag("eviction-soft"),
    field("evictionSoftGracePeriod", Words, Unsaid).flag("eviction-soft-grace-period"),
    field("failCgroupV1", Bool, Changed { release: 35, before: &Switch(false), since: &Switch(true) }),
    field("failSwapOn", Bool, Switch(true)).flag("fail-swap-on"),
    field("featureGates", Switches, Unsaid).flag("feature-gates"),
    field("fileCheckFrequency", Duration, Word("20s")).flag("file-check-frequency").zero_is_silence(),
    field("hairpinMode", Text, Word("promiscuous-bridge")).flag("hairpin-mode").zero_is_silence(),
    field("healthzBindAddress", Text, Word("127.0.0.1")).flag("healthz-bind-address").zero_is_silence(),
    field("healthzPort", Integer, Count(10248)).flag("healthz-port"),
    field("httpCheckFrequency", Duration, Word("20s")).flag("http-check-frequency").zero_is_silence(),
    field("imageGCHighThresholdPercent", Integer, Count(85)).flag("image-gc-high-threshold"),
    field("imageGCLowThresholdPercent", Integer, Count(80)).flag("image-gc-low-threshold"),
    field("imageMaximumGCAge", Duration, Word("0s")),
    field("imageMinimumGCAge", Duration, Word("2m")).flag("minimum-image-ttl-duration").zero_is_silence(),
    field("imagePullCredentialsVerificationPolicy", Text, Unsaid),
    field("imageServiceEndpoint", Text, Word("")).flag("image-service-endpoint"),
    field("iptablesDropBit", Integer, Count(15)).flag("iptables-drop-bit"),
    field("iptablesMasqueradeBit", Integer, Count(14)).flag("iptables-masquerade-bit"),
    field("kernelMemcgNotification", Bool, Switch(false)).flag("kernel-memcg-notification"),
    field("kubeAPIBurst", Integer, Changed { release: 27, before: &Count(10), since: &Count(100) })
        .flag("kube-api-burst")
        .zero_is_silence(),
    field("kubeAPIQPS", Integer, Changed { release: 27, before: &Count(5), since: &Count(50) })
        .flag("kube-api-qps"),
    field("kubeReserved", Words, Unsaid).flag("kube-reserved"),
    field("kubeReservedCgroup", Text, Word("")).flag("kube-reserved-cgroup"),
    field("kubeletCgroups", Text, Word("")).flag("kubelet-cgroups"),
    field("localStorageCapacityIsolation", Bool, Switch(true)).flag("local-storage-capacity-isolation"),
    field("logging", Object, Unsaid),
    field("makeIPTablesUtilChains", Bool, Switch(true)).flag("make-iptables-util-chains"),
    field("maxOpenFiles", Integer, Count(1_000_000)).flag("max-open-files").zero_is_silence(),
    field("maxParallelImagePulls", Integer, Unsaid),
    field("maxPods", Integer, Count(110)).flag("max-pods").zero_is_silence(),
    field("memoryManagerPolicy", Text, Word("None")).flag("memory-manager-policy").zero_is_silence(),
    field("memoryReservationPolicy", Text, Unsaid),
    field("memorySwap.swapBehavior", Text, Word("")),
    field("memoryThrottlingFactor", Number, Fraction(0.9)),
    field("mergeDefaultEvictionSettings", Bool, Switch(false)),
    field("nodeLeaseDurationSeconds", Integer, Count(40)).zero_is_silence(),
    field("nodeStatusMaxImages", Integer, Count(50)).flag("node-status-max-images"),
    field("nodeStatusReportFrequency", Duration, Unsaid),
    field("nodeStatusUpdateFrequency", Duration, Word("10s"))
        .flag("node-status-update-frequency")
        .zero_is_silence(),
    field("oomScoreAdj", Integer, Count(-999)).flag("oom-score-adj"),
    field("podCIDR", Text, Word("")).flag("pod-cidr"),
    field("podHousekeepingPeriod", Duration, Unsaid),
    field("podLogsDir", Text, Word("/var/log/pods")).zero_is_silence(),
    field("podPidsLimit", Integer, Count(-1)).flag("pod-max-pids"),
    field("podsPerCore", Integer, Count(0)).flag("pods-per-core"),
    field("port", Integer, Count(10250)).flag("port").zero_is_silence(),
    field("preloadedImagesVerificationAllowlist", List, Names(&[])),
    field("protectKernelDefaults", Bool, Switch(false)).flag("protect-kernel-defaults"),
    field("providerID", Text, Word("")).flag("provider-id"),
    field("qosReserved", Words, Unsaid).flag("qos-reserved"),
    field("readOnlyPort", Integer, Count(0)).flag("read-only-port").without_file(Count(10255)),
    field("registerNode", Bool, Switch(true)).flag("register-node"),
    field("registerWithTaints", Objects, Unsaid).flag("register-with-taints"),
    field("registryBurst", Integer, Count(10)).flag("registry-burst").zero_is_silence(),
    field("registryPullQPS", Integer, Count(5)).flag("registry-qps"),
    field("reservedMemory", Objects, Unsaid).flag("reserved-memory"),
    field("reservedSystemCPUs", Text, Word("")).flag("reserved-cpus"),
    field("resolvConf", Text, Word("/etc/resolv.conf")).flag("resolv-conf"),
    field("rotateCertificates", Bool, Switch(false)).flag("rotate-certificates"),
    field("runOnce", Bool, Switch(false)).flag("runonce"),
    field("runtimeRequestTimeout", Duration, Word("2m")).flag("runtime-request-timeout").zero_is_silence(),
    field("seccompDefault", Bool, Switch(false)).flag("seccomp-default"),
    field("serializeImagePulls", Bool, Switch(true)).flag("serialize-image-pulls"),
    field("serverTLSBootstrap", Bool, Switch(false)).flag("rotate-server-certificates"),
    field("showHiddenMetricsForVersion", Text, Word("")).flag("show-hidden-metrics-for-version"),
    field("shutdownGracePeriod", Duration, Word("0s")),
    field("shutdownGracePeriodByPodPriority", Objects, Unsaid),
    field("shutdownGracePeriodCriticalPods", Duration, Word("0s")),
    field("singleProcessOOMKill", Bool, Unsaid),
    field("staticPodPath", Text, Word("")).flag("pod-manifest-path"),
    field("staticPodURL", Text, Word("")).flag("manifest-url"),
    field("staticPodURLHeader", Headers, Unsaid).flag("manifest-url-header"),
    field("streamingConnectionIdleTimeout", Duration, Word("4h"))
        .flag("streaming-connection-idle-timeout")
        .zero_is_silence(),
    field("syncFrequency", Duration, Word("1m")).flag("sync-frequency").zero_is_silence(),
    field("systemCgroups", Text, Word("")).flag("system-cgroups"),
    field("systemReserved", Words, Unsaid).flag("system-reserved"),
    field("systemReservedCgroup", Text, Word("")).flag("system-reserved-cgroup"),
    field("tlsCertFile", Text, Word("")).flag("tls-cert-file"),
    field("tlsCipherSuites", List, Names(&[])).flag("tls-cipher-suites"),
    field("tlsCurvePreferences", Objects, Unsaid),
    field("tlsMinVersion", Text, Word("")).flag("tls-min-version"),
    field("tlsPrivateKeyFile", Text, Word("")).flag("tls-private-key-file"),
    field("topologyManagerPolicy", Text, Word("none")).flag("topology-manager-policy").zero_is_silence(),
    field("topologyManagerPolicyOptions", Words, Unsaid).flag("topology-manager-policy-options"),
    field("topologyManagerScope", Text, Word("container")).flag("topology-manager-scope").zero_is_silence(),
    field("tracing", Object, Unsaid),
    field("userNamespaces.idsPerPod", Integer, Unsaid),
    field("volumePluginDir", Text, Word("/usr/libexec/kubernetes/kubelet-plugins/volume/exec/"))
        .flag("volume-plugin-dir")
        .zero_is_silence(),
    field("volumeStatsAggPeriod", Duration, Word("1m")).flag("volume-stats-agg-period").zero_is_silence(),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_no_field_stands_inside_of_another() {
        assert!(FIELDS.is_sorted_by(|a, b| a.path < b.path));
        assert!(FIELDS.iter().all(|field| !is_group(field.path)));
    }

    #[test]
    fn defaults_follow_the_version_and_whether_there_is_a_file() {
        let version = |minor| Some(Version { minor, patch: 0 });
        let default = |path: &str, version, has_file| at(path).unwrap().default(version, has_file);
        for (path, minor, has_file, expected) in [
            ("eventRecordQPS", 26, true, json!(5)),
            ("eventRecordQPS", 27, true, json!(50)),
            ("failCgroupV1", 34, true, json!(false)),
            ("failCgroupV1", 35, true, json!(true)),
            ("authentication.anonymous.enabled", 34, true, json!(false)),
            ("authentication.anonymous.enabled", 34, false, json!(true)),
            ("readOnlyPort", 34, false, json!(10255)),
        ] {
            assert_eq!(default(path, version(minor), has_file), Default::Value(expected), "{path}");
        }
        assert_eq!(default("failCgroupV1", None, true), Default::DependsOnVersion);
        assert_eq!(default("maxPods", None, true), Default::Value(json!(110)));
        assert_eq!(default("evictionHard", version(34), false), Default::Unsaid);
    }
}
