//! What the errors of QuickBooks become.

use std::collections::BTreeMap;

use counterfoil_desktop::failure::{Code, Failure};
use counterfoil_desktop::qbxml::Response;
use jiff::Timestamp;
use proptest::prelude::*;

fn of_status(status: &str) -> Option<Failure> {
    let xml = format!("<QBXML><QBXMLMsgsRs><CheckQueryRs {status}/></QBXMLMsgsRs></QBXML>");
    Failure::of_response(&Response::parse(&xml).expect("an answer")[0])
}

#[test]
fn the_body_is_the_envelope_of_the_api() {
    let failure = Failure::of_hresult("0x80040420", "The QuickBooks user has denied access.");
    let body: BTreeMap<String, BTreeMap<String, serde_json::Value>> =
        serde_json::from_str(&failure.to_json("req_1")).expect("JSON");
    let error = &body["error"];
    let expected = [
        ("code", "QBD_CONNECTION_ERROR"),
        ("integrationCode", "0x80040420"),
        ("message", "QBD Connection Error (0x80040420): The QuickBooks user has denied access."),
        ("requestId", "req_1"),
        ("type", "INTEGRATION_CONNECTION_ERROR"),
    ];
    for (key, value) in expected {
        assert_eq!(error[key], value, "{key}");
    }
    assert_eq!(error["httpStatusCode"], 502);
    let told = error["userFacingMessage"].as_str().expect("a text");
    assert!(told.contains("Edit > Preferences > Integrated Applications"), "{told}");
    assert_eq!(error.len(), expected.len() + 2);
    let without = Failure::not_set_up().to_json("req_1");
    assert!(!without.contains("integrationCode"), "{without}");
}

#[test]
fn each_code_has_the_status_and_the_type_of_the_api() {
    for (failure, code, status, kind, can_repeat) in [
        (Failure::api_key_invalid(), "API_KEY_INVALID", 401, "AUTHENTICATION_ERROR", false),
        (Failure::invalid_request("No."), "INVALID_REQUEST", 400, "INVALID_REQUEST_ERROR", false),
        (Failure::method_not_allowed(), "METHOD_NOT_ALLOWED", 405, "INVALID_REQUEST_ERROR", false),
        (Failure::request_too_large("No."), "REQUEST_TOO_LARGE", 413, "INVALID_REQUEST_ERROR", false),
        (Failure::resource_missing("end-user"), "RESOURCE_MISSING", 404, "INVALID_REQUEST_ERROR", false),
        (Failure::not_set_up(), "INTEGRATION_CONNECTION_NOT_SET_UP", 409, "INTEGRATION_CONNECTION_ERROR", false),
        (Failure::not_active(None), "INTEGRATION_CONNECTION_NOT_ACTIVE", 409, "INTEGRATION_CONNECTION_ERROR", false),
        (Failure::timed_out(90, false), "QBD_REQUEST_TIMEOUT", 504, "INTEGRATION_CONNECTION_ERROR", true),
        (Failure::timed_out(90, true), "QBD_REQUEST_TIMEOUT", 504, "INTEGRATION_CONNECTION_ERROR", false),
        (Failure::interrupted(false), "QBD_CONNECTION_ERROR", 502, "INTEGRATION_CONNECTION_ERROR", true),
        (Failure::interrupted(true), "QBD_CONNECTION_ERROR", 502, "INTEGRATION_CONNECTION_ERROR", false),
        (Failure::answer_lost(), "QBD_CONNECTION_ERROR", 502, "INTEGRATION_CONNECTION_ERROR", false),
        (Failure::wrong_file("A"), "QBD_CONNECTION_ERROR", 502, "INTEGRATION_CONNECTION_ERROR", false),
        (Failure::too_old(), "QBD_CONNECTION_ERROR", 502, "INTEGRATION_CONNECTION_ERROR", false),
        (Failure::broken_answer("No."), "QBD_CONNECTION_ERROR", 502, "INTEGRATION_CONNECTION_ERROR", false),
        (Failure::internal(), "INTERNAL_SERVER_ERROR", 500, "INTERNAL_ERROR", true),
    ] {
        let found: (&str, &str) = (failure.code.into(), failure.code.kind().into());
        assert_eq!((found, failure.code.http_status(), failure.can_repeat), ((code, kind), status, can_repeat));
    }
}

#[test]
fn an_hresult_is_the_same_in_every_form() {
    for hresult in ["0x8004041d", "0X8004041D", "8004041D", " 8004041d ", "-2147220451"] {
        let failure = Failure::of_hresult(hresult, "");
        let message = "QBD Connection Error (0x8004041D): The application may not log in automatically.";
        assert_eq!((failure.integration_code.as_deref(), failure.message.as_str()), (Some("0x8004041D"), message), "{hresult}");
    }
}

