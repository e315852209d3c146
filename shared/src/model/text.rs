//! What all newtypes over text share: one error, and one way into serde and the schemas.

/// A piece of text that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {given:?}: {expected}")]
pub struct ParseError {
    /// What was being read: `device name`, `product version`.
    pub what: &'static str,
    /// The text given, cut at 64 characters.
    pub given: String,
    /// What would have been right.
    pub expected: &'static str,
}

impl ParseError {
    /// An error for `given`, which was to be a `what` and should have been `expected`.
    pub(crate) fn new(what: &'static str, given: &str, expected: &'static str) -> Self {
        Self { what, given: given.chars().take(64).collect(), expected }
    }
}

/// Gives a type with `FromStr` and `Display` its serde and schema forms as a JSON string.
macro_rules! as_json_string {
    ($name:ident, $description:literal) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $description })
            }
        }
    };
}

/// A newtype over text: `parse` checks and normalises, everything else follows.
macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident, $description:literal, $parse:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text in its normal form.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::model::ParseError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $parse(text).map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        $crate::model::text::as_json_string!($name, $description);
    };
}

pub(crate) use as_json_string;
pub(crate) use text_newtype;
