//! Where the sources disagree or are silent, and what the lab does there.

use super::Status::{Explained, Later, Working};
use super::{Rule, rule};

#[rustfmt::skip]
pub(super) const CONTRADICTIONS: &[Rule] = &[
    rule("CON-01", Working, "What ends grace: this server's first permanent CAL; two other readings as settings.", &[]),
    rule("CON-02", Working, "What starts grace: the first connection that is accepted.", &[]),
    rule("CON-03", Later, "An NT 4.0 temporary lasts 60 days, not 90.", &[]),
    rule("CON-04", Later, "NT 4.0 gives temporaries again and again, later generations once.", &[]),
    rule("CON-05", Later, "NT 4.0 waits for the end of a temporary, 2003 replaces it at the next connection.", &[]),
    rule("CON-06", Later, "A temporary comes first always in 2003, before SP3 of 2000 only for want of CALs.", &[]),
    rule("CON-07", Explained, "A license server makes and signs licenses, a terminal server delivers them.", &[]),
    rule("CON-08", Explained, "A terminal server asks for renewal; the issuer may come in behind that.", &[]),
    rule("CON-09", Working, "Per user any license server that answers will do; a switch demands activation.", &[]),
    rule("CON-10", Working, "A license server without activation keeps a terminal server going with temporaries past grace.", &[]),
    rule("CON-11", Working, "Per user issues no temporaries.", &[]),
    rule("CON-12", Later, "Sweep, recover a pack, reissue, revoke: four different things with four names.", &[]),
    rule("CON-13", Later, "Revocation counts each version apart; 2003 can be left out.", &[]),
    rule("CON-14", Later, "CALs on one server or split over two: both can be shown.", &[]),
    rule("CON-15", Later, "A registry list is needed for the Domain role on a member server, not for Enterprise.", &[]),
    rule("CON-16", Later, "NT 4.0 has Per Server and Per Seat.", &[]),
    rule("CON-17", Explained, "A grace of 180 days is a misreading: 90 and another 90 of evaluation.", &[]),
    rule("CON-18", Later, "Event 1004 reads differently in each generation.", &[]),
    rule("CON-19", Explained, "Four types of CAL: temporary, user, device, external connector.", &[]),
    rule("CON-20", Working, "A hardware id is 20 bytes, not 20 bits.", &[]),
    rule("CON-21", Working, "That a license has ended never shuts a device out by itself.", &[]),
    rule("CON-22", Working, "A license that cannot be read is denied; a switch asks for a new one.", &[]),
    rule("CON-23", Working, "Grace looks at what this terminal server receives, not at what others do.", &[]),
    rule("CON-24", Later, "The Domain role is found on a domain controller and needs a list elsewhere.", &[]),
    rule("CON-25", Later, "A Per User server accepts whatever is owned; the report names the mismatch.", &[]),
    rule("CON-26", Explained, "The mode belongs to the terminal server.", &[]),
];

#[rustfmt::skip]
pub(super) const OPEN: &[Rule] = &[
    rule("OQ-1", Explained, "The lost flowchart of the connection per device: the PD family stands for it.", &[]),
    rule("OQ-2", Later, "Rediscovery in 2003: the intervals of 2000, as settings.", &[]),
    rule("OQ-3", Working, "A temporary that ended unvalidated still gets a permanent; a switch denies it.", &[]),
    rule("OQ-4", Later, "A renewal by another server counts there, and is taken back at the issuer when that can be reached.", &[]),
    rule("OQ-5", Working, "A temporary's end is announced to the user from seven days before.", &[]),
    rule("OQ-6", Working, "258 says that nothing was presented, 265 that something presented could not be helped.", &[]),
    rule("OQ-7", Working, "A permanent's life is drawn evenly from whole days, 52 to 89, from dice with a seed.", &[]),
    rule("OQ-8", Later, "A pool is low at ten percent.", &[]),
    rule("OQ-9", Working, "Asked for a temporary that is on record and holds, the server hands out the same one.", &[]),
    rule("OQ-10", Working, "A license that begins within a day from now counts as begun; beyond that it is invalid.", &[]),
    rule("OQ-11", Later, "The lesser switches of lsreport and tsctst do what the TL family says.", &[]),
    rule("OQ-12", Working, "Events whose text is not published have texts of the lab's own.", &[]),
];

#[rustfmt::skip]
pub(super) const DECISIONS: &[Rule] = &[
    rule("SD-01", Working, "A client presents a license that holds first, then a permanent, then the nearest version.", &[]),
    rule("SD-02", Working, "A terminal server stays with its first license server; renewals and marks go to the issuer.", &[]),
    rule("SD-03", Later, "SP3 on one side only is as if it were on neither.", &[]),
    rule("SD-04", Later, "Built-in licenses are on record, are handed back, and end no grace.", &[]),
    rule("SD-05", Working, "A server that lost its activation hands a live permanent back and extends none.", &[]),
    rule("SD-06", Working, "Event 21 also comes before a referral that helps; 22 only where no usable version was ever installed.", &[]),
    rule("SD-07", Later, "Event 20 comes with every draw at or below the threshold.", &[]),
    rule("SD-08", Working, "New, handed back or renewed: any permanent ends grace.", &[]),
    rule("SD-09", Working, "Whether to ask goes by the terminal server's clock, what to issue by the license server's.", &[]),
    rule("SD-10", Working, "A record that outlasts the license shown is handed out as it is, for temporaries as well.", &[]),
    rule("SD-11", Later, "A device revoked inside its window takes another CAL where there is one.", &[]),
    rule("SD-12", Later, "The revocation limit is rounded down, and at least one.", &[]),
    rule("SD-13", Working, "In the same second the sweep goes before a request.", &[]),
    rule("SD-14", Working, "Administrators' sessions count to two on an application server too.", &[]),
    rule("SD-15", Working, "A logon in grace without a license marks nothing.", &[]),
    rule("SD-16", Working, "The security group binds marks too; a server that refuses still counts as contacted.", &[]),
    rule("SD-17", Working, "Where activation is demanded per user, the first answer settles it.", &[]),
    rule("SD-18", Working, "An older license that gets no newer one is denied with 265, and the event goes by its kind.", &[]),
    rule("SD-19", Later, "A return notice is repeated until it arrives, and must name version and end exactly.", &[]),
];
