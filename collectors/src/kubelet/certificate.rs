//! Certificates: who they are for, and until when.

use jiff::Timestamp;
use plimsoll_engine::snapshot::GapReason;
use schemars::JsonSchema;
use serde::Serialize;
use x509_cert::Certificate as X509;
use x509_cert::der::DecodePem;
use x509_cert::time::Time;

use crate::fact::{Fact, Unknown};
use crate::host::Host;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// How much of a file is read at most, in bytes.
const CAP: usize = 1 << 20;

/// A certificate; of a bundle the first.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Certificate {
    /// The file that holds it.
    pub path: String,
    /// Whom it is for: `CN=system:node:node-7,O=system:nodes`.
    ///
    /// Source: the certificate's subject
    pub subject: Fact<String>,
    /// Who signed it.
    ///
    /// Source: the certificate's issuer
    pub issuer: Fact<String>,
    /// From when on it is valid, RFC 3339.
    ///
    /// Source: the certificate's validity
    pub not_before: Fact<String>,
    /// Until when it is valid, RFC 3339.
    ///
    /// Source: the certificate's validity
    pub not_after: Fact<String>,
    /// How long it is valid yet; negative if it has expired.
    ///
    /// Unit: days
    /// Source: the certificate's validity, the time of the scan
    pub days_left: Fact<i64>,
    /// Whether it has expired.
    ///
    /// Source: the certificate's validity, the time of the scan
    pub expired: Fact<bool>,
}

impl Certificate {
    /// The certificate in the file at `path`; absent if the file is not there.
    pub(super) fn read(host: &Host, path: &str) -> Fact<Self> {
        let text = Fact::from(host.read_capped(path, CAP));
        text.map(|bytes| Self::of(path, &String::from_utf8_lossy(&bytes), Timestamp::now()))
    }

    /// The first certificate of `text`, which may hold private keys as well: they are not looked at.
    pub(super) fn of(path: &str, text: &str, now: Timestamp) -> Self {
        let parsed =
            first_block(text).and_then(|block| X509::from_pem(block).map_err(|error| error.to_string()));
        match parsed {
            Ok(certificate) => Self::known(path, &certificate, now),
            Err(message) => Self::unknown(path, &Unknown::malformed(path, message)),
        }
    }

    fn known(path: &str, certificate: &X509, now: Timestamp) -> Self {
        let certificate = &certificate.tbs_certificate;
        let not_after = timestamp(path, certificate.validity.not_after);
        let seconds_left = not_after.as_ref().map(|end| end.as_second() - now.as_second());
        Self {
            path: path.to_owned(),
            subject: Fact::Known(certificate.subject.to_string()),
            issuer: Fact::Known(certificate.issuer.to_string()),
            not_before: timestamp(path, certificate.validity.not_before).map(|time| time.to_string()),
            not_after: not_after.map(|time| time.to_string()),
            days_left: seconds_left.as_ref().map(|seconds| seconds.div_euclid(24 * 60 * 60)),
            expired: seconds_left.map(|seconds| seconds < 0),
        }
    }

    fn unknown(path: &str, unknown: &Unknown) -> Self {
        fn gap<T>(unknown: &Unknown) -> Fact<T> {
            Fact::Gap(unknown.clone())
        }
        Self {
            path: path.to_owned(),
            subject: gap(unknown),
            issuer: gap(unknown),
            not_before: gap(unknown),
            not_after: gap(unknown),
            days_left: gap(unknown),
            expired: gap(unknown),
        }
    }
}

fn first_block(text: &str) -> Result<String, String> {
    let from = text.find(BEGIN).ok_or("the file holds no certificate in PEM form")?;
    let rest = text.get(from..).unwrap_or_default();
    let to = rest.find(END).ok_or("the certificate has no end")?;
    Ok(rest.get(..to + END.len()).unwrap_or_default().to_owned() + "\n")
}

fn timestamp(path: &str, time: Time) -> Fact<Timestamp> {
    let seconds = i64::try_from(time.to_unix_duration().as_secs());
    let timestamp = seconds.ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let beyond = || Unknown::new(GapReason::Unsupported, path, "the time is out of range");
    timestamp.map_or_else(|| Fact::Gap(beyond()), Fact::Known)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `openssl req -x509 -days 365 -subj /O=system:nodes/CN=system:node:node-7`; the key is a text.
    const PEM: &str = include_str!("testdata/kubelet-client-current.pem");

    #[test]
    fn a_certificate_says_whom_it_is_for_and_until_when() {
        let at = |time: &str| Certificate::of("/c.pem", PEM, time.parse().unwrap());
        let certificate = at("2026-06-01T00:00:00Z");
        assert_eq!(certificate.subject, Fact::Known("CN=system:node:node-7,O=system:nodes".to_owned()));
        assert_eq!(certificate.not_after, Fact::Known("2027-01-01T00:00:00Z".to_owned()));
        assert_eq!((certificate.days_left, certificate.expired), (Fact::Known(214), Fact::Known(false)));
        let certificate = at("2027-01-01T00:00:01Z");
        assert_eq!((certificate.days_left, certificate.expired), (Fact::Known(-1), Fact::Known(true)));
    }

    #[test]
    fn what_is_no_certificate_is_a_gap() {
        let cut = PEM.replace("MI", "--");
        for text in ["", BEGIN, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &cut] {
            let certificate = Certificate::of("/c.pem", text, Timestamp::UNIX_EPOCH);
            assert!(matches!(certificate.not_after, Fact::Gap(_)), "{text}");
        }
    }
}
