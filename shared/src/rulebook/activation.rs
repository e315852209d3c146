//! Activation, deactivation, CAL packs, backup: the license server and its clearinghouse.

use super::family;

family! {
    RULES:
    AC_01 = "AC-01", Working, "A license server names itself by a Product ID of digits in groups of 5, 3, 7 and 5.", ["shared::model::activation::parse_product"];
    AC_02 = "AC-02", Working, "Activation by web or telephone gives a License Server ID of 35 characters.", ["shared::model::code::read_groups", "shared::trust::codes::license_server_id"];
    AC_03 = "AC-03", Working, "A key pack has an id of 35 characters.", ["shared::model::pack::PackId", "shared::trust::codes::key_pack_id"];
    AC_04 = "AC-04", Working, "A retail code has 25 characters in five groups.", ["shared::model::pack::parse_retail", "shared::model::code::random_groups"];
    AC_05 = "AC-05", Working, "An Open License is shown by a license number and an authorization number.", ["shared::model::pack::parse_open_license", "shared::model::pack::parse_authorization"];
    AC_06 = "AC-06", Working, "Five volume programs are shown by an enrollment number of seven digits and the authorization number beside it.", ["shared::model::pack::parse_enrollment", "shared::model::pack::VolumeProgram"];
    AC_07 = "AC-07", Working, "Other programs are shown by an agreement number.", ["shared::model::pack::parse_agreement"];
    AC_08 = "AC-08", Working, "All but retail also name version, type and quantity.", ["shared::policy::packs::check_form"];
    AC_10 = "AC-10", Working, "Activation: automatic, by web, by telephone, for 2000 also by fax.", ["shared::policy::activation::activate", "clearinghouse::activations::activate", "shared::policy::registration::register"];
    AC_11 = "AC-11", Working, "Automatic activation fails without names, company or country.", ["shared::policy::activation::complete", "shared::model::activation::Registrant::missing"];
    AC_12 = "AC-12", Working, "By web: Product ID in, License Server ID out, typed into the tool.", ["clearinghouse::web::servers::activate", "license_server::codes::activate"];
    AC_13 = "AC-13", Working, "By telephone: the same, spoken.", ["clearinghouse::person::register", "lab::phone::clearinghouse::activate", "license_server::codes::activate"];
    AC_14 = "AC-14", Working, "Activation gives a certificate of limited use that names the license server.", ["shared::policy::activation::activate", "shared::trust::make::make_activation_certificate"];
    AC_15 = "AC-15", Working, "The status is 0 activated, 1 not activated, 2 unknown; a lab never gets to 2.", ["shared::ledger::reports::is_activated", "license_server::routes::administration::activation"];
    AC_16 = "AC-16", Working, "Without activation a license server gives temporaries only.", ["shared::policy::issuing::after_temporary"];
    AC_17 = "AC-17", Working, "A mistyped or foreign id is refused and the faulty group named.", ["shared::model::code::read_groups", "shared::trust::codes::open_license_server_id"];
    AC_20 = "AC-20", Working, "Deactivate when the certificate has ended or is damaged, or the machine gets another job.", ["shared::ledger::activation::deactivate", "docs/CODES.md"];
    AC_21 = "AC-21", Working, "Deactivation goes automatically or by telephone, not by web or fax.", ["shared::policy::registration::may_deactivate_by"];
    AC_22 = "AC-22", Working, "By telephone it takes a confirmation code.", ["shared::trust::codes::confirms", "license_server::codes::deactivate"];
    AC_23 = "AC-23", Working, "Automatically it takes names and an e-mail address.", ["shared::policy::registration::may_deactivate_itself"];
    AC_24 = "AC-24", Working, "A deactivated server licenses nobody further until it is activated again.", ["shared::ledger::activation::deactivate", "shared::policy::registration::deactivated"];
    AC_25 = "AC-25", Working, "Reactivation gives one of five reasons.", ["shared::policy::registration::may_change_key", "shared::ledger::activation::activated"];
    AC_26 = "AC-26", Working, "After it, what was issued stays good; what was not must come from the clearinghouse again.", ["shared::ledger::activation::withhold", "clearinghouse::person::recover"];
    AC_27 = "AC-27", Working, "A registration that has ended asks for reactivation.", ["shared::policy::licensing_events::prompt", "shared::policy::registration::ended"];
    AC_30 = "AC-30", Working, "No packs before activation; a pack belongs to a Product ID.", ["shared::ledger::decide::install_pack", "shared::trust::pack::open_pack"];
    AC_31 = "AC-31", Working, "Volume programs install automatically or by web; web and telephone give a key pack id.", ["clearinghouse::packs::issue", "clearinghouse::person::issue"];
    AC_32 = "AC-32", Working, "More than an agreement entitles to is refused; a repeated request draws nothing again.", ["shared::policy::packs::check_entitlement", "shared::registry::judging::answered"];
    AC_33 = "AC-33", Working, "A retail code works once; asked again by the same server it gives the same pack.", ["shared::policy::packs::check_code", "shared::ledger::decide::install_pack"];
    AC_34 = "AC-34", Working, "The clearinghouse sells nothing, finds no lost numbers and mends no network.", ["shared::policy::packs::unknown"];
    AC_35 = "AC-35", Working, "Product support takes the cases where good CALs do not lead to connections.", ["lab::phone::support::call"];
    AC_36 = "AC-36", Working, "A pack of a version that the server cannot hold is refused: 0x13A7, event 41.", ["shared::policy::versions::server_holds", "shared::policy::packs::check_version", "shared::ledger::decide::install_pack"];
    AC_37 = "AC-37", Working, "Moving CALs: set the new server up, get a new pack id by telephone, retire the old server.", ["shared::policy::replacing::check_move", "clearinghouse::person::move_pack"];
    AC_38 = "AC-38", Working, "A backup is the system state with the database folder, and belongs to that server alone.", ["shared::ledger::backup::check", "license_server::backup::page"];
    AC_39 = "AC-39", Working, "Restored onto the same installation, unissued CALs are back.", ["shared::ledger::backup::decide"];
    AC_40 = "AC-40", Working, "Restored onto a new installation, they are lost, and an event says how many.", ["shared::ledger::backup::readdressed", "shared::ledger::activation::withhold"];
    AC_41 = "AC-41", Explained, "A database takes some 5 MB for every 6,000 licenses.", ["docs/GLOSSARY.md"];
    AC_42 = "AC-42", Working, "The clearinghouse records each activation and pack, refusals and repeats included, and lets nobody guess fast.", ["shared::policy::activation::known", "clearinghouse::record::activations", "clearinghouse::record::packs", "clearinghouse::guesses::begin", "shared::registry::refused::within_bounds"];
    AC_43 = "AC-43", Working, "Product support refuses to activate or to install, and says who does.", ["lab::phone::support::call"];
    AC_44 = "AC-44", Working, "Lost numbers are a matter for the reseller.", ["shared::policy::packs::unknown"];
    AC_45 = "AC-45", Working, "CALs are bought from a reseller, never from the clearinghouse.", ["shared::policy::packs::unknown", "clearinghouse::reseller::buy"];
    AC_46 = "AC-46", Working, "A failed Internet installation, or a code used before, is a matter for the clearinghouse.", ["lab::phone::support::call"];
    AC_47 = "AC-47", Working, "A fresh license server offers activation, now or later.", ["shared::policy::licensing_events::prompt"];
    AC_48 = "AC-48", Working, "Recovering CALs takes the papers of the purchase.", ["shared::policy::replacing::check_papers"];
}
