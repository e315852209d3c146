//! The one table of everything that the Diagnoser can advise, and the form in which it does.

use serde::{Deserialize, Serialize};
use shared::rulebook::{self, RuleId};

/// Declares the table once: variant, and what it is the way back from.
macro_rules! remedies {
    ($($(#[$doc:meta])* $variant:ident;)*) => {
        /// A way back from one trouble. A test runs each as it is printed, against the state that it is printed for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Remedy {
            $($(#[$doc])* $variant,)*
        }

        impl Remedy {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Remedy] = &[$(Remedy::$variant,)*];
        }
    };
}

remedies! {
    /// Damaged certificate values of a terminal server are saved, deleted and made anew (FT-12).
    RemakeCertificate;
    /// Deleted ones are made anew by a restart (FT-12).
    RestartForCertificate;
    /// A mode that is none becomes per device (FT-04).
    SetPerDevice;
    /// A mode that is none becomes per user (FT-04).
    SetPerUser;
    /// A mode that nobody chose yet becomes per device (W08-03).
    ChoosePerDevice;
    /// A mode that nobody chose yet becomes per user (W08-03).
    ChoosePerUser;
    /// No license server is in sight: `tsl` is told where one is (FT-01).
    LocateLicenseServer;
    /// A license server and a terminal server that are strangers are introduced (LS-01).
    Introduce;
    /// A terminal server that has another key than the one that a license server knows is enrolled anew (CE-14).
    EnrolTerminalServerAnew;
    /// A license server that has another key than the one that a terminal server knows is enrolled anew (FT-14, FT-23).
    EnrolLicenseServerAnew;
    /// A license server that is not found is named in the registry (FT-05).
    NameServer;
    /// A terminal server that asks only named servers searches from now on (DI-27).
    SearchAutomatically;
    /// A license server that came up since the last search is found by another one (FT-25).
    SearchNow;
    /// A member server of the role Domain, which nobody finds, gets the role Enterprise (DI-24).
    MakeEnterprise;
    /// An Enterprise license server is published in its site (DI-23).
    Publish;
    /// A policy that names a server that nobody knows names one that is there (DI-27).
    CorrectPolicy;
    /// A license server whose old key got out is enrolled anew, and nothing that was signed with that key counts any more (AM-15, FT-23).
    ForgetLeakedKey;
    /// A way between two services that was cut is given back (FT-05).
    MendWay;
    /// A license server that is too old is passed over for one that is not (VC-02).
    UseNewerServer;
    /// No license server is new enough (VC-02).
    GetNewerServer;
    /// Whoever asks is no administrator of a license server (AM-18).
    BeAdministrator;
    /// A service that was stopped is started (PD-05).
    StartService;
    /// A service that does not run under `tsl up` is started where it runs (PD-05).
    StartWhereItRuns;
    /// A damaged journal is repaired (FT-13).
    RepairJournal;
    /// A key that is gone from its folder is put back (FT-23).
    PutKeyBack;
    /// A key that is lost for good is given up, and a new one is made (FT-23).
    MakeNewKey;
    /// A license server that never was activated is (AC-10).
    Activate;
    /// One that was deactivated is reactivated (AC-24).
    Reactivate;
    /// One whose registration ends or has ended is reactivated (AC-27).
    RenewRegistration;
    /// One that has another key than the one that was activated is registered by telephone (AM-15).
    RegisterKey;
    /// One whose old key is still at hand is reactivated with that key's signature (AM-15).
    HandKeyOver;
    /// One whose Product ID the clearinghouse has under another key is registered by telephone (AM-15).
    ReclaimProductId;
    /// A new installation whose name is another's at the clearinghouse is registered by telephone (AM-15).
    RegisterName;
    /// CALs that are withheld are recovered by telephone (AC-26, AC-40).
    RecoverCals;
    /// CALs that a restore put back although devices hold them are left free until those end (AM-16).
    SparePutBack;
    /// Device CALs are bought where none fits (FT-02).
    BuyDeviceCals;
    /// User CALs are bought where none fits (PU-07).
    BuyUserCals;
    /// User CALs are bought beside Device CALs that do not count for users (CON-25).
    BuyUserCalsBeside;
    /// A per-user server with Device CALs only licenses devices (CON-25).
    LicenseDevices;
    /// A per-device server with User CALs only licenses users (FT-03).
    LicenseUsers;
    /// More CALs are bought where all are issued (LS-12).
    BuyMore;
    /// CALs that are issued come back when they end (LS-09).
    WaitForCals;
    /// Newer CALs are kept for newer servers (FT-16).
    PreventUpgrade;
    /// A pack that stands on two license servers is removed where it came from (FT-17).
    RemoveMovedPack;
    /// A pack that was issued anew elsewhere is removed where it was (AM-17).
    RemoveReplacedPack;
    /// A terminal server is put into a license server's group (FT-15).
    JoinGroup;
    /// A group that changed comes into force at a restart (LS-01).
    RestartForGroup;
    /// A license server is put into the directory's group, so that it may record users (FT-22).
    JoinDirectoryGroup;
    /// A directory that is down is started (W08-06).
    StartDirectory;
    /// Users cannot be recorded in a workgroup: devices are licensed (W08-06).
    LicenseDevicesInWorkgroup;
    /// The clock that is behind is set to the one that is ahead (FT-19).
    AgreeClocks;
    /// A thin client that forgets its id gets firmware that keeps it (FT-08).
    KeepStore;
    /// CALs under former ids of a device come back when they end (FT-06).
    LeaveStoreAlone;
    /// Clones get ids of their own (FT-09).
    DeleteClonedStore;
    /// A damaged license is deleted, and the license server hands it out again (ST-05).
    DeleteDamagedLicense;
    /// Another device's licenses are deleted (FT-10).
    DeleteForeignStore;
    /// A device on which nobody ever logs on has somebody log on (PD-08).
    LogOn;
    /// A device whose CAL is not on record since a restore gets one that is (AC-39).
    RecordAgain;
}

/// One way back: what it is, and what to type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cure {
    /// Its place in the table.
    pub remedy: Remedy,
    /// What to do, in a sentence.
    pub says: String,
    /// What to type for it, in this order, as it stands; none where no command can do it.
    pub commands: Vec<String>,
}

impl Cure {
    /// A way back that is typed.
    pub(super) fn typed(remedy: Remedy, says: impl Into<String>, commands: impl IntoIterator<Item = String>) -> Self {
        Self { remedy, says: says.into(), commands: commands.into_iter().collect() }
    }

    /// A way back that no command can go.
    pub(super) fn by_hand(remedy: Remedy, says: impl Into<String>) -> Self {
        Self::typed(remedy, says, [])
    }
}

/// A trouble, and the ways back from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rules behind it.
    #[serde(serialize_with = "rulebook::serialize_listed")]
    pub rules: Vec<RuleId>,
    /// What was seen, naming the server.
    pub problem: String,
    /// What to do about it: one of these.
    pub cures: Vec<Cure>,
}

impl Finding {
    pub(super) fn new(rules: &[RuleId], problem: impl Into<String>, cure: Cure) -> Self {
        Self { rules: rules.to_vec(), problem: problem.into(), cures: vec![cure] }
    }

    /// With another way back.
    pub(super) fn or(mut self, cure: Cure) -> Self {
        self.cures.push(cure);
        self
    }
}
