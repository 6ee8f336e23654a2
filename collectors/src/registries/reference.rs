//! Names of images, as far as registries.conf has them: the grammar of distribution/reference.

/// Whether `name` is the host of a registry, with its port if it has one.
pub(super) fn is_domain(name: &str) -> bool {
    let (host, port) = match name.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (name, None),
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).is_some_and(|address| {
        address.contains(':') && address.chars().all(|c| c.is_ascii_hexdigit() || c == ':')
    });
    let is_port = |port: &str| !port.is_empty() && port.chars().all(|c| c.is_ascii_digit());
    (is_address || host.split('.').all(is_label)) && port.is_none_or(is_port)
}

/// Checks what an alias stands for: a registry and a repository, without a tag.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn name_in_registry(name: &str) -> Result<(), &'static str> {
    refuse_tag(name)?;
    match name.split_once('/') {
        Some((domain, path)) if is_domain(domain) && is_registry(domain) && is_path(path) => Ok(()),
        _ => Err("must contain registry and repository"),
    }
}

/// Checks a short name: a repository without a registry and a tag.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn short_name(name: &str) -> Result<(), &'static str> {
    refuse_tag(name)?;
    match name.split_once('/') {
        Some((first, _)) if is_registry(first) => Err("must not contain a registry"),
        _ if is_path(name) => Ok(()),
        _ => Err("is no name of a repository"),
    }
}

fn refuse_tag(name: &str) -> Result<(), &'static str> {
    if name.contains('@') {
        return Err("must not contain a digest");
    }
    match name.rsplit('/').next() {
        Some(last) if last.contains(':') => Err("must not contain a tag"),
        _ => Ok(()),
    }
}

/// How a registry is told from the first part of a repository.
fn is_registry(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost"
}

fn is_path(path: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c))
            && part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.ends_with(|c: char| c.is_ascii_alphanumeric())
    };
    path.split('/').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for host in ["docker.io", "localhost:1", "a", "[2001:db8::1]:5000", "10.0.0.1", "A-b.c"] {
            assert!(is_domain(host), "{host}");
        }
        for host in ["", "a/b", "a:b", "-a", "a..b", "a:", "[::1", "*.b", "ü"] {
            assert!(!is_domain(host), "{host}");
        }
    }

    #[test]
    fn names() {
        assert_eq!(name_in_registry("quay.io/x/foo"), Ok(()));
        assert!(name_in_registry("bar").is_err() && name_in_registry("x/y").is_err());
        assert!(name_in_registry("quay.io/X").is_err() && name_in_registry("quay.io/x@sha256:00").is_err());
        assert_eq!(short_name("ubi8/ubi-minimal"), Ok(()));
        assert!(short_name("quay.io/x").is_err() && short_name("x:1").is_err() && short_name("").is_err());
    }
}
