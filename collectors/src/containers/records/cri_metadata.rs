//! What containerd's plugin for the kubelet keeps of the request for a container: JSON within a message of protocol
//! buffers (`google.protobuf.Any`), an extension of the container in `meta.db`.

use serde::Deserialize;

use super::record::confining;
use crate::go_encoding::split_unsigned;

/// `ProfileType` of the CRI for a profile of the node's own.
const LOCALHOST: u64 = 2;

/// The tags of a message's members (field number and wire type): `type_url` and `value`, both of bytes.
const TYPE_URL: u8 = 1 << 3 | 2;
const VALUE: u8 = 2 << 3 | 2;

/// The profiles that the kubelet asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Security {
    /// The file of the seccomp profile.
    pub(super) seccomp_file: Option<String>,
    /// The name of the AppArmor profile.
    pub(super) apparmor_profile: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    metadata: Metadata,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    config: Option<Config>,
}

#[derive(Debug, Deserialize)]
struct Config {
    linux: Option<Linux>,
}

#[derive(Debug, Deserialize)]
struct Linux {
    security_context: Option<SecurityContext>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SecurityContext {
    seccomp: Option<Profile>,
    apparmor: Option<Profile>,
    /// As kubelets before 1.20 ask.
    seccomp_profile_path: String,
    apparmor_profile: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Profile {
    profile_type: u64,
    localhost_ref: String,
}

/// The profiles in the extension; `None` if it is not of its format.
pub(super) fn security(extension: &[u8]) -> Option<Security> {
    let document: Document = serde_json::from_slice(value(extension)?).ok()?;
    let context = document.metadata.config?.linux?.security_context?;
    let local = |profile: Option<Profile>, text: &str| match profile {
        Some(profile) => Some(profile.localhost_ref).filter(|_| profile.profile_type == LOCALHOST),
        None => text.strip_prefix("localhost/").map(str::to_owned),
    };
    let seccomp = local(context.seccomp, &context.seccomp_profile_path);
    let apparmor = local(context.apparmor, &context.apparmor_profile);
    Some(Security {
        seccomp_file: seccomp.filter(|file| file.starts_with('/')),
        apparmor_profile: apparmor.and_then(|name| confining(&name)),
    })
}

/// The member `value` of the message.
fn value(mut message: &[u8]) -> Option<&[u8]> {
    loop {
        let (tag, rest) = message.split_first()?;
        let (length, rest) = split_unsigned(rest)?;
        let (bytes, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        match *tag {
            VALUE => return Some(bytes),
            TYPE_URL => message = rest,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(json: &str) -> Vec<u8> {
        let url = "github.com/containerd/cri/pkg/store/container/Metadata";
        let mut bytes = vec![TYPE_URL, u8::try_from(url.len()).unwrap()];
        bytes.extend(url.as_bytes());
        let length = json.len();
        bytes.extend([VALUE, (length & 0x7f) as u8 | 0x80, (length >> 7) as u8]);
        bytes.extend(json.as_bytes());
        bytes
    }

    fn document(context: &str) -> String {
        format!(
            r#"{{"Version":"v1","Metadata":{{"ID":"c","Name":"web","SandboxID":"s","Config":{{"metadata":{{"name":"web"}},"envs":[{{"key":"A","value":"SECRET"}}],"linux":{{"resources":{{}},"security_context":{{{context}}}}}}},"ImageRef":"sha256:1"}}}}"#
        )
    }

    #[test]
    fn the_profiles_of_the_node_are_told() {
        let context = r#""seccomp":{"profile_type":2,"localhost_ref":"/var/lib/kubelet/seccomp/audit.json"},"apparmor":{"profile_type":2,"localhost_ref":"k8s-web"},"seccomp_profile_path":"localhost//x""#;
        let expected = Security {
            seccomp_file: Some("/var/lib/kubelet/seccomp/audit.json".to_owned()),
            apparmor_profile: Some("k8s-web".to_owned()),
        };
        assert_eq!(security(&message(&document(context))), Some(expected));
        let context = r#""seccomp_profile_path":"localhost//var/lib/kubelet/seccomp/a.json","apparmor_profile":"localhost/old""#;
        let old = security(&message(&document(context))).unwrap();
        assert_eq!(old.seccomp_file.as_deref(), Some("/var/lib/kubelet/seccomp/a.json"));
        assert_eq!(old.apparmor_profile.as_deref(), Some("old"));
    }

    #[test]
    fn the_runtimes_own_profiles_are_none_of_the_nodes() {
        for context in [
            r#""seccomp":{"localhost_ref":""},"apparmor":{}"#,
            r#""seccomp":{"profile_type":1},"seccomp_profile_path":"localhost//x""#,
            r#""seccomp_profile_path":"runtime/default","apparmor_profile":"unconfined""#,
        ] {
            assert_eq!(security(&message(&document(context))), Some(Security::default()), "{context}");
        }
    }

    #[test]
    fn another_format_says_nothing() {
        let whole = message(&document(""));
        for cut in 0..whole.len() {
            assert_eq!(security(&whole[..cut]), None, "{cut}");
        }
        for bytes in [&b"\x12\xff\xff\xff\xff\xff\xff"[..], b"\x12\xff\xff\xff\xff\x0f{}", b"\x1a\x01x", b""]
        {
            assert_eq!(security(bytes), None);
        }
        assert_eq!(security(&message("[]")), None);
    }
}
