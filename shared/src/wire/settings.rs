//! Settings and the change of some of them, which are one list of switches.

/// Makes a structure of settings, and the one in which each of them may be named to be changed, from one list.
macro_rules! settings {
    (
        $(#[$about:meta])* $settings:ident
        $(#[$about_change:meta])* $change:ident {
            $($(#[$says:meta])* $field:ident: $kind:ty,)*
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub struct $settings {
            $($(#[$says])* pub $field: $kind,)*
        }

        $(#[$about_change])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $change {
            $(
                $(#[$says])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$kind>,
            )*
        }

        impl $settings {
            /// These settings with what is named changed.
            #[must_use]
            pub fn with(&self, change: &$change) -> Self {
                Self { $($field: change.$field.clone().unwrap_or_else(|| self.$field.clone()),)* }
            }
        }
    };
}
pub(super) use settings;
