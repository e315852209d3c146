//! Spans of lab time as a person types them.

use lab::clock::parse_span;
use shared::model::Span;

/// Days, hours, minutes and seconds, alone or together.
#[test]
fn a_span_is_read_as_it_is_said() {
    assert_eq!(parse_span("89d"), Ok(Span::days(89)));
    assert_eq!(parse_span("1d12h30m5s"), Ok(Span::seconds(86_400 + 12 * 3_600 + 30 * 60 + 5)));
    assert_eq!(parse_span("0s"), Ok(Span::seconds(0)));
}

/// No sign, no unit left out, nothing that would not fit a clock.
#[test]
fn a_span_that_cannot_be_meant_is_refused() {
    for wrong in ["", "5", "d", "-1d", "1.5d", "1w", "99999999999999999999d", "50000d", "1d5"] {
        assert!(parse_span(wrong).is_err(), "{wrong}");
    }
}
