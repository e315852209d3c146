//! Passwords: from standard input, a file or the environment, never from the command line.

use std::process::Stdio;

use crate::{USUAL, room};

#[test]
fn a_password_comes_from_a_file_from_standard_input_or_from_the_environment() {
    let room = room();
    let _up = room.up(USUAL);
    std::fs::write(room.path().join("secret"), "from a file\n").unwrap();
    assert_eq!(room.tsl("accounts add filed --password-file secret").exit, 0);
    assert_eq!(room.tsl_reading("accounts add piped --password-file -", "from a pipe\n").exit, 0);
    let mut by_environment = room.command(&["accounts", "add", "told"]);
    assert!(by_environment.env("TSL_PASSWORD", "from the environment").stdout(Stdio::null()).status().unwrap().success());
    // The lab remembers each of them.
    for user in ["filed", "piped", "told"] {
        assert_eq!(room.tsl(&format!("connect PC01 --user {user}")).exit, 0, "{user}");
    }
    assert_eq!(room.tsl_reading("connect PC01 --user piped --password-file -", "from a pipe").exit, 0);

    let nobody_to_ask = room.tsl("accounts add nobody");
    assert_eq!(nobody_to_ask.exit, 2, "{nobody_to_ask:?}");
    assert!(nobody_to_ask.err.contains("--password-file"), "{nobody_to_ask:?}");
    assert_eq!(room.tsl_reading("accounts add empty --password-file -", "\n").exit, 2);

    let _ = room.done("accounts remove piped");
    let gone = room.tsl("connect PC01 --user piped");
    assert_eq!(gone.exit, 2, "{gone:?}");
    assert!(gone.err.contains("TSL_PASSWORD"), "{gone:?}");
}

/// Rules: ST-01.
#[test]
fn a_wrong_password_is_a_refusal_and_still_one_json_document() {
    let room = room();
    let _up = room.up(USUAL);
    let words = "connect PC01 --password-file -";
    let said = room.tsl_reading(words, "wrong");
    assert_eq!(said.exit, 2, "{said:?}");
    let said = room.tsl_reading(&format!("{words} --json"), "wrong");
    assert_eq!((said.exit, said.json()[0]["logon"]["logon"].as_str()), (2, Some("failed")), "{said:?}");
    let said = room.tsl_reading("connect PC01 PC02 --password-file -", "wrong");
    assert_eq!(said.exit, 2, "{said:?}");
}

#[test]
fn no_command_takes_a_password_as_an_argument() {
    let room = room();
    for wrong in ["accounts add pupil --password secret", "accounts add pupil secret", "connect PC01 --password secret"] {
        let said = room.tsl(wrong);
        assert_eq!(said.exit, 2, "tsl {wrong}: {said:?}");
    }
    for help in ["accounts add --help", "connect --help"] {
        let help = room.done(help);
        assert!(help.contains("--password-file <FILE>") && !help.contains("--password <"), "{help}");
    }
}
