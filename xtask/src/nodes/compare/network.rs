//! Interfaces, routes, listening sockets: `ip -json`, `ss`, `iptables --version`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Comparison;
use crate::nodes::results::Results;

pub(super) fn compare(results: &Results, comparison: &mut Comparison) {
    interfaces(results, comparison);
    routes(results, comparison);
    listening(results, comparison);
    if let Some(text) = results.tool("iptables") {
        let flavour = if text.contains("nf_tables") { "nft" } else { "legacy" };
        comparison.same(results, "/network/iptables/flavour", "iptables", &json!(flavour));
        let version = text.split_whitespace().nth(1).map(|word| word.trim_start_matches('v'));
        let ours = results.fact("/network/iptables/version").and_then(Value::as_str);
        let same = ours.is_some_and(|ours| version.is_some_and(|version| ours.starts_with(version)));
        comparison.check("/network/iptables/version", "iptables", same, &json!(version));
    }
}

fn interfaces(results: &Results, comparison: &mut Comparison) {
    let Some(theirs) = results.json("ip-address") else { return };
    let ours =
        results.fact("/network/interfaces").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let name = |list: &[Value], key: &str| {
        list.iter().filter_map(|one| one[key].as_str()).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let theirs = theirs.as_array().map(Vec::as_slice).unwrap_or_default();
    comparison.same_set("/network/interfaces", "ip address", name(ours, "name"), name(theirs, "ifname"));
    for link in theirs {
        let Some(index) = ours.iter().position(|one| one["name"] == link["ifname"]) else { continue };
        let base = format!("/network/interfaces/{index}");
        comparison.same(results, &format!("{base}/mtu"), "ip address", &link["mtu"]);
        if let Some(state) = link["operstate"].as_str() {
            comparison.same(results, &format!("{base}/state"), "ip address", &json!(state.to_lowercase()));
        }
        let addresses = link["addr_info"].as_array().into_iter().flatten();
        let addresses =
            addresses.filter_map(|one| Some(format!("{}/{}", one["local"].as_str()?, one["prefixlen"])));
        let list = ours[index]["addresses"].as_array().into_iter().flatten().filter_map(Value::as_str);
        comparison.same_set(
            &format!("{base}/addresses"),
            "ip address",
            list.map(str::to_owned).collect(),
            addresses.collect(),
        );
    }
}

fn routes(results: &Results, comparison: &mut Comparison) {
    let Some(theirs) = results.json("ip-route") else { return };
    let describe = |destination: &str, interface: &Value| {
        let destination = match destination {
            "default" => "0.0.0.0/0".to_owned(),
            host if !host.contains('/') => format!("{host}/32"),
            network => network.to_owned(),
        };
        format!("{destination} {}", interface.as_str().unwrap_or_default())
    };
    let ours = results.fact("/network/routes").and_then(Value::as_array).into_iter().flatten();
    let ours = ours.filter(|route| route["family"] == "ipv4");
    comparison.same_set(
        "/network/routes",
        "ip route",
        ours.filter_map(|route| Some(describe(route["destination"].as_str()?, &route["interface"])))
            .collect(),
        theirs
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|route| Some(describe(route["dst"].as_str()?, &route["dev"])))
            .collect(),
    );
}

fn listening(results: &Results, comparison: &mut Comparison) {
    for (answer, protocol) in [("ss-tcp", "tcp"), ("ss-udp", "udp")] {
        let Some(text) = results.tool(answer) else { continue };
        let ports = text
            .lines()
            .filter_map(|line| line.split_whitespace().nth(3)?.rsplit_once(':').map(|(_, port)| port));
        let ours = results.fact("/network/listening").and_then(Value::as_array).into_iter().flatten();
        let ours =
            ours.filter(|socket| socket["protocol"] == protocol).map(|socket| socket["port"].to_string());
        comparison.same_set("/network/listening", "ss", ours.collect(), ports.map(str::to_owned).collect());
    }
}
