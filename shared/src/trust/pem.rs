//! PEM, strictly: one block of the wanted kind and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use std::fmt::Write as _;

/// The block `label` with these bytes.
pub(super) fn encode(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for (index, character) in STANDARD.encode(der).chars().enumerate() {
        if index > 0 && index % LINE == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    // Writing into a String cannot fail.
    let _ = writeln!(text, "\n-----END {label}-----");
    text
}

/// The bytes of the only block in `text`, which must be a `label`.
pub(super) fn decode(label: &str, text: &str) -> Result<Vec<u8>, String> {
    if text.len() > LIMIT {
        return Err(format!("it is longer than {LIMIT} characters"));
    }
    let body = text
        .trim()
        .strip_prefix(&format!("-----BEGIN {label}-----"))
        .and_then(|rest| rest.strip_suffix(&format!("-----END {label}-----")))
        .ok_or_else(|| format!("expected exactly one PEM block '{label}'"))?;
    let bare: String = body.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    STANDARD.decode(bare).map_err(|_| format!("the PEM block '{label}' is not base64"))
}

const LINE: usize = 64;
const LIMIT: usize = 16 * 1024;
