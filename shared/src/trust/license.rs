//! CALs as signed tokens: what a device stores and a terminal server opens (CE-04, CE-13, CE-14, PD-21 to PD-23).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::token::{ALGORITHM, Token, encode_part, seal};
use super::{Anchors, Flaw, KeyHolder, ServerCertificate, SigningKey, TrustError};
use crate::model::{Cal, CalId, LicenseServerId, ServerName};

/// A license server's seal: its key and its certificate, with the header of its licenses encoded once.
#[derive(Clone, Debug)]
pub struct LicenseSealer {
    key: SigningKey,
    header: String,
}

impl LicenseSealer {
    /// The seal of the holder of `key`.
    ///
    /// # Errors
    /// If the certificate is for another key.
    pub fn new(key: &SigningKey, certificate: &ServerCertificate) -> Result<Self, TrustError> {
        Self::activated_by(key, certificate, None)
    }

    /// The same of a server that was activated by a typed code: its licenses say so, since its self-signed certificate does
    /// not (CE-15).
    ///
    /// # Errors
    /// As [`LicenseSealer::new`].
    pub fn activated_by(key: &SigningKey, certificate: &ServerCertificate, id: Option<&LicenseServerId>) -> Result<Self, TrustError> {
        if certificate.holder().key != key.public() {
            return Err(TrustError::unacceptable("certificate", "it is for another key"));
        }
        let chain = vec![STANDARD.encode(certificate.certificate().der())];
        let header = Header { alg: ALGORITHM.to_owned(), typ: LICENSE_TYPE.to_owned(), x5c: chain, lsid: id.cloned() };
        Ok(Self { key: key.clone(), header: encode_part(&header)? })
    }

    /// The signed form of a CAL. The same CAL always gives the same token.
    ///
    /// # Errors
    /// If the key does not sign, which an accepted key does.
    pub fn seal_license(&self, cal: &Cal) -> Result<String, TrustError> {
        seal(&self.header, &Claims::of(cal), &self.key)
    }
}

/// The CAL in a license that somebody whom `anchors` know has signed.
///
/// ```
/// use shared::model::*;
/// use shared::trust::*;
///
/// // A license server that nobody has activated vouches for itself.
/// let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519)?;
/// let key = SigningKey::from_pkcs8_der(&pair.serialize_der())?;
/// let name: ServerName = "LS1".parse()?;
/// let period = Period { from: LabTime::from_unix(0), until: "2050-01-01T00:00:00Z".parse()? };
/// let certificate = make_self_signed(&key, &name, &ProductId::from_random([3; 20]), Serial::from_random([4; 16]), period)?;
/// let seal = LicenseSealer::new(&key, &ServerCertificate::self_signed(certificate)?)?;
/// let temporary = Cal {
///     id: CalId::from_random([7; 16]),
///     kind: CalKind::Temporary,
///     version: ProductVersion::V5_2,
///     issuer: name.clone(),
///     device: "PC01".parse()?,
///     user: "anna".parse()?,
///     hardware_id: HardwareId::new(1, [9; 16]),
///     issued_at: "2026-11-23T14:00:00Z".parse()?,
///     expires_at: "2027-02-21T14:00:00Z".parse()?,
///     origin: Origin::Minted,
/// };
/// let token = seal.seal_license(&temporary)?;
///
/// let mut anchors = Anchors::default();
/// assert!(matches!(open_license(&token, &anchors), Err(Flaw::Untrusted(_))), "a stranger's");
/// anchors.set_pin(name, key.public());
/// assert_eq!(open_license(&token, &anchors), Ok(temporary));
/// assert!(matches!(open_license(&token[1..], &anchors), Err(Flaw::Damaged(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
///
/// Only proof is judged here: whether the CAL holds now, covers the product and belongs to the device is policy's. The
/// chain is judged at the moment of the CAL's issue, so it outlives its certificate (AC-26).
///
/// # Errors
/// [`Flaw::Untrusted`] for a wrong `alg`, a chain that leads nowhere, the certificate of another server than the one the
/// license names, or one that did not hold at its issue; [`Flaw::Damaged`] for everything else.
pub fn open_license(token: &str, anchors: &Anchors) -> Result<Cal, Flaw> {
    let token = Token::parse(token).map_err(Flaw::Damaged)?;
    if token.algorithm().map_err(Flaw::Damaged)?.as_deref() != Some(ALGORITHM) {
        return Err(Flaw::Untrusted(format!("its algorithm is not {ALGORITHM}")));
    }
    let header: Header = token.header().map_err(Flaw::Damaged)?;
    if header.typ != LICENSE_TYPE {
        return Err(Flaw::Damaged(format!("it is a token of type {:?}, not a license", header.typ)));
    }
    let claims: Claims = token.claims().map_err(Flaw::Damaged)?;
    let [leaf] = header.x5c.as_slice() else {
        return Err(Flaw::Untrusted("its chain does not consist of one license server's certificate".to_owned()));
    };
    let leaf = anchors.certificate(leaf).map_err(Flaw::Untrusted)?;
    anchors.check_issuer(&leaf, &claims.license, header.lsid.is_some()).map_err(Flaw::Untrusted)?;
    if claims.iss != leaf.holder().name {
        return Err(Flaw::Untrusted(format!("it names {} as its issuer under the certificate of {}", claims.iss, leaf.holder().name)));
    }
    if !token.is_signed_by(&leaf.holder().key) {
        return Err(Flaw::Damaged("its signature does not match".to_owned()));
    }
    if claims == Claims::of(&claims.license) && claims.nbf < claims.exp {
        return Ok(claims.license);
    }
    Err(Flaw::Damaged("it contradicts itself".to_owned()))
}

/// Whose license this is, where its signature and its certificate prove it: under the root, or under the server's own key. Whether that
/// server is believed is not asked, so this answers who would have to be known for the license to count (AM-15).
#[must_use]
pub fn signer_of(token: &str, anchors: &Anchors) -> Option<KeyHolder> {
    let token = Token::parse(token).ok()?;
    let header: Header = token.header().ok()?;
    let [leaf] = header.x5c.as_slice() else { return None };
    let leaf = anchors.certificate(leaf).ok()?;
    token.is_signed_by(&leaf.holder().key).then(|| leaf.holder().clone())
}

/// What a license says of itself, unproved: good for a client that chooses which license to present, and for nothing else.
#[must_use]
pub fn peek_license(token: &str) -> Option<Cal> {
    let claims: Claims = Token::parse(token).ok()?.claims().ok()?;
    Some(claims.license)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    #[serde(default)]
    x5c: Vec<String>,
    /// The License Server ID of a server that was activated by a typed code. Nobody but that server and its clearinghouse can
    /// check it; whoever pinned the server's key takes its word (CE-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lsid: Option<LicenseServerId>,
}

/// The registered claims say again what the CAL says, for implementations that know only those.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: ServerName,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: CalId,
    license: Cal,
}

impl Claims {
    fn of(cal: &Cal) -> Self {
        let (from, until) = (cal.issued_at.unix(), cal.expires_at.unix());
        Self { iss: cal.issuer.clone(), iat: from, nbf: from, exp: until, jti: cal.id, license: cal.clone() }
    }
}

const LICENSE_TYPE: &str = "tsl-license+jwt";
