//! What the forms are filled in with, and how it becomes what the desk takes.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::model::code::as_typed;
use shared::model::{
    ContactMethod, ProductType, Purchase, Registrant, RegistrantText, RequestId, RetailCode, ServerName, ServerRef, VolumeProgram,
};
use shared::rulebook::rule;
use shared::wire::clearinghouse::Wanted;
use shared::wire::desk::{IssuePack, OfferRequest, Register};
use shared::wire::problem::{Problem, ProblemCode};

/// Activation, and activation again.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Activation {
    pub(super) request: String,
    pub(super) name: String,
    pub(super) product_id: String,
    pub(super) key_text: String,
    pub(super) certificate_request: String,
    pub(super) reason: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    pub(super) company: String,
    pub(super) country: String,
    pub(super) email: String,
    pub(super) unit: String,
    pub(super) address: String,
    pub(super) city: String,
    pub(super) state: String,
    pub(super) postal_code: String,
}

/// A pack.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Install {
    pub(super) request: String,
    pub(super) server: String,
    pub(super) program: String,
    pub(super) code: String,
    pub(super) number: String,
    pub(super) authorization: String,
    pub(super) version: String,
    pub(super) product_type: String,
    pub(super) quantity: String,
}

/// The transition offer.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Offer {
    pub(super) request: String,
    pub(super) license_type: String,
    pub(super) email: String,
    pub(super) email_again: String,
    pub(super) keys: String,
}

/// A mailbox.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Mailbox {
    pub(super) email: String,
    pub(super) key: String,
}

/// A certificate.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Certificate {
    pub(super) product_id: String,
}

impl Activation {
    pub(super) fn register(&self) -> Result<Register, Problem> {
        Ok(Register {
            request: request(&self.request)?,
            method: ContactMethod::Web,
            name: parsed::<ServerName>("name", &self.name)?,
            product_id: parsed("Product ID", &self.product_id)?,
            key_text: self.key_text.clone(),
            registrant: self.registrant()?,
            certificate_request: filled(&self.certificate_request).map(str::to_owned),
            reason: filled(&self.reason).map(|reason| parsed("reason", reason)).transpose()?,
            papers: Vec::new(),
        })
    }

    fn registrant(&self) -> Result<Registrant, Problem> {
        let text = |what, value: &str| filled(value).map(|value| parsed::<RegistrantText>(what, value)).transpose();
        Ok(Registrant {
            first_name: text("first name", &self.first_name)?,
            last_name: text("last name", &self.last_name)?,
            company: text("company", &self.company)?,
            country: text("country", &self.country)?,
            email: text("e-mail address", &self.email)?,
            unit: text("unit", &self.unit)?,
            address: text("address", &self.address)?,
            city: text("city", &self.city)?,
            state: text("state", &self.state)?,
            postal_code: text("postal code", &self.postal_code)?,
        })
    }
}

impl Install {
    pub(super) fn issue(&self) -> Result<IssuePack, Problem> {
        let purchase = self.purchase()?;
        let wanted = match purchase {
            Purchase::Retail { .. } => None,
            Purchase::Open { .. } | Purchase::Volume { .. } | Purchase::Other { .. } => Some(self.wanted()?),
        };
        let (request, server) = (request(&self.request)?, server(&self.server)?);
        Ok(IssuePack { request, method: ContactMethod::Web, server, purchase, wanted })
    }

    fn purchase(&self) -> Result<Purchase, Problem> {
        let authorization = || parsed("authorization number", &as_typed(&self.authorization));
        let volume =
            |agreement| Ok(Purchase::Volume { agreement, enrollment: parsed("number", &self.number)?, authorization: authorization()? });
        match self.program.as_str() {
            "retail" => Ok(Purchase::Retail { code: parsed("retail license code", &as_typed(&self.code))? }),
            "open" => Ok(Purchase::Open { license: parsed("number", &self.number)?, authorization: authorization()? }),
            "select" => volume(VolumeProgram::Select),
            "enterprise" => volume(VolumeProgram::Enterprise),
            "campus" => volume(VolumeProgram::Campus),
            "school" => volume(VolumeProgram::School),
            "services-provider" => volume(VolumeProgram::ServicesProvider),
            "other" => Ok(Purchase::Other { agreement: parsed("number", &self.number)?, authorization: authorization()? }),
            _ => Err(Problem::new(ProblemCode::Invalid, "choose how the CALs were bought").under(&[rule::AC_08])),
        }
    }

    fn wanted(&self) -> Result<Wanted, Problem> {
        let product_type = if self.product_type == "user" { ProductType::User } else { ProductType::Device };
        let quantity = self.quantity.trim().parse();
        let quantity =
            quantity.map_err(|_| Problem::new(ProblemCode::Invalid, "quantity: a whole number, 1 to 9999").under(&[rule::AC_08]))?;
        Ok(Wanted { version: parsed("product version", &self.version)?, product_type, quantity })
    }
}

impl Offer {
    pub(super) fn offer(&self) -> Result<OfferRequest, Problem> {
        let invalid = |detail: &str| Problem::new(ProblemCode::Invalid, detail).under(&[rule::WS03_14]);
        if !["retail", "oem"].contains(&self.license_type.as_str()) {
            return Err(invalid("choose the license type: retail, or with a computer (OEM)"));
        }
        if self.email.trim() != self.email_again.trim() {
            return Err(invalid("the two e-mail addresses differ"));
        }
        let typed: Vec<&str> = self.keys.lines().map(str::trim).filter(|key| !key.is_empty()).collect();
        if typed.is_empty() || typed.len() > 100 {
            return Err(invalid("type 1 to 100 product keys, one a line"));
        }
        let key = |key: &&str| parsed::<RetailCode>("product key", &as_typed(key));
        Ok(OfferRequest {
            request: request(&self.request)?,
            email: parsed("e-mail address", &self.email)?,
            keys: typed.iter().map(key).collect::<Result<_, _>>()?,
        })
    }
}

/// A License Server ID or a Product ID, as typed.
fn server(typed: &str) -> Result<ServerRef, Problem> {
    let trimmed = typed.trim();
    trimmed.parse().or_else(|_| parsed("License Server ID", &as_typed(trimmed)))
}

/// The form's own id, so that one sent twice does nothing twice.
fn request(hidden: &str) -> Result<RequestId, Problem> {
    if hidden.is_empty() { Ok(chassis::random::request_id()) } else { parsed("request", hidden) }
}

pub(super) fn parsed<T: std::str::FromStr<Err = shared::model::ParseError>>(what: &str, value: &str) -> Result<T, Problem> {
    value.trim().parse().map_err(|error: shared::model::ParseError| Problem::new(ProblemCode::Invalid, format!("{what}: {error}")))
}

fn filled(value: &str) -> Option<&str> {
    Some(value.trim()).filter(|value| !value.is_empty())
}
