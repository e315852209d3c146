//! Windows Server 2008 and later: what changed after 2003.

use super::family;

family! {
    RULES:
    W08_01 = "W08-01", Working, "Devices are licensed as in 2003.", ["shared::policy::terms::WINDOWS_2008"];
    W08_02 = "W08-02", Working, "A 2008 terminal server asks license servers of 2008 or later only.", ["shared::policy::versions::server_serves", "shared::ledger::decide::inquire"];
    W08_03 = "W08-03", Working, "A mode not chosen yet is a state of its own: event 1068, after grace 1069 and denial.", ["shared::policy::modes::is_not_chosen", "shared::policy::denials::mode_not_chosen"];
    W08_04 = "W08-04", Working, "Per user is recorded in the directory for 60 days at a time, more than were bought if need be.", ["shared::policy::tracking::at_logon", "license_server::network::track", "shared::directory::decide::license"];
    W08_05 = "W08-05", Working, "A license server outside its directory group cannot record: event 4105, and the user is let in.", ["shared::directory::reports::may_license", "shared::ledger::network::tracked"];
    W08_06 = "W08-06", Working, "In a workgroup per user cannot be tracked.", ["terminal_server::tracking::track", "license_server::network::findings"];
    W08_07 = "W08-07", Working, "A revoked CAL is free at once, while the client's copy works until its end.", ["shared::ledger::managing::revoke", "shared::ledger::apply::take_back"];
    W08_08 = "W08-08", Working, "One in five CALs of a version may be revoked at a time, at least one; beyond that event 81 names a date.", ["shared::policy::revoking::limit", "shared::policy::revoking::next_allowed", "shared::ledger::managing::revoke", "shared::policy::events::revocation_limit"];
    W08_09 = "W08-09", Working, "User CALs cannot be revoked.", ["license_server::routes::managing::revoke"];
    W08_10 = "W08-10", Working, "Which versions can be revoked is a matter of whom one reads; each version has its own count here.", ["shared::policy::revoking::covers", "shared::ledger::managing::revoked_ends"];
    W08_11 = "W08-11", Working, "Packs move to another license server, with event 93 where the old one was declared dead.", ["shared::ledger::orders::release", "shared::ledger::managing::take_over", "license_server::routes::managing::migrate", "shared::policy::events::source_not_alive"];
    W08_12 = "W08-12", Working, "Rebuilding the database removes every CAL; the papers bring them back.", ["license_server::routes::managing::rebuild", "shared::ledger::apply::delete_all", "shared::policy::events::database_suspect"];
    W08_13 = "W08-13", Working, "Device CALs turn into User CALs and back, as a new pack.", ["shared::ledger::managing::convert"];
    W08_14 = "W08-14", Working, "From 2008 R2 on a license server has to be named, not found.", ["shared::policy::discovery::can_search", "shared::node::network::configure"];
    W08_15 = "W08-15", Working, "The Diagnoser looks at each known license server and says what is wrong and how to mend it.", ["lab::diagnosis::findings"];
    W08_16 = "W08-16", Explained, "Grace is 120 days, kept in a hidden place that people delete without support.", ["lab::cli::settings::Grace"];
}
