//! Windows 2000: devices only, a built-in pool, and the change that Service Pack 3 brought.

use super::Status::{Later, Working};
use super::{Rule, rule};

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule("W2K-01", Later, "Application Server mode asks for licenses, Remote Administration mode does not.", &[]),
    rule("W2K-02", Later, "Only devices are licensed; there is no mode to choose.", &[]),
    rule("W2K-03", Later, "Windows 2000 and XP Professional clients are served from an unlimited built-in pool.", &[]),
    rule("W2K-04", Later, "Every other client takes a CAL that was bought.", &[]),
    rule("W2K-05", Working, "Grace lasts 90 days from the first client.", &[]),
    rule("W2K-06", Later, "Before SP3 a permanent without end is given to whoever reaches the logon prompt.", &[]),
    rule("W2K-07", Later, "Before SP3, with nothing to give, a temporary of 90 days.", &[]),
    rule("W2K-08", Working, "From SP3 on, when both servers have it: temporary first, mark, permanent later, renewal, as in 2003.", &[]),
    rule("W2K-09", Later, "An upgrade that fails for want of CALs leaves the temporary as it was.", &[]),
    rule("W2K-10", Later, "Before SP3 a CAL lost with its device is lost, unless it is reissued by telephone.", &[]),
    rule("W2K-11", Later, "A CAL may move to another device once, by telephone; the replacement is a key pack of its own.", &[]),
    rule("W2K-12", Later, "Internet Connector: a mode for up to 200 anonymous users at a time and nobody else.", &[]),
    rule("W2K-13", Later, "In a domain the license server has to be a domain controller.", &[]),
    rule("W2K-14", Working, "A 2003 terminal server gets nothing from a 2000 license server.", &[]),
    rule("W2K-15", Working, "A 2000 license server takes no 2003 pack in (message 0x13A7).", &[]),
    rule("W2K-16", Working, "A 2003 license server gives a 2000 terminal server 2000 CALs first, 2003 CALs after that.", &[]),
    rule("W2K-17", Working, "User CALs never go to a 2000 terminal server.", &[]),
    rule("W2K-18", Later, "The clearinghouse is reached by Internet, web, telephone or fax.", &[]),
    rule("W2K-19", Later, "A denial is logged as event 1004 with the user and domain named.", &[]),
];
