//! Texts that are made of lines, with a limit: a target is to be fast, and a fuzzer makes long ones.

/// The text in what came, where it is one, line by line. A line that ends in a carriage return is none of ours: whoever reads lines takes
/// that for a part of the line's end, so that it would not come back as it was.
pub(crate) fn lines(data: &[u8]) -> Option<Vec<&str>> {
    let text = std::str::from_utf8(data).ok()?;
    let lines: Vec<&str> = text.lines().collect();
    (lines.len() <= MOST && !lines.iter().any(|line| line.ends_with('\r'))).then_some(lines)
}

const MOST: usize = 200;
