//! Making the root, certificate requests, activation certificates and self-signed ones (CE-09, CE-13, CE-14).

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyUsagePurpose, PKCS_ED25519, PublicKeyData, SerialNumber, SignatureAlgorithm,
};

use super::read::{KeyHolder, ORGANIZATION, ROOT_UNIT};
use super::{Certificate, Period, Root, Serial, ServerCertificate, SigningKey, TrustError};
use crate::model::{LabTime, ProductId, PublicKey, ServerName, Span};

/// A root certificate: the clearinghouse vouching for itself under a key that does nothing else (CE-13).
///
/// # Errors
/// If the period is empty or the library refuses.
pub fn make_root(key: &SigningKey, name: &ServerName, serial: Serial, period: Period) -> Result<Certificate, TrustError> {
    let mut params = blank(serial, period, "root certificate")?;
    params.distinguished_name = root_name(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let made = params.self_signed(key.pair()).map_err(|error| making("root certificate", &error))?;
    let certificate = Certificate::from_der(made.der().to_vec());
    Root::from_certificate(certificate.clone())?;
    Ok(certificate)
}

/// A PKCS#10 certificate request for `key` under `name`, PEM. It asks for nothing but that (AC-11).
///
/// # Errors
/// If the library refuses.
pub fn certificate_request(key: &SigningKey, name: &ServerName, product_id: &ProductId) -> Result<String, TrustError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = server_name(name, product_id);
    let made = params.serialize_request(key.pair()).and_then(|request| request.pem());
    made.map_err(|error| making("certificate request", &error))
}

/// An activation certificate: the root vouching for a license server's name, Product ID and key (AC-14, CE-13).
///
/// # Errors
/// If the root key is not the root's, the period is empty or not inside the root's, or the library refuses.
pub fn make_activation_certificate(
    root: &Root,
    root_key: &SigningKey,
    subject: &KeyHolder,
    serial: Serial,
    period: Period,
) -> Result<Certificate, TrustError> {
    const WHAT: &str = "activation certificate";
    if period.from < root.period().from || period.until > root.period().until {
        return Err(TrustError::unacceptable(WHAT, "its period does not lie inside the root's"));
    }
    let mut params = server_params(&subject.name, &subject.product_id, serial, period, WHAT)?;
    params.use_authority_key_identifier_extension = true;
    let mut issuer = CertificateParams::default();
    issuer.distinguished_name = root_name(root.name());
    let issuer = Issuer::from_params(&issuer, root_key.pair());
    let made = params.signed_by(&Subject(subject.key), &issuer).map_err(|error| making(WHAT, &error))?;
    let certificate = Certificate::from_der(made.der().to_vec());
    ServerCertificate::under_root(root, certificate.clone())?;
    Ok(certificate)
}

/// What a license server signs temporaries with before it is activated: its own word for its own key (CE-09, CE-14).
///
/// # Errors
/// If the period is empty or the library refuses.
pub fn make_self_signed(
    key: &SigningKey,
    name: &ServerName,
    product_id: &ProductId,
    serial: Serial,
    period: Period,
) -> Result<Certificate, TrustError> {
    const WHAT: &str = "self-signed certificate";
    let params = server_params(name, product_id, serial, period, WHAT)?;
    let made = params.self_signed(key.pair()).map_err(|error| making(WHAT, &error))?;
    let certificate = Certificate::from_der(made.der().to_vec());
    ServerCertificate::self_signed(certificate.clone())?;
    Ok(certificate)
}

/// The parameters of a license server's certificate: what it may do is the lab's decision, whatever was asked for.
fn server_params(
    name: &ServerName,
    product_id: &ProductId,
    serial: Serial,
    period: Period,
    what: &'static str,
) -> Result<CertificateParams, TrustError> {
    let mut policies = CustomExtension::from_oid_content(&POLICIES_EXTENSION, POLICIES_DER.to_vec());
    policies.set_criticality(true);
    let mut params = blank(serial, period, what)?;
    params.distinguished_name = server_name(name, product_id);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(LICENSING_PURPOSE.to_vec())];
    params.custom_extensions = vec![policies];
    Ok(params)
}

/// Parameters with a serial number and a period. NotAfter is inclusive, so it is the second before the end.
fn blank(serial: Serial, period: Period, what: &'static str) -> Result<CertificateParams, TrustError> {
    if period.until <= period.from {
        return Err(TrustError::unacceptable(what, "it would end before it begins"));
    }
    let last: LabTime = period.until - Span::seconds(1);
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(serial.as_bytes()));
    params.not_before = period.from.calendar();
    params.not_after = last.calendar();
    Ok(params)
}

fn root_name(name: &ServerName) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, ORGANIZATION);
    subject.push(DnType::OrganizationalUnitName, ROOT_UNIT);
    subject.push(DnType::CommonName, name.as_str());
    subject
}

fn server_name(name: &ServerName, product_id: &ProductId) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, ORGANIZATION);
    subject.push(DnType::CommonName, name.as_str());
    subject.push(DnType::CustomDnType(SERIAL_NUMBER_ATTRIBUTE.to_vec()), product_id.as_str());
    subject
}

fn making(what: &'static str, error: &rcgen::Error) -> TrustError {
    TrustError::Making { what, reason: error.to_string() }
}

/// Somebody else's public key, for the certificate library.
struct Subject(PublicKey);

impl PublicKeyData for Subject {
    fn der_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ED25519
    }
}

/// The attribute that carries the Product ID in a subject.
const SERIAL_NUMBER_ATTRIBUTE: [u64; 4] = [2, 5, 4, 5];
/// certificatePolicies.
const POLICIES_EXTENSION: [u64; 4] = [2, 5, 29, 32];
/// The extended key usage "signs terminal server licenses of a lab", under the arc that is reserved for documentation.
const LICENSING_PURPOSE: [u64; 9] = [1, 3, 6, 1, 4, 1, 32473, 7, 2];
/// One policy without qualifiers, 1.3.6.1.4.1.32473.7.1: "good inside a lab only".
const POLICIES_DER: [u8; 16] = [0x30, 0x0E, 0x30, 0x0C, 0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x81, 0xFD, 0x59, 0x07, 0x01];
