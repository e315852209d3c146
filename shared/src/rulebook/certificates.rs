//! What a CAL is made of, and how a client keeps it.

use super::family;

family! {
    CERTIFICATES:
    CE_01 = "CE-01", Explained, "On the wire a license is a bundle of certificates, the client's own last.", ["docs/CERTIFICATES.md"];
    CE_02 = "CE-02", Explained, "It is issued by the license server, by computer name and domain.", ["docs/CERTIFICATES.md"];
    CE_03 = "CE-03", Explained, "Its subject is the client's machine and user, with a number made from the hardware id.", ["docs/CERTIFICATES.md"];
    CE_04 = "CE-04", Explained, "It carries the license server's key: the client has none, so the paper counts for whoever bears it.", ["docs/CERTIFICATES.md"];
    CE_05 = "CE-05", Explained, "Private extensions hold version, company, product, server and scope.", ["docs/CERTIFICATES.md"];
    CE_06 = "CE-06", Explained, "The product stands there twice: as asked for and as given.", ["docs/CERTIFICATES.md"];
    CE_07 = "CE-07", Explained, "Flags tell temporary, released and enforced apart.", ["docs/CERTIFICATES.md"];
    CE_08 = "CE-08", Explained, "Public samples of a temporary span 90 times 24 hours.", ["docs/CERTIFICATES.md"];
    CE_09 = "CE-09", Explained, "A server's self-signed certificate is an authority without further ones below it.", ["docs/CERTIFICATES.md"];
    CE_10 = "CE-10", Explained, "Chains have from 2 up to 200 certificates.", ["docs/CERTIFICATES.md"];
    CE_11 = "CE-11", Explained, "A terminal server's own certificate has a private form until a license server gives it another.", ["docs/CERTIFICATES.md"];
    CE_12 = "CE-12", History, "The first public-key system behind activation was weak enough to be forged, and was replaced in 2012.", [];
    CE_13 = "CE-13", Working, "So here: sound digests, random serials, a root for nothing else, narrow use and a policy mark.", ["shared::trust::make::make_activation_certificate", "shared::trust::read::check_extensions"];
    CE_14 = "CE-14", Working, "A server without activation signs temporaries with its own certificate; whoever pinned its key accepts them.", ["shared::trust::make::make_self_signed", "shared::trust::anchors::check_issuer", "shared::ledger::reports::current_certificate"];
    CE_15 = "CE-15", Working, "A server activated by a typed code stays with its own certificate; the pin then covers permanents too.", ["shared::trust::anchors::check_issuer", "shared::ledger::activation::take_id", "shared::ledger::activation::bring_certificate"];
}

family! {
    STORE:
    ST_01 = "ST-01", Working, "The hardware id is 20 bytes, made once and kept.", ["shared::model::hardware::HardwareId", "client::device::hardware_id"];
    ST_02 = "ST-02", Working, "Licenses stand under LICENSE000, LICENSE001 and so on.", ["client::device::Slot", "client::device::free_slot"];
    ST_03 = "ST-03", Working, "Each holds the license with company, scope and product.", ["client::device::StoredLicense"];
    ST_04 = "ST-04", Working, "The product id inside tells the built-in pool, 2000, 2003 and 2008 apart.", ["shared::model::cal::Cal::adjusted_product_id", "shared::model::version::ProductVersion::adjusted_product_id", "lab::cli::tsctst::TsCtst"];
    ST_05 = "ST-05", Working, "A deleted license is handed back on the same hardware id: nothing new is drawn.", ["client::device::delete_license", "shared::policy::issuing::decide"];
    ST_06 = "ST-06", Working, "A deleted store means a new hardware id, so a new device and in time a second CAL.", ["client::device::delete_key"];
    ST_07 = "ST-07", Working, "From Vista on a store is rewritten only by an elevated client.", ["client::device::open_store", "shared::model::denial::Breach"];
    ST_08 = "ST-08", Working, "16-bit and Macintosh clients keep their store elsewhere.", ["client::device::store_place"];
    ST_09 = "ST-09", Working, "A client that stores nothing does no harm while its hardware id is stable.", ["client::device::power_cycle", "client::device::Memory"];
    ST_10 = "ST-10", Working, "Cloned machines share an id: one device in the books, several at work.", ["client::device::clone_as", "shared::policy::admission::sound"];
    ST_11 = "ST-11", Working, "A license carried to another machine is denied.", ["client::device::copy_store_from", "shared::policy::admission::sound"];
}
