//! The shape of typed codes: groups of five characters, each with a check character of its own (AC-02 to AC-04, AC-17, AC-22).
//!
//! Four characters of a group carry 19 bits, the fifth is the check. The alphabet has 31 characters, which is a prime: with
//! the places of a group weighted 1 to 5, the weighted sum modulo 31 notices every single wrong character (a weight times a
//! difference is never 0 modulo a prime) and every swap of two different neighbours (their weights differ by 1). A swap
//! across the border of two groups is a single wrong character in each of the two, so both are named. What the sum has to be
//! depends on the place of the group and on the kind of code, so groups in the wrong order are noticed, and a code typed into
//! the field of another kind.

use std::fmt;
use std::str::FromStr;

use super::ParseError;
use super::text::as_json_string;

/// The characters of typed codes: digits and capitals without 0, 1, I, L and O. Their number is a prime.
pub const CODE_ALPHABET: [u8; 31] = *b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// What a group carries.
pub const GROUP_BITS: u32 = 19;

/// The kinds of typed codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeKind {
    /// What activation by web or telephone gives: 7 groups (AC-02).
    LicenseServerId,
    /// What stands for a pack that was bought by web or telephone: 7 groups (AC-03).
    KeyPackId,
    /// What is printed in a retail package, and what a token of the transition offer is: 5 groups (AC-04).
    Retail,
    /// What a deactivation by telephone takes: 4 groups (AC-22).
    Confirmation,
    /// A license server's key agreement key with a check of its Product ID: 14 groups.
    KeyText,
}

impl CodeKind {
    /// All kinds.
    pub const ALL: [CodeKind; 5] =
        [CodeKind::LicenseServerId, CodeKind::KeyPackId, CodeKind::Retail, CodeKind::Confirmation, CodeKind::KeyText];

    /// How many groups of five it has.
    #[must_use]
    pub fn groups(self) -> usize {
        match self {
            CodeKind::LicenseServerId | CodeKind::KeyPackId => 7,
            CodeKind::Retail => 5,
            CodeKind::Confirmation => 4,
            CodeKind::KeyText => 14,
        }
    }

    /// What people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            CodeKind::LicenseServerId => "License Server ID",
            CodeKind::KeyPackId => "license key pack ID",
            CodeKind::Retail => "retail license code",
            CodeKind::Confirmation => "confirmation code",
            CodeKind::KeyText => "key text",
        }
    }

    /// What the weighted sum of the group at `place` (from 0) has to be, modulo 31.
    fn wanted(self, place: usize) -> u32 {
        let kind = match self {
            CodeKind::LicenseServerId => 3,
            CodeKind::KeyPackId => 8,
            CodeKind::Retail => 14,
            CodeKind::Confirmation => 21,
            CodeKind::KeyText => 26,
        };
        let place = u32::try_from(place).unwrap_or(0);
        // The factor keeps a kind's groups apart from those of the kinds beside it: 14 places, steps of 2, all distinct.
        (kind + 2 * place) % PRIME
    }
}

/// A typed code that is not right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistyped {
    /// What it was to be.
    pub kind: CodeKind,
    /// What is wrong with it.
    pub fault: CodeFault,
}

/// What can be wrong with a typed code before anybody asks for whom it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeFault {
    /// It has not the right number of characters.
    Length(usize),
    /// These groups, counted from 1, hold a wrong character or two that were swapped.
    Groups(Vec<usize>),
    /// It is a right code of another kind.
    Kind(CodeKind),
}

impl fmt::Display for Mistyped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (title, groups) = (self.kind.title(), self.kind.groups());
        match &self.fault {
            CodeFault::Length(given) => {
                write!(formatter, "a {title} has {} letters and digits, {groups} groups of five; {given} were given", groups * 5)
            }
            CodeFault::Groups(faulty) => match faulty.as_slice() {
                [one] => write!(formatter, "the {title} is mistyped in group {one}: a character in it is wrong, or two were swapped"),
                several => {
                    let names: Vec<String> = several.iter().map(ToString::to_string).collect();
                    write!(
                        formatter,
                        "the {title} is mistyped in groups {}: a character in each is wrong, or characters were swapped",
                        names.join(" and ")
                    )
                }
            },
            CodeFault::Kind(other) => write!(formatter, "this is a {}, not a {title}", other.title()),
        }
    }
}

