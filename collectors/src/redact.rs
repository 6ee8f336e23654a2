//! Secrets never enter a snapshot.

/// `text` with the credentials of URLs (`scheme://user:password@host`) masked.
pub(crate) fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(scheme_end) = rest.find("://") {
        let (before, after) = rest.split_at(scheme_end + 3);
        masked.push_str(before);
        let authority = after.find(['/', ' ', '\t', '\n', '"', '\'', ',']).unwrap_or(after.len());
        match after[..authority].rfind('@') {
            Some(at) => {
                masked.push_str("***@");
                rest = &after[at + 1..];
            }
            None => rest = after,
        }
    }
    masked.push_str(rest);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_urls_are_masked_and_nothing_else() {
        assert_eq!(mask("http://u:p@proxy:3128/x, https://h/a@b"), "http://***@proxy:3128/x, https://h/a@b");
        assert_eq!(mask("HTTP_PROXY=http://u:p@w@host NO=1"), "HTTP_PROXY=http://***@host NO=1");
        assert_eq!(mask("plain"), "plain");
    }
}
