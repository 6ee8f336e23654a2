//! Processors, memory, limits and the clock: `lscpu`, `free`, `prlimit`, `systemctl show`, `timedatectl`.

use serde_json::{Value, json};

use super::Comparison;
use crate::nodes::results::Results;

pub(super) fn compare(results: &Results, comparison: &mut Comparison) {
    if let Some(cpu) = results.json("lscpu") {
        processors(&cpu, results, comparison);
    }
    let total = results
        .answer("free")
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("Mem:")?.split_whitespace().next()?.parse::<u64>().ok());
    if let Some(total) = total {
        comparison.same(results, "/memory/total_bytes", "free", &json!(total));
    }
    if results.tool("timedatectl").is_some() {
        let clock = results.pairs("timedatectl", "=");
        if let Some(synchronized) = clock.get("NTPSynchronized") {
            comparison.same(results, "/time/synchronized", "timedatectl", &json!(synchronized == "yes"));
        }
        if let Some(local) = clock.get("LocalRTC") {
            comparison.same(results, "/time/rtc_in_local_time", "timedatectl", &json!(local == "yes"));
        }
        if let Some(zone) = clock.get("Timezone") {
            comparison.same(results, "/time/timezone", "timedatectl", &json!(zone));
        }
    }
    for (pointer, name) in [
        ("/limits/pid_max", "kernel.pid_max"),
        ("/limits/threads_max", "kernel.threads-max"),
        ("/limits/file_max", "fs.file-max"),
        ("/limits/max_map_count", "vm.max_map_count"),
        ("/limits/inotify/max_user_instances", "fs.inotify.max_user_instances"),
        ("/limits/inotify/max_user_watches", "fs.inotify.max_user_watches"),
        ("/limits/aio/max", "fs.aio-max-nr"),
        ("/limits/keys/maxkeys", "kernel.keys.maxkeys"),
        ("/swap/swappiness", "vm.swappiness"),
    ] {
        if let Some(number) =
            results.pairs("sysctl", " = ").get(name).and_then(|text| text.parse::<u64>().ok())
        {
            comparison.same(results, pointer, "sysctl", &json!(number));
        }
    }
    daemons(results, comparison);
}

fn processors(cpu: &Value, results: &Results, comparison: &mut Comparison) {
    let mut fields = Vec::new();
    flatten(&cpu["lscpu"], &mut fields);
    let field = |name: &str| fields.iter().find(|(field, _)| *field == name).map(|(_, data)| *data);
    for (pointer, name) in [("/cpu/model", "Model name:"), ("/cpu/vendor", "Vendor ID:")] {
        if let Some(text) = field(name) {
            comparison.same(results, pointer, "lscpu", &json!(text));
        }
    }
    if let Some(count) = field("CPU(s):").and_then(|text| text.parse::<u64>().ok()) {
        comparison.same(results, "/cpu/online", "lscpu", &json!(count));
    }
    for (name, text) in &fields {
        let Some(vulnerability) = name.strip_prefix("Vulnerability ") else { continue };
        let key = vulnerability.trim_end_matches(':').to_lowercase().replace(' ', "_");
        // lscpu writes the kernel's text with other punctuation.
        let words = |text: &str| text.replace([':', ';'], "");
        let ours = results.fact(&format!("/cpu/vulnerabilities/{key}/text")).and_then(Value::as_str);
        if ours.is_some_and(|ours| words(ours) == words(text)) {
            comparison.agreed();
        } else {
            comparison.same(results, &format!("/cpu/vulnerabilities/{key}/text"), "lscpu", &json!(text));
        }
    }
}

fn flatten<'v>(list: &'v Value, into: &mut Vec<(&'v str, &'v str)>) {
    for entry in list.as_array().into_iter().flatten() {
        if let (Some(field), Some(data)) = (entry["field"].as_str(), entry["data"].as_str()) {
            into.push((field, data));
        }
        flatten(&entry["children"], into);
    }
}

fn daemons(results: &Results, comparison: &mut Comparison) {
    let text = results.answer("limits").unwrap_or_default();
    let list =
        results.fact("/limits/daemons").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut current = None;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["pid", pid, _] => {
                current = list.iter().position(|daemon| daemon["pid"].as_u64() == pid.parse().ok())
            }
            [resource, soft, hard] => {
                let key = match *resource {
                    "NOFILE" => "nofile",
                    "NPROC" => "nproc",
                    "CORE" => "core",
                    "MEMLOCK" => "memlock",
                    _ => continue,
                };
                let Some(index) = current else { continue };
                let number = |text: &str| text.parse::<u64>().map_or(Value::Null, Value::from);
                for (end, text) in [("soft", soft), ("hard", hard)] {
                    let pointer = format!("/limits/daemons/{index}/{key}/{end}");
                    comparison.same(results, &pointer, "prlimit", &number(text));
                }
            }
            _ => {}
        }
    }
}
