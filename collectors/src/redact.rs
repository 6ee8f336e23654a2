//! Secrets never enter a snapshot.
//!
//! Two kinds are known by their form: the credentials of a URL (`scheme://user:password@host`), and the
//! value of a name that says what it is (`splunk-token=…`, `"password": "…"`). Private keys in PEM form are
//! a third.

use serde_json::{Map, Value};

/// What stands where a secret was.
const MASK: &str = "***";

/// How the names of secrets end, in lower case and without `-`, `_` and `.`.
const SECRET_ENDINGS: [&str; 12] = [
    "token",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "secretkey",
    "accesskey",
    "privatekey",
    "apikey",
    "credential",
    "credentials",
    "authorization",
];

/// Words that are no secret whatever the name.
const PLAIN_VALUES: [&str; 6] = ["true", "false", "null", "none", "yes", "no"];

/// `text`, of one line or many, with its secrets masked.
pub(crate) fn mask(text: &str) -> String {
    mask_assignments(&mask_private_keys(&mask_logins(&mask_urls(text))))
}

/// `value` with the secrets in its strings, and the values of secret members, masked.
pub(crate) fn mask_value(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(mask(&text)),
        Value::Array(items) => mask_list(items),
        Value::Object(members) => {
            let masked = members.into_iter().map(|(name, value)| match &value {
                Value::String(text) if is_secret_name(&name) && !is_plain(text) => (name, Value::from(MASK)),
                Value::Number(_) if is_secret_name(&name) => (name, Value::from(MASK)),
                _ => (name, mask_value(value)),
            });
            Value::Object(masked.collect::<Map<_, _>>())
        }
        scalar => scalar,
    }
}

/// A list of texts may be the arguments of a program.
fn mask_list(items: Vec<Value>) -> Value {
    let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
    match texts {
        Some(texts) => mask_arguments(&texts).into(),
        None => items.into_iter().map(mask_value).collect(),
    }
}

/// `arguments` with their secrets masked, also where name and value are arguments of their own
/// (`--token abc`).
pub(crate) fn mask_arguments(arguments: &[String]) -> Vec<String> {
    let mut secret_follows = false;
    let mut masked = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let is_flag = argument.starts_with('-');
        masked.push(if secret_follows && !is_flag { MASK.to_owned() } else { mask(argument) });
        secret_follows = is_flag && !argument.contains('=') && is_secret_name(argument);
    }
    masked
}

/// Whether the value of this name has to stay out of a snapshot.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let letters: String = name.chars().filter(|c| !matches!(c, '-' | '_' | '.')).collect();
    let letters = letters.to_ascii_lowercase();
    letters == "auth" || SECRET_ENDINGS.iter().any(|ending| letters.ends_with(ending))
}

fn is_plain(value: &str) -> bool {
    value.is_empty() || PLAIN_VALUES.iter().any(|plain| value.eq_ignore_ascii_case(plain))
}

/// Logins without a scheme before them, `user:password@host`. What has the same form and is none is the digest
/// of an image, `name:tag@sha256:…`.
fn mask_logins(text: &str) -> String {
    let is_edge = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '=' | '[' | ']');
    let masked = text.split_inclusive(is_edge).map(|word| match word.rsplit_once('@') {
        Some((login, host)) if login.contains(':') && !login.ends_with("***") && !host.starts_with("sha") => {
            // The part of a URL that comes before its host has been seen to.
            let kept = login.rfind('/').map_or(0, |slash| slash + 1);
            match login[kept..].contains(':') {
                true => format!("{}{MASK}@{host}", &login[..kept]),
                false => word.to_owned(),
            }
        }
        _ => word.to_owned(),
    });
    masked.collect()
}

fn mask_urls(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(scheme_end) = rest.find("://") {
        let (before, after) = rest.split_at(scheme_end + 3);
        masked.push_str(before);
        let authority = after.find(['/', ' ', '\t', '\n', '"', '\'', ',']).unwrap_or(after.len());
        match after[..authority].rfind('@') {
            Some(at) => {
                masked.push_str(MASK);
                masked.push('@');
                rest = &after[at + 1..];
            }
            None => rest = after,
        }
    }
    masked.push_str(rest);
    masked
}

/// Masks what stands between the lines that mark a private key.
fn mask_private_keys(text: &str) -> String {
    const BEGIN: &str = "PRIVATE KEY-----";
    const END: &str = "-----END";
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(BEGIN) {
        let (before, after) = rest.split_at(begin + BEGIN.len());
        masked.push_str(before);
        masked.push_str(MASK);
        // The closing line's own "PRIVATE KEY-----" must not open another key.
        let closing = after.find(END).map(|end| &after[end..]);
        let Some(closing) = closing else { return masked };
        let line_end = closing.find(BEGIN).map_or(END.len(), |at| at + BEGIN.len());
        masked.push_str(&closing[..line_end]);
        rest = &closing[line_end..];
    }
    masked.push_str(rest);
    masked
}

