//! The octal escapes of the kernel's and fstab's tables.

use std::borrow::Cow;

/// `field` with `\040` and its like turned back into the bytes that they stand for.
///
/// The tables are separated by spaces, so a space, tab, newline or backslash inside a field is written as
/// a backslash and three octal digits. Anything else after a backslash stays as it is. What is not UTF-8
/// afterwards becomes U+FFFD.
pub(crate) fn unescape(field: &str) -> Cow<'_, str> {
    if !field.contains('\\') {
        return Cow::Borrowed(field);
    }
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        match (*first == b'\\').then(|| octal(after)).flatten() {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// The byte that the first three octal digits stand for.
fn octal(digits: &[u8]) -> Option<u8> {
    let digits = digits.get(..3)?;
    let value = digits.iter().try_fold(0_u16, |value, digit| match digit {
        b'0'..=b'7' => Some(value * 8 + u16::from(digit - b'0')),
        _ => None,
    })?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_the_bytes_they_stand_for() {
        assert_eq!(unescape(r"/mnt/a\040b\011c\012d\134e\043"), "/mnt/a b\tc\nd\\e#");
        assert_eq!(unescape(r"/mnt/\303\274ber"), "/mnt/über");
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in [r"/a\", r"/a\04", r"/a\x40", r"/a\400", r"/a\089", r"lowerdir=/a\:b"] {
            assert_eq!(unescape(text), text);
        }
        assert!(matches!(unescape("/plain"), Cow::Borrowed(_)));
    }

    #[test]
    fn an_escape_is_decoded_once() {
        assert_eq!(unescape(r"\134040"), r"\040");
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(unescape(r"/a\377b"), "/a\u{fffd}b");
    }
}
