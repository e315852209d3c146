//! A lab on paper whose keys are the same in every run, so that what a fuzzer kept yesterday is as good today.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::model::{Accept, LicenseServerId, ProductId, ServerName};
use shared::trust::{
    AgreementSecret, Anchors, Certificate, CodeKey, Granted, KeyHolder, LicenseSealer, Period, Root, Serial, ServerCertificate, SigningKey,
    make_activation_certificate, make_root, make_self_signed,
};

/// A clearinghouse, a license server that it has activated, and a terminal server's view of both.
pub(crate) struct World {
    /// The root's key, which signs packs here too.
    pub(crate) root_key: SigningKey,
    /// The root.
    pub(crate) root: Root,
    /// The license server's key.
    pub(crate) key: SigningKey,
    /// The certificate that the clearinghouse gave it.
    pub(crate) activated: ServerCertificate,
    /// The one that it made for itself.
    pub(crate) itself: ServerCertificate,
    /// Its seals: with the one certificate, with the other, and with the other and a License Server ID.
    pub(crate) seals: [LicenseSealer; 3],
    /// Whom a terminal server believes: by the chain, and only those that are enrolled.
    pub(crate) anchors: [Anchors; 2],
    /// What makes and checks the server's typed codes.
    pub(crate) codes: CodeKey,
}

/// The world.
#[must_use]
pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(World::make)
}

impl World {
    fn make() -> Self {
        let (root_key, key) = (key(1), key(2));
        let certificate = make_root(&root_key, &name("CH1"), serial(1), period("2026-01-01T00:00:00Z", "2056-01-01T00:00:00Z")).unwrap();
        let root = Root::from_certificate(certificate).unwrap();
        let holder = KeyHolder { name: name("LS1"), product_id: product(), key: key.public() };
        let ten_years = period("2026-06-01T00:00:00Z", "2036-06-01T00:00:00Z");
        let activated = make_activation_certificate(&root, &root_key, &holder, serial(2), ten_years).unwrap();
        let activated = ServerCertificate::under_root(&root, activated).unwrap();
        let whole = period("1970-01-01T00:00:00Z", "2050-01-01T00:00:00Z");
        let itself = make_self_signed(&key, &holder.name, &holder.product_id, serial(3), whole).unwrap();
        let itself = ServerCertificate::self_signed(itself).unwrap();
        let secret = AgreementSecret::from_bytes(&[4; 32]).unwrap();
        let codes = secret.codes_for(&AgreementSecret::from_bytes(&[5; 32]).unwrap().public(), &product()).unwrap();
        let id = license_server_id(&codes);
        let seals = [
            LicenseSealer::new(&key, &activated).unwrap(),
            LicenseSealer::new(&key, &itself).unwrap(),
            LicenseSealer::activated_by(&key, &itself, Some(&id)).unwrap(),
        ];
        let anchors = [Accept::Chain, Accept::Enrolled].map(|accept| {
            let mut anchors = Anchors::default();
            anchors.set_root(root.clone());
            anchors.set_pin(name("LS1"), key.public());
            anchors.set_accept(accept);
            anchors
        });
        Self { root_key, root, key, activated, itself, seals, anchors, codes }
    }
}

/// The License Server ID of the license server's first activation.
#[must_use]
pub(crate) fn license_server_id(codes: &CodeKey) -> LicenseServerId {
    codes.license_server_id(Granted { number: 1, until: "2033-06-01T00:00:00Z".parse().unwrap() }).unwrap()
}

/// The Product ID of the license server.
#[must_use]
pub(crate) fn product() -> ProductId {
    ProductId::from_random([3; 20])
}

/// The serial number of a certificate.
#[must_use]
pub(crate) fn serial(byte: u8) -> Serial {
    Serial::from_random([byte; 16])
}

fn name(text: &str) -> ServerName {
    text.parse().unwrap()
}

fn period(from: &str, until: &str) -> Period {
    Period { from: from.parse().unwrap(), until: until.parse().unwrap() }
}

/// The key of 32 equal bytes: known to everybody, and good for nothing but this.
fn key(byte: u8) -> SigningKey {
    SigningKey::from_pkcs8_der(&[PKCS8_ED25519, &[byte; 32]].concat()).unwrap()
}

/// The same certificate or certificate request with a signature of `key` over what it says; none where it is neither.
#[must_use]
pub(crate) fn signed_anew(der: &[u8], key: &SigningKey) -> Option<Vec<u8>> {
    let outer = inside(der)?;
    let inner = outer.start..inside(der.get(outer.start..)?)?.end.checked_add(outer.start)?;
    let signature = URL_SAFE_NO_PAD.decode(key.sign(der.get(inner.clone())?).ok()?).ok()?;
    let place = der.len().checked_sub(signature.len()).filter(|place| *place >= inner.end)?;
    let mut signed = der.to_vec();
    signed[place..].copy_from_slice(&signature);
    Some(signed)
}

/// Where the contents of the DER value lie that begins here.
fn inside(der: &[u8]) -> Option<std::ops::Range<usize>> {
    let (start, length) = match *der.get(1)? {
        short if short < 0x80 => (2, usize::from(short)),
        0x81 => (3, usize::from(*der.get(2)?)),
        0x82 => (4, usize::from(u16::from_be_bytes([*der.get(2)?, *der.get(3)?]))),
        _ => return None,
    };
    (start + length <= der.len()).then_some(start..start + length)
}

/// The certificate's DER as it stands in a license's header.
#[must_use]
pub(crate) fn in_header(certificate: &Certificate) -> String {
    base64::engine::general_purpose::STANDARD.encode(certificate.der())
}

/// What stands before the 32 bytes of an Ed25519 key in PKCS#8.
const PKCS8_ED25519: &[u8] = &[0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