#[test]
fn a_request_that_quickbooks_cannot_read_is_an_error_of_the_request() {
    let failure = Failure::of_hresult("0x80040400", "QuickBooks found an error when parsing the provided XML text stream.");
    assert_eq!(failure.code, Code::QbdRequestError);
    assert_eq!(failure.user_facing_message, "An internal server error occurred. Please try again later.");
}

#[test]
fn an_unknown_error_keeps_the_words_of_quickbooks() {
    let failure = Failure::of_hresult("0x80049999", "Something new.");
    assert_eq!(failure.message, "QBD Connection Error (0x80049999): Something new.");
    assert!(failure.user_facing_message.contains("Something new."));
    let failure = Failure::of_hresult("QBWC1085", "");
    assert_eq!(failure.message, "QBD Connection Error (QBWC1085): QuickBooks reported an error.");
    let failure = Failure::of_hresult("", &"x".repeat(10_000));
    assert_eq!((failure.integration_code, failure.message.len()), (None, "QBD Connection Error: ".len() + 500));
}

#[test]
fn only_errors_and_missing_objects_are_failures() {
    for status in ["statusCode='0'", "statusCode='1' statusSeverity='Info'", "statusCode='530' statusSeverity='Warn'"] {
        assert_eq!(of_status(status), None, "{status}");
    }
    for (status, code, can_repeat) in [
        ("statusCode='500' statusSeverity='Warn'", "500", false),
        ("statusCode='3200' statusSeverity='Error'", "3200", false),
        ("statusCode='3180' statusSeverity='Error'", "3180", true),
        ("statusCode='3391' statusSeverity='Error'", "3391", false),
        ("statusCode='9999' statusSeverity='Error' statusMessage='New.'", "9999", false),
    ] {
        let failure = of_status(status).expect("a failure");
        assert_eq!((failure.integration_code.as_deref(), failure.can_repeat), (Some(code), can_repeat));
        assert_eq!(failure.code, Code::QbdRequestError);
    }
    let lost =
        of_status("statusCode='3391' statusSeverity='Error' statusMessage='The iteratorID is not valid.'").expect("a failure");
    assert_eq!(lost.message, "QBD Request Error (3391): The iteratorID is not valid. Start the list again.");
    let xml = "<QBXML><QBXMLMsgsRs><CheckQueryRs statusCode='500' statusSeverity='Warn'><CheckRet/></CheckQueryRs></QBXMLMsgsRs></QBXML>";
    assert_eq!(Failure::of_response(&Response::parse(xml).expect("an answer")[0]), None, "one of two was found");
}

#[test]
fn a_document_whose_writes_were_carried_out_in_part_is_not_sent_again() {
    let done = "<CheckAddRs statusCode='0'><CheckRet><TxnID>1-1</TxnID></CheckRet></CheckAddRs><TxnDelRs statusCode='0'><TxnDelType>Bill\
                </TxnDelType><TxnID>2-1</TxnID></TxnDelRs><ClassAddRs statusCode='0'/>";
    let read = "<CheckQueryRs statusCode='0'><CheckRet><TxnID>3-1</TxnID></CheckRet></CheckQueryRs>";
    let locked = "<InvoiceModRs statusCode='3175' statusSeverity='Error' statusMessage='Locked.'/>";
    let of = |answers: &str| {
        let xml = format!("<QBXML><QBXMLMsgsRs>{answers}</QBXMLMsgsRs></QBXML>");
        Failure::of_responses(&Response::parse(&xml).expect("answers"))
    };
    assert_eq!(of(done), None);
    for answers in [locked.to_owned(), format!("{read}{locked}")] {
        let failure = of(&answers).expect("a failure");
        assert_eq!((failure.message.as_str(), failure.can_repeat), ("QBD Request Error (3175): Locked.", true), "{answers}");
    }
    let carried_out = "CheckAddRq (TxnID 1-1), TxnDelRq (TxnID 2-1), ClassAddRq";
    let missing = "<BillQueryRs statusCode='500' statusSeverity='Warn'/>";
    for answers in [format!("{read}{done}{locked}"), format!("{missing}{done}")] {
        let failure = of(&answers).expect("a failure");
        assert!(
            !failure.can_repeat && failure.message.contains(&format!("these requests, do not send them again: {carried_out}."))
        );
        assert!(failure.user_facing_message.ends_with("look there before you try again."), "{}", failure.user_facing_message);
    }
}

#[test]
fn a_message_names_what_it_is_about() {
    let at = Timestamp::constant(1_700_000_000, 999_999_999);
    assert!(Failure::not_active(Some(at)).message.ends_with("It was last active at 2023-11-14T22:13:20Z."));
}

proptest! {
    #[test]
    fn any_hresult_makes_a_failure(hresult in "\\PC{0,20}|0x[0-9a-f]{0,12}", message: String) {
        let failure = Failure::of_hresult(&hresult, &message);
        prop_assert!(!failure.message.is_empty() && !failure.user_facing_message.is_empty());
    }
}
