//! The Docker Engine: `docker info` and `docker version`.

use serde_json::{Value, json};

use super::Comparison;
use crate::nodes::results::Results;

/// Facts, and where `docker info` tells them.
const INFO: [(&str, &str); 13] = [
    ("/docker/engine/version", "/ServerVersion"),
    ("/docker/engine/storage_driver", "/Driver"),
    ("/docker/engine/cgroup_driver", "/CgroupDriver"),
    ("/docker/engine/cgroup_version", "/CgroupVersion"),
    ("/docker/engine/logging_driver", "/LoggingDriver"),
    ("/docker/engine/root_dir", "/DockerRootDir"),
    ("/docker/root_dir", "/DockerRootDir"),
    ("/docker/engine/default_runtime", "/DefaultRuntime"),
    ("/docker/engine/live_restore", "/LiveRestoreEnabled"),
    ("/docker/engine/containers/total", "/Containers"),
    ("/docker/engine/containers/running", "/ContainersRunning"),
    ("/docker/engine/images", "/Images"),
    ("/kernel/release", "/KernelVersion"),
];

pub(super) fn compare(results: &Results, comparison: &mut Comparison) {
    // Without an engine docker says `"ServerErrors"`, and what it knows is the client's.
    let Some(info) = results.json("docker-info").filter(|info| info["ServerErrors"].is_null()) else {
        return;
    };
    comparison.same(results, "/docker/engine/responding", "docker info", &json!(true));
    for (pointer, theirs) in INFO {
        let theirs = info.pointer(theirs).unwrap_or(&Value::Null);
        let ours = results.fact(pointer).unwrap_or(&Value::Null);
        // docker writes the version of cgroups as text.
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if text(ours) == text(theirs) {
            comparison.agreed();
        } else {
            comparison.same(results, pointer, "docker info", theirs);
        }
    }
    for (pointer, list) in
        [("/docker/engine/security_options", "SecurityOptions"), ("/docker/engine/warnings", "Warnings")]
    {
        let names = |list: &Value| {
            list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let ours = results.fact(pointer).unwrap_or(&Value::Null);
        comparison.same_set(pointer, "docker info", names(ours), names(&info[list]));
    }
    if let Some(version) = results.json("docker-version") {
        comparison.same(
            results,
            "/docker/engine/api_version",
            "docker version",
            &version["Server"]["ApiVersion"],
        );
    }
}
