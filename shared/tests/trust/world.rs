//! A lab on paper: a root, an activated license server, a CAL.

use rcgen::{KeyPair, PKCS_ED25519};
use shared::model::{Cal, CalId, CalKind, HardwareId, LabTime, Origin, PackId, ProductId, ProductVersion, ServerName};
use shared::trust::{
    Anchors, Certificate, KeyHolder, LicenseSealer, Period, Root, Serial, ServerCertificate, SigningKey, make_activation_certificate,
    make_root, make_self_signed,
};

pub(crate) fn at(text: &str) -> LabTime {
    text.parse().unwrap()
}

pub(crate) fn key() -> SigningKey {
    SigningKey::from_pkcs8_der(&KeyPair::generate_for(&PKCS_ED25519).unwrap().serialize_der()).unwrap()
}

pub(crate) fn name(text: &str) -> ServerName {
    text.parse().unwrap()
}

pub(crate) fn product(byte: u8) -> ProductId {
    ProductId::from_random([byte; 20])
}

pub(crate) fn period(from: &str, until: &str) -> Period {
    Period { from: at(from), until: at(until) }
}

pub(crate) fn serial(byte: u8) -> Serial {
    Serial::from_random([byte; 16])
}

/// A clearinghouse's root and its key.
pub(crate) struct Lab {
    pub(crate) root_key: SigningKey,
    pub(crate) root: Root,
}

impl Lab {
    pub(crate) fn new() -> Self {
        let root_key = key();
        let whole = period("2026-01-01T00:00:00Z", "2056-01-01T00:00:00Z");
        let root = Root::from_certificate(make_root(&root_key, &name("CH1"), serial(1), whole).unwrap()).unwrap();
        Self { root_key, root }
    }

    pub(crate) fn certify(&self, holder: &KeyHolder, period: Period) -> Certificate {
        make_activation_certificate(&self.root, &self.root_key, holder, serial(2), period).unwrap()
    }

    pub(crate) fn anchors(&self) -> Anchors {
        let mut anchors = Anchors::default();
        anchors.set_root(self.root.clone());
        anchors
    }
}

/// A license server with its certificate and its seal.
pub(crate) struct Server {
    pub(crate) key: SigningKey,
    pub(crate) name: ServerName,
    pub(crate) certificate: ServerCertificate,
    pub(crate) sealer: LicenseSealer,
}

impl Server {
    pub(crate) fn activated(lab: &Lab, text: &str) -> Self {
        Self::activated_for(lab, text, period("2026-06-01T00:00:00Z", "2036-06-01T00:00:00Z"))
    }

    pub(crate) fn activated_for(lab: &Lab, text: &str, period: Period) -> Self {
        let key = key();
        let holder = KeyHolder { name: name(text), product_id: product(3), key: key.public() };
        let certificate = ServerCertificate::under_root(&lab.root, lab.certify(&holder, period)).unwrap();
        Self::with(key, name(text), certificate)
    }

    pub(crate) fn on_its_own(text: &str) -> Self {
        let key = key();
        let whole = period("1970-01-01T00:00:00Z", "2050-01-01T00:00:00Z");
        let certificate = make_self_signed(&key, &name(text), &product(3), serial(4), whole).unwrap();
        let certificate = ServerCertificate::self_signed(certificate).unwrap();
        Self::with(key, name(text), certificate)
    }

    pub(crate) fn with(key: SigningKey, name: ServerName, certificate: ServerCertificate) -> Self {
        let sealer = LicenseSealer::new(&key, &certificate).unwrap();
        Self { key, name, certificate, sealer }
    }

    pub(crate) fn cal(&self, kind: CalKind) -> Cal {
        Cal {
            id: CalId::from_random([7; 16]),
            kind,
            version: ProductVersion::V5_2,
            issuer: self.name.clone(),
            device: "PC01".parse().unwrap(),
            user: "anna".parse().unwrap(),
            hardware_id: HardwareId::new(1, [9; 16]),
            issued_at: at("2026-11-23T14:00:00Z"),
            expires_at: at("2027-01-23T14:00:00Z"),
            origin: match kind {
                CalKind::Permanent => Origin::Pack(PackId::from_random([5; 35])),
                CalKind::Temporary => Origin::Minted,
            },
        }
    }

    pub(crate) fn license(&self, kind: CalKind) -> String {
        self.sealer.seal_license(&self.cal(kind)).unwrap()
    }
}
