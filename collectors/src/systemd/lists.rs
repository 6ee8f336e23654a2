//! Which settings are lists: an assignment adds to the earlier ones instead of replacing them.

/// Whether `key` is a list setting (systemd.directives(7)). An empty assignment empties a list; of every
/// other setting the last assignment counts.
pub(super) fn is_list(key: &str) -> bool {
    is_list_family(key) || is_dependency(key) || is_execution(key) || is_resource_control(key)
}

/// `ExecStartPre`, `ListenStream`, `ConditionPathExists` and their kind.
fn is_list_family(key: &str) -> bool {
    ["Exec", "Listen", "Condition", "Assert"].iter().any(|family| key.starts_with(family))
}

/// Of the sections Unit, Install, Timer, Path and Socket.
#[rustfmt::skip]
fn is_dependency(key: &str) -> bool {
    matches!(
        key,
        "After" | "Alias" | "Also" | "Before" | "BindsTo" | "Conflicts" | "DirectoryNotEmpty" | "Documentation"
        | "JoinsNamespaceOf" | "OnActiveSec" | "OnBootSec" | "OnCalendar" | "OnFailure" | "OnStartupSec"
        | "OnSuccess" | "OnUnitActiveSec" | "OnUnitInactiveSec" | "PartOf" | "PathChanged" | "PathExists"
        | "PathExistsGlob" | "PathModified" | "PropagatesReloadTo" | "PropagatesStopTo" | "ReloadPropagatedFrom"
        | "RequiredBy" | "Requires" | "RequiresMountsFor" | "Requisite" | "Sockets" | "StopPropagatedFrom"
        | "Symlinks" | "UpheldBy" | "Upholds" | "WantedBy" | "Wants" | "WantsMountsFor"
    )
}

/// Of systemd.exec(5).
#[rustfmt::skip]
fn is_execution(key: &str) -> bool {
    matches!(
        key,
        "AmbientCapabilities" | "BindPaths" | "BindReadOnlyPaths" | "CPUAffinity" | "CacheDirectory"
        | "CapabilityBoundingSet" | "ConfigurationDirectory" | "Environment" | "EnvironmentFile"
        | "ExtensionDirectories" | "ExtensionImages" | "ImportCredential" | "InaccessiblePaths" | "LoadCredential"
        | "LoadCredentialEncrypted" | "LogExtraFields" | "LogFilterPatterns" | "LogsDirectory" | "MountImages"
        | "NoExecPaths" | "PassEnvironment" | "ReadOnlyPaths" | "ReadWritePaths" | "RestrictAddressFamilies"
        | "RestrictFileSystems" | "RestrictNamespaces" | "RuntimeDirectory" | "SetCredential"
        | "SetCredentialEncrypted" | "StateDirectory" | "SupplementaryGroups" | "SystemCallArchitectures"
        | "SystemCallFilter" | "SystemCallLog" | "TemporaryFileSystem" | "UnsetEnvironment"
    )
}

/// Of systemd.resource-control(5).
#[rustfmt::skip]
fn is_resource_control(key: &str) -> bool {
    matches!(
        key,
        "BPFProgram" | "DeviceAllow" | "DisableControllers" | "IODeviceLatencyTargetSec" | "IODeviceWeight"
        | "IOReadBandwidthMax" | "IOReadIOPSMax" | "IOWriteBandwidthMax" | "IOWriteIOPSMax" | "IPAddressAllow"
        | "IPAddressDeny" | "IPEgressFilterPath" | "IPIngressFilterPath" | "NFTSet" | "RestrictNetworkInterfaces"
        | "SocketBindAllow" | "SocketBindDeny"
    )
}