/// Masks the values of secret names: `name=value`, `name: value`, `"name": "value"`.
fn mask_assignments(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['=', ':']) {
        let (before, after) = rest.split_at(at + 1);
        masked.push_str(before);
        rest = after;
        let name = before[..at].trim_end().trim_end_matches(is_quote);
        let name_start = name.rfind(|c| !is_name_character(c));
        let name_start = name_start.map_or(0, |at| at + name[at..].chars().next().map_or(1, char::len_utf8));
        if !name.get(name_start..).is_some_and(is_secret_name) || after.starts_with("//") {
            continue;
        }
        let blank = after.len() - after.trim_start_matches([' ', '\t']).len();
        // A quote right before the name holds both: `'name=a value of words'`.
        let around = name[..name_start]
            .chars()
            .next_back()
            .filter(|c| before[..at].len() == name.len() && is_quote(*c));
        let (value_start, value_end) = match around {
            Some(quote) => (0, closing_quote(&after[blank..], quote)),
            None => value_span(&after[blank..]),
        };
        if !is_plain(&after[blank + value_start..blank + value_end]) {
            masked.push_str(&after[..blank + value_start]);
            masked.push_str(MASK);
            rest = &after[blank + value_end..];
        }
    }
    masked.push_str(rest);
    masked
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'')
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// Where the value at the start of `text` lies: inside its quotes, or up to the end of the line's word. The
/// value of an `Authorization` header is of two words.
fn value_span(text: &str) -> (usize, usize) {
    match text.chars().next() {
        Some(quote) if is_quote(quote) => (1, 1 + closing_quote(&text[1..], quote)),
        _ => {
            let scheme = ["Bearer ", "Basic "].iter().find(|scheme| text.starts_with(**scheme));
            let start = scheme.map_or(0, |scheme| scheme.len());
            let end = text[start..].find([' ', '\t', '\n', '\r', ',', ';', '"', '\'', '}', ']']);
            (0, end.map_or(text.len(), |end| start + end))
        }
    }
}

/// Where the string closes, or its line ends.
fn closing_quote(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '\n' => return at,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_login_needs_no_scheme_and_a_digest_is_none() {
        assert_eq!(
            mask(r#""insecure-registries": ["u:PASS@reg:5000"]"#),
            r#""insecure-registries": ["***@reg:5000"]"#
        );
        for plain in ["reg:5000/app:1.2@sha256:0f", "getty@tty1.service", "a@b", "//a:b/c@d", "10.0.0.1:80"] {
            assert_eq!(mask(plain), plain);
        }
    }

    #[test]
    fn a_list_of_texts_is_masked_as_arguments_are() {
        let masked = mask_value(serde_json::json!(["--token", "PASS", "--root", "/x"]));
        assert_eq!(masked, serde_json::json!(["--token", MASK, "--root", "/x"]));
    }

    #[test]
    fn credentials_in_urls_are_masked_and_nothing_else() {
        assert_eq!(mask("http://u:p@proxy:3128/x, https://h/a@b"), "http://***@proxy:3128/x, https://h/a@b");
        assert_eq!(mask("HTTP_PROXY=http://u:p@w@host NO=1"), "HTTP_PROXY=http://***@host NO=1");
        assert_eq!(mask("plain"), "plain");
    }

    #[test]
    fn values_of_secret_names_are_masked_in_every_notation() {
        for (text, masked) in [
            ("splunk-token=B5A79AAD", "splunk-token=***"),
            ("--log-opt splunk-token=B5A7 --debug", "--log-opt splunk-token=*** --debug"),
            ("  \"splunk-token\": \"B5\\\"A7\",", "  \"splunk-token\": \"***\","),
            ("Environment='AWS_SECRET_ACCESS_KEY=a b'", "Environment='AWS_SECRET_ACCESS_KEY=***'"),
            ("{\"auth\": \"dXNlcjpw\"}", "{\"auth\": \"***\"}"),
            ("Authorization: Bearer abc.def", "Authorization: ***"),
            ("password: hunter2\nuser: me", "password: ***\nuser: me"),
            ("client_secret = \"x\" # y", "client_secret = \"***\" # y"),
            ("MYSQL_PASSWORD=p:q=r", "MYSQL_PASSWORD=***"),
        ] {
            assert_eq!(mask(text), masked);
        }
    }

    #[test]
    fn no_text_breaks_the_masking() {
        let text = "ü\"token\": \"ä\\\"b\"\n'ßpassword=é ö' x://ü@é -----BEGIN PRIVATE KEY----- secret:=:\t";
        for (at, _) in text.char_indices() {
            let (before, after) = text.split_at(at);
            assert!(
                mask(after).len() <= after.len() + 3 * after.matches([':', '=', '@']).count() + 3,
                "{after}"
            );
            assert_eq!(mask(&mask(before)), mask(before));
        }
        assert_eq!(mask("ütoken=x"), "ütoken=***");
    }

    #[test]
    fn switches_and_paths_stay_readable() {
        for text in [
            "automountServiceAccountToken: false",
            "--token-auth-file=/etc/tokens.csv",
            "authentication-token-webhook=true",
            "password=",
            "secret://x",
            "\"live-restore\": false",
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn private_keys_are_masked_from_their_first_line_to_their_last() {
        let key = "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb";
        assert_eq!(mask(key), "a\n-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----\nb");
        assert_eq!(mask("-----BEGIN PRIVATE KEY-----\nMIIE"), "-----BEGIN PRIVATE KEY-----***");
        let certificate = "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n";
        assert_eq!(mask(certificate), certificate);
    }

    #[test]
    fn arguments_and_json_are_masked_too() {
        let arguments = ["kubelet", "--token", "abc", "--password=x", "--token", "--v=2"].map(str::to_owned);
        assert_eq!(
            mask_arguments(&arguments),
            ["kubelet", "--token", "***", "--password=***", "--token", "--v=2"]
        );
        let value = json!({"log-opts": {"splunk-token": "abc", "tag": "x"}, "mirrors": ["https://u:p@h"], "pin": {"password": 7}});
        let masked = json!({"log-opts": {"splunk-token": "***", "tag": "x"}, "mirrors": ["https://***@h"], "pin": {"password": "***"}});
        assert_eq!(mask_value(value), masked);
    }
}
