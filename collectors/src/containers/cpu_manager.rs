//! The processors that the kubelet leaves to everybody, while its static policy gives others away.

use serde::Deserialize;

use crate::context::Context;
use crate::cpu::list;
use crate::fact::{Fact, Unknown};
use crate::kubelet;

/// What the kubelet keeps of it, below its directory (pkg/kubelet/cm/cpumanager/state of Kubernetes).
const FILE: &str = "cpu_manager_state";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    policy_name: String,
    #[serde(default)]
    default_cpu_set: String,
}

/// The processors of the containers that have none of their own; absent if there is no kubelet, or its policy is
/// another one.
pub(super) fn shared_pool(ctx: &Context<'_>) -> Fact<Vec<u64>> {
    kubelet::root_dir(ctx).and_then(|root| {
        let file = format!("{}/{FILE}", root.value.trim_end_matches('/'));
        Fact::from(ctx.host.read_text(&file)).and_then(|text| parse(&file, &text))
    })
}

fn parse(file: &str, text: &str) -> Fact<Vec<u64>> {
    let malformed = || Fact::Gap(Unknown::malformed(file, "is not the JSON that the kubelet writes"));
    match serde_json::from_str::<State>(text) {
        Ok(state) if state.policy_name == "static" => {
            list::parse(&state.default_cpu_set).map_or_else(malformed, Fact::Known)
        }
        Ok(_) => Fact::Absent,
        Err(_) => malformed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_static_policy_has_a_pool_and_the_others_have_none() {
        let read = |text: &str| parse("/f", text);
        let of_static =
            r#"{"policyName":"static","defaultCpuSet":"0-1,6","entries":{"u":{"web":"2-5"}},"checksum":1}"#;
        assert_eq!(read(of_static), Fact::Known(vec![0, 1, 6]));
        assert_eq!(read(r#"{"policyName":"none","defaultCpuSet":"","checksum":1}"#), Fact::Absent);
        for text in ["", "{", "[]", r#"{"policyName":"static","defaultCpuSet":"x"}"#] {
            assert!(matches!(read(text), Fact::Gap(_)), "{text}");
        }
    }
}