/// What a person typed, without hyphens and blanks, in capitals.
#[must_use]
pub fn as_typed(text: &str) -> String {
    text.chars().filter(|c| *c != '-' && !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect()
}

/// A code in groups of five, as people read it.
#[must_use]
pub fn in_fives(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// Writes groups of 19 bits as a code; higher bits are left out.
#[must_use]
pub fn write_groups(kind: CodeKind, groups: impl IntoIterator<Item = u32>) -> String {
    let mut code = String::with_capacity(kind.groups() * 5);
    for (place, group) in groups.into_iter().enumerate() {
        let digits = digits_of(group & GROUP_MASK);
        let sum: u32 = digits.iter().zip(1..).map(|(digit, weight)| digit * weight).sum();
        // 25 is the inverse of 5 modulo 31: the check character makes the sum what it has to be.
        let check = (PRIME + kind.wanted(place) - sum % PRIME) * 25 % PRIME;
        code.extend(digits.into_iter().chain([check]).map(letter));
    }
    code
}

/// Reads a code of capitals without hyphens into groups of 19 bits.
///
/// # Errors
/// Which groups are mistyped.
pub fn read_groups(kind: CodeKind, code: &str) -> Result<Vec<u32>, Mistyped> {
    let count = code.chars().count();
    if count != kind.groups() * 5 {
        return Err(Mistyped { kind, fault: CodeFault::Length(count) });
    }
    let digits: Vec<Option<u32>> = code.chars().map(digit).collect();
    let read: Vec<Option<u32>> = digits.chunks(5).enumerate().map(|(place, group)| read_group(kind, place, group)).collect();
    let faulty: Vec<usize> = read.iter().zip(1..).filter(|(group, _)| group.is_none()).map(|(_, place)| place).collect();
    if faulty.is_empty() {
        return Ok(read.into_iter().flatten().collect());
    }
    let other = CodeKind::ALL
        .into_iter()
        .filter(|other| *other != kind && other.groups() == kind.groups())
        .find(|other| digits.chunks(5).enumerate().all(|(place, group)| read_group(*other, place, group).is_some()));
    Err(Mistyped { kind, fault: other.map_or(CodeFault::Groups(faulty), CodeFault::Kind) })
}

fn read_group(kind: CodeKind, place: usize, group: &[Option<u32>]) -> Option<u32> {
    let &[Some(a), Some(b), Some(c), Some(d), Some(check)] = group else { return None };
    if (a + 2 * b + 3 * c + 4 * d + 5 * check) % PRIME != kind.wanted(place) {
        return None;
    }
    let value = ((a * PRIME + b) * PRIME + c) * PRIME + d;
    (value <= GROUP_MASK).then_some(value)
}

fn digits_of(value: u32) -> [u32; 4] {
    [value / (PRIME * PRIME * PRIME), value / (PRIME * PRIME) % PRIME, value / PRIME % PRIME, value % PRIME]
}

fn letter(digit: u32) -> char {
    let index = usize::try_from(digit).unwrap_or(0);
    CODE_ALPHABET.get(index).copied().map_or('2', char::from)
}

fn digit(letter: char) -> Option<u32> {
    let at = u8::try_from(letter).ok().and_then(|byte| PLACES.get(usize::from(byte)).copied()).unwrap_or(u8::MAX);
    (at != u8::MAX).then_some(u32::from(at))
}

/// Random groups of a code; `bytes` are taken four to a group.
pub(super) fn random_groups(kind: CodeKind, bytes: &[u8]) -> String {
    let value = |four: &[u8]| four.iter().fold(0u32, |value, byte| value << 8 | u32::from(*byte));
    write_groups(kind, bytes.chunks(4).take(kind.groups()).map(value))
}

/// A newtype over the strict form of a code: capitals without hyphens.
macro_rules! typed_code {
    ($(#[$doc:meta])* $name:ident, $kind:expr, $description:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The code as it is entered, without hyphens.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The code as a person reads it, in groups of five.
            #[must_use]
            pub fn in_fives(&self) -> String {
                in_fives(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseError;

            /// Takes the form, not the check characters: those name their groups when the code is used.
            fn from_str(text: &str) -> Result<Self, ParseError> {
                let good = text.len() == $kind.groups() * 5 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
                if good { Ok(Self(text.to_owned())) } else { Err(ParseError::new($kind.title(), text, $description)) }
            }
        }

        as_json_string!($name, $description);
    };
}

typed_code!(
    /// What activation by web or telephone gives (AC-02).
    LicenseServerId,
    CodeKind::LicenseServerId,
    "35 capital letters and digits, without hyphens"
);

typed_code!(
    /// What a deactivation by telephone takes (AC-22).
    ConfirmationCode,
    CodeKind::Confirmation,
    "20 capital letters and digits, without hyphens"
);

/// The place of each byte in the alphabet; 255 where it has none.
#[expect(clippy::indexing_slicing, reason = "a constant: an index outside of it would not compile")]
const PLACES: [u8; 256] = {
    let mut places = [u8::MAX; 256];
    let mut at = 0;
    let mut left: &[u8] = &CODE_ALPHABET;
    while let [letter, rest @ ..] = left {
        places[*letter as usize] = at;
        at += 1;
        left = rest;
    }
    places
};

const PRIME: u32 = 31;
const GROUP_MASK: u32 = (1 << GROUP_BITS) - 1;
