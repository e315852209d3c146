//! Every cure that `tsl diagnose` can print: the lab is broken in the way that it is printed for, the cure is typed as it stands, and the
//! lab is right again.

use std::collections::VecDeque;
use std::process::Command;
use std::sync::Mutex;

use lab::api::Api;
use lab::diagnosis::Remedy;
use serde_json::Value;
use tests::tsl::{Room, Said};

use crate::{USUAL, items, pool, room};

/// So many labs are broken and mended at once.
const AT_ONCE: usize = 4;

/// How a lab is broken so that a cure is printed, and how one sees that it is right again.
struct Case {
    /// What `tsl up` is told beside the usual; or a network file of docs/networks, or one that stands here.
    lab: Lab,
    /// What breaks it, word for word after `tsl`. A device may be denied on the way.
    broken_by: Vec<&'static str>,
    /// What breaks it and is no command.
    broken_by_hand: fn(&Room),
    /// How the Diagnoser is asked before and afterwards, beside its name.
    asked: fn(&Room) -> [String; 2],
    /// What a person does where the cure is a sentence, or has no command of its own.
    by_hand: fn(&Room),
    /// What is said on the telephone, a line an answer.
    on_the_telephone: fn(&Room) -> String,
    /// Whether all is well again.
    right: fn(&Room),
}

enum Lab {
    Usual(&'static str),
    Shipped(&'static str),
    Written(&'static str),
}

impl Case {
    fn new(lab: Lab, broken_by: &[&'static str], right: fn(&Room)) -> Self {
        Self {
            lab,
            broken_by: broken_by.to_vec(),
            broken_by_hand: |_| {},
            asked: |_| [String::new(), String::new()],
            by_hand: |_| {},
            on_the_telephone: |_| String::new(),
            right,
        }
    }

    fn usual(broken_by: &[&'static str], right: fn(&Room)) -> Self {
        Self::new(Lab::Usual(""), broken_by, right)
    }

    fn asked(self, asked: fn(&Room) -> [String; 2]) -> Self {
        Self { asked, ..self }
    }

    fn by_hand(self, by_hand: fn(&Room)) -> Self {
        Self { by_hand, ..self }
    }

    fn broken_by_hand(self, broken_by_hand: fn(&Room)) -> Self {
        Self { broken_by_hand, ..self }
    }

    fn on_the_telephone(self, on_the_telephone: fn(&Room) -> String) -> Self {
        Self { on_the_telephone, ..self }
    }
}

const PERSON: &str = "--first-name Ada --last-name Example --company Example --country Austria";
const DEACTIVATED: &str = "deactivate --first-name Ada --last-name Example --company Example --country Austria --email ada@example.org";

/// A terminal server of 2003 that is told of a license server of 2000 only.
const OLD_AND_NEW_SERVER: &str = r#"
[[host]]
name = "M1"
license-server = { name = "LSOLD", generation = "windows-2000" }

[[host]]
name = "M2"
license-server = { name = "LSNEW" }

[[host]]
name = "M3"
terminal-server = { name = "TS1", named = ["LSOLD"], search = "named" }
"#;

/// Two license servers between which a pack is moved by its administrator's order, and a terminal server of the first.
const TWO_OF_2008_R2: &str = r#"
[[host]]
name = "A1"
license-server = { name = "LSA", generation = "windows-2008-r2", cals = 5 }

[[host]]
name = "B1"
license-server = { name = "LSB", generation = "windows-2008-r2" }

[[host]]
name = "C1"
terminal-server = { name = "TS1", generation = "windows-2008", named = ["LSA"], search = "named" }
"#;

/// A remedy without a case does not compile; `Remedy::ALL` is the table itself.
fn case(remedy: Remedy) -> Case {
    match remedy {
        Remedy::RemakeCertificate => Case::usual(&["break certificate"], licensed),
        Remedy::RestartForCertificate => Case::usual(&["break certificate", "certificate delete"], licensed),
        Remedy::SetPerDevice => Case::usual(&["mode --policy-ac-on 0"], |room| {
            assert_eq!(room.json("mode")["mode"], "per-device");
            licensed(room);
        }),
        Remedy::SetPerUser => Case::usual(&["mode --policy-ac-on 0"], per_user),
        Remedy::ChoosePerDevice => Case::new(Lab::Usual("--generation windows-2008"), &["mode not-chosen"], licensed),
        Remedy::ChoosePerUser => Case::new(Lab::Usual("--generation windows-2008"), &["mode not-chosen"], per_user),
        Remedy::LocateLicenseServer => Case::usual(&[], licensed).asked(|room| [addresses(room, &[]), String::new()]),
        Remedy::Introduce => Case::usual(&["servers forget LS1"], licensed),
        Remedy::EnrolTerminalServerAnew => Case::usual(&["service reinstall TS1"], |room| {
            room.done("setup");
            licensed(room);
        }),
        Remedy::EnrolLicenseServerAnew => Case::usual(&["connect PC01", "service reinstall LS1"], temporary),
        Remedy::NameServer => Case::new(Lab::Shipped("two-sites"), &[], licensed),
        Remedy::SearchAutomatically => Case::usual(&["servers order --none"], licensed),
        Remedy::SearchNow => {
            Case::new(Lab::Shipped("two-sites"), &["connect PC01", "clock advance 121d", "network role enterprise --server LS1"], licensed)
        }
        Remedy::MakeEnterprise => Case::new(Lab::Shipped("two-sites"), &[], licensed),
        Remedy::Publish => Case::new(
            Lab::Shipped("two-sites"),
            &["network role enterprise --server LS1", "network unpublish --server LS1", "discover"],
            licensed,
        ),
        Remedy::CorrectPolicy => Case::usual(&["discover --policy LSX"], licensed),
        Remedy::ForgetLeakedKey => Case::usual(&["connect PC01", "connect PC01", "reactivate --reason 2 --new-key"], |room| {
            temporary(room);
            let forged_or_not = room.tsl("connect PC01");
            assert!(forged_or_not.exit == 3 && forged_or_not.out.contains("PD-23"), "{forged_or_not:?}");
        }),
        Remedy::MendWay => Case::usual(&["network cut TS1 LS1", "network cut LS1 CH1", "connect PC09"], |room| {
            room.done("clock advance 2m");
            licensed(room);
        }),
        Remedy::UseNewerServer => Case::new(Lab::Written(OLD_AND_NEW_SERVER), &[], temporary),
        Remedy::GetNewerServer => {
            Case::new(Lab::Written(OLD_AND_NEW_SERVER), &[], |_| {}).asked(|room| [addresses(room, &["LSOLD"]), String::new()])
        }
        Remedy::BeAdministrator => Case::usual(&[], licensed).asked(|room| {
            let wrong = addresses(room, &["LS1"]).replace("license-server/admin-token", "terminal-server/admin-token");
            [wrong, addresses(room, &["LS1"])]
        }),
        Remedy::StartService => Case::usual(&["service stop LS1"], licensed),
        Remedy::StartWhereItRuns => Case::usual(&["service stop LS1"], licensed)
            .asked(|room| [addresses(room, &["LS1"]), addresses(room, &["LS1"])])
            .by_hand(|room| drop(room.done("service start LS1"))),
        Remedy::RepairJournal => Case::usual(&["connect PC01", "service stop LS1", "journal damage LS1"], |room| {
            assert!(room.json("packs --server LS1")["packs"].is_array(), "it runs, on what is left");
        }),
        Remedy::PutKeyBack => {
            Case::usual(&["service stop LS1"], licensed).broken_by_hand(|room| moved(room, "key.pem", "key.saved")).by_hand(|room| {
                moved(room, "key.saved", "key.pem");
                room.done("service start LS1");
            })
        }
        Remedy::MakeNewKey => Case::usual(&["connect PC01", "service stop LS1"], |room| {
            assert_eq!(room.json("activate --show")["lapse"]["why"], "key-replaced");
        })
        .broken_by_hand(|room| moved(room, "key.pem", "key.lost")),
        Remedy::Activate => Case::new(Lab::Usual("--bare"), &["trust"], activated),
        Remedy::Reactivate => Case::usual(&[DEACTIVATED], activated),
        Remedy::RenewRegistration => Case::usual(&["clock advance 3660d"], activated),
        Remedy::RegisterKey => Case::usual(&["service stop LS1"], |room| {
            room.done("clock advance 1d");
            activated(room);
            temporary(room);
        })
        .broken_by_hand(key_lost)
        .on_the_telephone(|room| format!("4\n1\n{}", papers(room))),
        Remedy::HandKeyOver => Case::usual(&["service stop LS1"], |room| {
            room.done("clock advance 1d");
            activated(room);
            temporary(room);
        })
        .broken_by_hand(key_lost)
        .by_hand(|room| drop(room.done(&format!("reactivate --reason 0 --old-key tsl-data/license-server/key.lost {PERSON}")))),
        Remedy::ReclaimProductId => Case::usual(&["service stop LS1"], |room| {
            room.done("clock advance 1d");
            activated(room);
            temporary(room);
        })
        .broken_by_hand(|room| {
            saved(room, "tsl-data/license-server", "before");
            key_lost(room);
            room.done(&format!("reactivate --reason 0 --old-key tsl-data/license-server/key.lost {PERSON}"));
            room.done("service stop LS1");
            std::fs::remove_dir_all(room.path().join("tsl-data/license-server")).unwrap();
            saved(room, "before", "tsl-data/license-server");
            for words in ["service start LS1", "forget LS1", "trust"] {
                room.done(words);
            }
            assert_eq!(room.tsl(&format!("activate {PERSON}")).exit, 2);
            assert_eq!(room.json("activate --show")["lapse"]["why"], "disowned");
        })
        .on_the_telephone(|room| format!("4\n3\n{}", papers(room))),
        Remedy::RegisterName => Case::usual(&["service reinstall LS1", "forget LS1", "trust"], |room| {
            activated(room);
            temporary(room);
        })
        .on_the_telephone(|room| format!("1\n{}", papers(room))),
        Remedy::RecoverCals => Case::usual(&["connect PC01", "connect PC01", DEACTIVATED], |room| {
            let free: u64 = items(&room.json("packs")["packs"]).iter().map(|row| row["available"].as_u64().unwrap()).sum();
            assert_eq!(free, 19);
            licensed(room);
        })
        .broken_by_hand(|room| drop(room.done(&format!("reactivate --reason 0 {PERSON}"))))
        .on_the_telephone(recovery),
        Remedy::BuyDeviceCals => Case::new(Lab::Usual("--cals 0"), &[], licensed),
        Remedy::BuyUserCals => Case::new(Lab::Usual("--cals 0"), &["mode per-user"], |room| assert_eq!(pool(room).1, 5)),
        Remedy::BuyUserCalsBeside => Case::usual(&["mode per-user"], |room| {
            assert_eq!(room.json("packs")["packs"].as_array().unwrap().len(), 2);
        }),
        Remedy::LicenseDevices => Case::usual(&["mode per-user"], licensed),
        Remedy::LicenseUsers => {
            Case::new(Lab::Usual("--cals 0"), &["buy code --quantity 5 --type user --save user.txt", "install retail @user.txt"], per_user)
        }
        Remedy::BuyMore => Case::new(Lab::Usual("--cals 1"), &["connect PC01", "connect PC01"], licensed),
        Remedy::WaitForCals => Case::new(Lab::Usual("--cals 1"), &["connect PC01", "connect PC01"], licensed)
            .by_hand(|room| drop(room.done("clock advance 91d"))),
        Remedy::PreventUpgrade => Case::new(
            Lab::Shipped("old-and-new"),
            &["connect OLD01 --server TS2000 --platform windows-98", "connect OLD01 --server TS2000"],
            |room| {
                let before = pool(room);
                for _ in 0..2 {
                    room.done("connect OLD02 --server TS2000 --platform windows-98");
                }
                assert_eq!(pool(room), before, "no CAL of 2003 goes to 2000 any more");
            },
        )
        .asked(|_| ["--server TS2000".to_owned(), "--server TS2000".to_owned()]),
        Remedy::SparePutBack => {
            Case::usual(&["backup --server LS1 old.backup", "connect PC01", "connect PC01", "restore --server LS1 old.backup"], |room| {
                assert_eq!(pool(room), (20, 20));
                licensed(room);
            })
            .broken_by_hand(|room| {
                let packs = room.done("packs");
                assert!(packs.contains("1 CALs of LS1 are free by the restore"), "{packs}");
                assert!(room.done("events --server LS1 --id 9006").contains("free again by the restore"));
            })
            .by_hand(|room| drop(room.done("clock advance 91d")))
        }
        Remedy::RemoveMovedPack => Case::new(Lab::Written(TWO_OF_2008_R2), &["backup --server LSA lsa.backup"], |room| {
            let packs = room.json("packs");
            let homes: Vec<&Value> = items(&packs["packs"]).iter().map(|row| &row["server"]).collect();
            assert_eq!(homes, ["LSB"]);
            licensed(room);
        })
        .broken_by_hand(|room| {
            let pack = room.json("packs --server LSA")["packs"][0]["id"].as_str().unwrap().to_owned();
            room.done(&format!("packs release {pack} --to LSB --server LSA"));
            room.done("migrate LSA --reason replaced --server LSB");
            room.done("restore --server LSA lsa.backup");
        }),
        Remedy::RemoveReplacedPack => Case::new(Lab::Shipped("replacement"), &["peers announce --server LSOLD"], |room| {
            let packs = room.json("packs");
            let homes: Vec<&Value> = items(&packs["packs"]).iter().map(|row| &row["server"]).collect();
            assert_eq!(homes, ["LSNEW"]);
            licensed(room);
        })
        .broken_by_hand(|room| {
            let id = room.json("activate --show --server LSOLD")["product_id"].as_str().unwrap().to_owned();
            let bought = room.json("records")["packs"][0].clone();
            let (pack, code) = (bought["pack"]["id"].as_str().unwrap(), bought["purchase"]["code"].as_str().unwrap());
            room.done("service stop LSOLD");
            room.done(&format!(
                "migrate LSOLD --reason not-functioning --generation windows-2008 --product-id {id} --server LSNEW --pack {pack} \
                 --papers retail {code}"
            ));
            room.done("service start LSOLD");
        }),
        Remedy::JoinGroup => Case::usual(&["group TS7 --server LS1", "settings set security-group-policy on --server LS1"], |room| {
            assert_eq!(room.json("group --server LS1")["members"], serde_json::json!(["TS1", "TS7"]), "nobody was put out of it");
            licensed(room);
        }),
        Remedy::RestartForGroup => Case::usual(&["settings set security-group-policy on --server LS1", "group TS1 --server LS1"], licensed),
        Remedy::JoinDirectoryGroup => Case::new(Lab::Shipped("users"), &[], recorded),
        Remedy::StartDirectory => Case::new(Lab::Shipped("users"), &["service stop DIR1"], |room| drop(room.done("directory users"))),
        Remedy::LicenseDevicesInWorkgroup => Case::new(Lab::Usual("--generation windows-2008"), &["mode per-user"], licensed),
        Remedy::AgreeClocks => Case::usual(&["clock advance 11d --server LS1"], licensed),
        Remedy::KeepStore => Case::usual(
            &[
                "client new THIN01 --platform other --no-store --new-id-per-boot",
                "connect THIN01",
                "connect THIN01",
                "client power-cycle THIN01",
                "connect THIN01",
                "connect THIN01",
            ],
            |room| {
                let before = pool(room);
                for words in ["client power-cycle THIN01", "connect THIN01", "connect THIN01"] {
                    room.done(words);
                }
                assert_eq!(pool(room), before, "it is the same device when it is switched on again");
            },
        ),
        Remedy::LeaveStoreAlone => {
            Case::usual(&["connect PC01", "connect PC01", "client delete-store PC01", "connect PC01", "connect PC01"], |room| {
                assert_eq!(pool(room), (20, 20))
            })
            .by_hand(|room| drop(room.done("clock advance 91d")))
        }
        Remedy::DeleteClonedStore => Case::usual(
            &["connect PC01", "connect PC01", "client copy PC01 PC02 --image", "client copy PC01 PC03 --image", "connect PC02 PC03"],
            |room| {
                for _ in 0..2 {
                    room.done("connect PC02 PC03");
                }
                assert_eq!(pool(room), (17, 20), "three devices, three CALs");
            },
        ),
        Remedy::DeleteDamagedLicense => Case::usual(&["connect PC01", "connect PC01", "client damage PC01", "connect PC01"], |room| {
            let visit = room.done("connect PC01");
            assert!(visit.contains("PD-02"), "{visit}");
            assert_eq!(pool(room), (19, 20));
        }),
        Remedy::DeleteForeignStore => Case::usual(&["connect PC01", "connect PC01", "client copy PC01 PC02", "connect PC02"], |room| {
            for _ in 0..2 {
                room.done("connect PC02");
            }
            assert_eq!(pool(room), (18, 20));
        }),
        Remedy::LogOn => Case::usual(&["connect PC01 --cancel", "connect PC01 --cancel", "connect PC01 --cancel"], |room| {
            assert!(room.done("connect PC01").contains("PD-06"));
        }),
        Remedy::RecordAgain => {
            Case::usual(&["backup --server LS1 old.backup", "connect PC01", "connect PC01", "restore --server LS1 old.backup"], |room| {
                assert_eq!(pool(room), (19, 20), "the CAL that PC01 holds is counted");
                assert!(room.done("connect PC01").contains("PD-13"));
            })
        }
    }
}

/// Further states in which a cure of the table is printed.
fn further_cases() -> Vec<(Remedy, Case)> {
    vec![
        // Only one of the two has forgotten the other.
        (Remedy::Introduce, Case::usual(&[], licensed).broken_by_hand(|room| forgotten_at_license_server(room, "TS1"))),
        // Its registration holds for two weeks yet.
        (Remedy::RenewRegistration, Case::usual(&["clock advance 3638d"], activated)),
        // Its CALs were withheld by a restore onto another installation (FT-14).
        (
            Remedy::RecoverCals,
            Case::usual(&["connect PC01", "connect PC01", "backup --server LS1 ls1.backup", "service reinstall LS1"], licensed)
                .broken_by_hand(|room| {
                    room.done("forget LS1");
                    room.done("trust");
                    type_in(room, "tsl phone clearinghouse", |room| format!("1\n{}", papers(room)));
                    room.done("restore --server LS1 ls1.backup");
                })
                .on_the_telephone(recovery),
        ),
        // A license of the root's, under a chain that cannot be read.
        (
            Remedy::DeleteDamagedLicense,
            Case::usual(&["connect PC01", "connect PC01", "client damage PC01 --part header", "connect PC01"], |room| {
                assert!(room.done("connect PC01").contains("PD-02"));
            }),
        ),
    ]
}

/// Rules: TL-06, W08-15, AM-18, FT-01, FT-02, FT-03, FT-04, FT-05, FT-06, FT-08, FT-09, FT-10, FT-12, FT-13, FT-14, FT-15, FT-16, FT-17,
/// FT-19, FT-22, FT-23, FT-25, W08-03, AC-24, AC-27, AC-39, AM-15, AM-16, AM-17.
#[test]
fn every_cure_that_is_printed_mends_what_it_is_printed_for_when_it_is_typed_as_it_stands() {
    let cases = Remedy::ALL.iter().map(|remedy| (*remedy, case(*remedy))).chain(further_cases());
    let cases: Mutex<VecDeque<(Remedy, Case)>> = Mutex::new(cases.collect());
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((remedy, case)) = { cases.lock().unwrap().pop_front() } {
                    if let Err(fault) = std::panic::catch_unwind(|| mends(remedy, &case)) {
                        let said =
                            fault.downcast_ref::<String>().cloned().or_else(|| fault.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                        faults.lock().unwrap().push(format!("{remedy:?}: {}", said.unwrap_or_default()));
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

fn mends(remedy: Remedy, case: &Case) {
    let room = room();
    let words = match &case.lab {
        Lab::Usual(more) => (*more).to_owned(),
        Lab::Shipped(name) => format!("--network {}/../docs/networks/{name}.toml", env!("CARGO_MANIFEST_DIR")),
        Lab::Written(text) => {
            std::fs::write(room.path().join("net.toml"), text).unwrap();
            "--network net.toml".to_owned()
        }
    };
    let _up = room.up(&format!("{USUAL} {words}"));
    room.done("clock freeze");
    room.done("clock set 2026-03-02T09:00:00Z");
    for words in &case.broken_by {
        let said = room.tsl(words);
        assert!(said.exit == 0 || words.starts_with("connect") && said.exit == 3, "tsl {words}: {said:?}");
    }
    (case.broken_by_hand)(&room);
    let [before, after] = (case.asked)(&room);
    let diagnosis = room.json(&format!("diagnose {before}"));
    let cures = printed(&diagnosis, remedy);
    assert!(!cures.is_empty(), "it is not printed: {:#}", diagnosis["findings"]);
    let text = room.done(&format!("diagnose {before}"));
    for cure in &cures {
        assert!(text.contains(&format!("cure: {}", cure["says"].as_str().unwrap())), "{text}");
        for command in items(&cure["commands"]).iter().map(|command| command.as_str().unwrap()) {
            assert!(text.contains(&format!("\n       {command}\n")), "{command}: {text}");
            type_in(&room, command, case.on_the_telephone);
        }
    }
    (case.by_hand)(&room);
    let diagnosis = room.json(&format!("diagnose {after}"));
    assert!(printed(&diagnosis, remedy).is_empty(), "it is printed still: {:#}", diagnosis["findings"]);
    (case.right)(&room);
}

/// The cures of this kind among what was found.
fn printed(diagnosis: &Value, remedy: Remedy) -> Vec<Value> {
    let cures = items(&diagnosis["findings"]).iter().flat_map(|finding| items(&finding["cures"]));
    cures.filter(|cure| cure["remedy"] == serde_json::to_value(remedy).unwrap()).cloned().collect()
}

/// Types a command; what the clearinghouse reads out on the telephone is typed as well.
fn type_in(room: &Room, command: &str, on_the_telephone: fn(&Room) -> String) {
    let Some(words) = command.strip_prefix("tsl ") else {
        let done = Command::new("sh").args(["-c", command]).current_dir(room.path()).status().unwrap();
        assert!(done.success(), "{command}");
        return;
    };
    if !words.starts_with("phone") {
        room.done(words);
        return;
    }
    let said = room.tsl_reading(words, &on_the_telephone(room));
    assert_eq!(said.exit, 0, "{said:?}");
    let told = said.out.lines().find_map(|line| line.strip_prefix("Type it into the license server: tsl "));
    room.done(told.unwrap_or_else(|| panic!("{said:?}")));
}

/// A new device gets a permanent CAL at its second visit.
fn licensed(room: &Room) {
    temporary(room);
    let visit = room.done("connect NEW01");
    assert!(visit.contains("permanent") && visit.contains("PD-06"), "{visit}");
}

/// A new device gets a license at all.
fn temporary(room: &Room) {
    let visit = room.done("connect NEW01");
    assert!(visit.contains("PD-01"), "{visit}");
}

fn per_user(room: &Room) {
    assert_eq!(room.json("mode")["mode"], "per-user");
    let visit = room.done("connect NEW01");
    assert!(visit.contains("PU-0"), "{visit}");
}

fn activated(room: &Room) {
    assert_eq!(room.json("activate --show")["status"], 0);
}

fn recorded(room: &Room) {
    let visit = room.tsl_words(&["connect", "NEW01", "--user", "NORTH\\anna"]);
    assert!(visit.exit == 0 && visit.out.contains("was written to the directory"), "{visit:?}");
}

/// What is read out to the clearinghouse of a license server, by whom, and which papers of a purchase are shown.
fn papers(room: &Room) -> String {
    let papers = room.json("activate --papers");
    let text = |name: &str| papers[name].as_str().unwrap().to_owned();
    let records = room.json("records");
    let code = records["packs"][0]["purchase"]["code"].as_str().unwrap();
    format!("LS1\n{}\n{}\nyes\nAda\nExample\nExample\nAustria\n1\n{code}\nyes\n", text("product_id"), text("key_text"))
}

/// What is said to have the CALs of the only pack recovered.
fn recovery(room: &Room) -> String {
    let id = room.json("activate --show")["product_id"].as_str().unwrap().to_owned();
    let (packs, records) = (room.json("packs"), room.json("records"));
    let (pack, code) = (packs["packs"][0]["id"].as_str().unwrap(), records["packs"][0]["purchase"]["code"].as_str().unwrap());
    format!("5\n{id}\n{pack}\nyes\n{}\n1\n{code}\nyes\n", packs["packs"][0]["withheld"])
}

/// The lab by its addresses, as it is known where `tsl up` does not run it, with these of its license servers only.
fn addresses(room: &Room, license_servers: &[&str]) -> String {
    let folder = room.path().join("tsl-data");
    let lab: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("lab.json")).unwrap()).unwrap();
    let token = |place: &Value| folder.join(place["token_file"].as_str().unwrap()).display().to_string();
    let mut words = Vec::new();
    for (kind, places) in [("license-server", &lab["license_servers"]), ("terminal-server", &lab["terminal_servers"])] {
        let chosen: Vec<&Value> = items(places)
            .iter()
            .filter(|place| kind == "terminal-server" || license_servers.contains(&place["name"].as_str().unwrap()))
            .collect();
        if chosen.is_empty() {
            continue;
        }
        let list = |value: &dyn Fn(&Value) -> String| {
            chosen.iter().map(|place| format!("{}={}", place["name"].as_str().unwrap(), value(place))).collect::<Vec<_>>().join(",")
        };
        words.push(format!("--{kind} {}", list(&|place| place["url"].as_str().unwrap().to_owned())));
        words.push(format!("--{kind}-token-file {}", list(&token)));
    }
    words.join(" ")
}

/// The license server's side of an enrolment alone is taken back.
fn forgotten_at_license_server(room: &Room, name: &str) {
    let folder = room.path().join("tsl-data");
    let lab: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("lab.json")).unwrap()).unwrap();
    let place = &lab["license_servers"][0];
    let token = std::fs::read_to_string(folder.join(place["token_file"].as_str().unwrap())).unwrap();
    let api = Api::new(lab::api::connections().unwrap(), place["url"].as_str().unwrap(), Some(token.trim().to_owned()));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(api.delete(&format!("/terminal-servers/{name}"))).unwrap();
}

fn moved(room: &Room, from: &str, to: &str) {
    let folder = room.path().join("tsl-data/license-server");
    std::fs::rename(folder.join(from), folder.join(to)).unwrap();
}

/// The license server, which is stopped, lost its key, and is introduced with the new one that it makes.
fn key_lost(room: &Room) {
    moved(room, "key.pem", "key.lost");
    moved(room, "keys-known", "keys.lost");
    for words in ["service start LS1", "forget LS1", "trust"] {
        room.done(words);
    }
}

/// A copy of a folder.
fn saved(room: &Room, from: &str, to: &str) {
    let done = Command::new("cp").args(["-r", from, to]).current_dir(room.path()).status().unwrap();
    assert!(done.success(), "{from}, {to}");
}

fn diagnosed(room: &Room) -> Said {
    let said = room.tsl("diagnose");
    assert_eq!(said.exit, 0, "{said:?}");
    said
}

/// Whoever is licensed by name is let in, whatever became of grace.
///
/// Rules: PU-02, PU-03, GR-09.
#[test]
fn what_the_troubles_come_to_is_told_as_it_is() {
    let room = room();
    let _up = room.up(&format!("{USUAL} --cals 0"));
    for words in ["clock freeze", "clock set 2026-03-02T09:00:00Z", "connect PC01", "clock advance 121d"] {
        room.done(words);
    }
    let text = diagnosed(&room).out;
    assert!(text.contains("grace of TS1 is over: a device whose temporary license has ended is denied (265)"), "{text}");
    room.done("mode per-user");
    let text = diagnosed(&room).out;
    assert!(!text.contains("denied") && room.done("connect PC02").contains("PU-02"), "{text}");
    room.done("service stop LS1");
    let text = diagnosed(&room).out;
    assert!(text.contains("everybody is denied (257)") && room.tsl("connect PC03").exit == 3, "{text}");
}

/// Rules: FT-19, OQ-10, PD-22.
#[test]
fn a_license_from_the_future_is_told_apart_from_a_damaged_one() {
    let room = room();
    let _up = room.up(USUAL);
    room.done("clock freeze");
    for words in ["clock advance 3d --server LS1", "connect PC01"] {
        room.done(words);
    }
    let refused = room.tsl("connect PC01");
    assert!(refused.exit == 3 && refused.out.contains("PD-22"), "{refused:?}");
    let seen = room.json("diagnose");
    assert!(printed(&seen, Remedy::DeleteDamagedLicense).is_empty() && !printed(&seen, Remedy::AgreeClocks).is_empty(), "{seen:#}");
}

/// Rules: FT-19.
#[test]
fn clocks_that_are_years_apart_are_told_in_years() {
    let room = room();
    let _up = room.up(USUAL);
    room.done("clock freeze");
    room.done("clock advance 4020d --server TS1");
    let text = diagnosed(&room).out;
    assert!(text.contains("the clock of LS1 is 11 years 5 days behind that of TS1"), "{text}");
}

/// Rules: W08-03.
#[test]
fn a_mode_that_was_not_chosen_is_called_so() {
    let room = room();
    let _up = room.up(&format!("{USUAL} --generation windows-2008"));
    room.done("mode not-chosen");
    assert_eq!(room.json("mode")["mode"], "not-chosen");
    assert!(diagnosed(&room).out.contains("Windows Server 2008, mode not chosen"));
    room.done("mode --policy-ac-on 0");
    assert_eq!(room.json("mode")["mode"], "temporaries-only");
}

/// Rules: AC-24, AC-25, AC-27, FT-23.
#[test]
fn a_license_server_says_why_it_is_not_activated_and_what_leads_back() {
    let room = room();
    let _up = room.up(USUAL);
    room.done(DEACTIVATED);
    assert_eq!(room.json("activate --show")["lapse"]["why"], "deactivated");
    room.done(&format!("reactivate --reason 0 {PERSON}"));
    assert!(room.json("activate --show")["lapse"].is_null());
    room.done("service stop LS1");
    moved(&room, "key.pem", "key.lost");
    moved(&room, "keys-known", "keys.lost");
    room.done("service start LS1");
    let shown = room.done("activate --show");
    assert!(shown.contains("another key") && shown.contains("tsl phone clearinghouse") && !shown.contains("reason 3"), "{shown}");
    let event = room.json("events --server LS1 --id 9002");
    let text = event[0]["text"].as_str().unwrap();
    assert!(text.contains("tsl phone clearinghouse") && text.contains("0 where the old key was lost"), "{text}");
}

/// Rules: AM-18, TL-03.
#[test]
fn whoever_is_no_administrator_is_told_so_and_not_that_nobody_is_there() {
    let room = room();
    let _up = room.up(USUAL);
    let wrong = addresses(&room, &["LS1"]).replace("license-server/admin-token", "terminal-server/admin-token");
    let text = room.done(&format!("diagnose {wrong}"));
    assert!(
        text.contains("you are no administrator of LS1") && !text.contains("cannot be reached") && !text.contains("does not answer"),
        "{text}"
    );
    let text = room.done(&format!("lsview {wrong}"));
    assert!(text.contains("you are no administrator of it") && !text.contains("silent"), "{text}");
    room.done("service stop LS1");
    assert!(room.done("lsview").contains("silent"));
}
