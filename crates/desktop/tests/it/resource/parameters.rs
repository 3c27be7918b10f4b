//! The values of parameters: what is accepted, and what an error says.

use counterfoil_desktop::resource::Resource;

use super::{list, query};

#[track_caller]
fn assert_error(resource: Resource, parameters: &str, message: &str) {
    assert_eq!(list(resource, parameters).map_err(|error| error.to_string()), Err(message.to_owned()), "{parameters}");
}

#[test]
fn times() {
    let after = |time: &str| {
        let xml = query(Resource::Vendor, &format!("updatedAfter={time}&updatedBefore={time}"));
        let [from, to] = ["From", "To"].map(|end| {
            let rest = xml.split(&format!("<{end}ModifiedDate>")).nth(1).expect("a time");
            rest.split('<').next().expect("its text").to_owned()
        });
        [from, to]
    };
    assert_eq!(after("2025-01-01"), ["2025-01-01T00:00:00", "2025-01-01T23:59:59"]);
    let same = [
        ("2025-01-01T12:34:56", "2025-01-01T12:34:56"),
        ("2025-01-01T12:34:56+00:00", "2025-01-01T12:34:56+00:00"),
        ("2025-01-01T12:34:56-08:30", "2025-01-01T12:34:56-08:30"),
        ("2025-01-01T12:34:56Z", "2025-01-01T12:34:56+00:00"),
        ("2025-01-01T12:34:56.789Z", "2025-01-01T12:34:56+00:00"),
        ("2025-01-01T12:34", "2025-01-01T12:34:00"),
    ];
    for (given, written) in same {
        assert_eq!(after(given), [written, written]);
    }
    let message = "The parameter updatedAfter must be a date or a time: YYYY-MM-DD, YYYY-MM-DDThh:mm:ss or \
                   YYYY-MM-DDThh:mm:ss±hh:mm, with + written as %2B.";
    // The last but one is what becomes of a `+` that is not encoded.
    for time in ["yesterday", "2025-02-30", "01/02/2025", "1735689600", "2025-01-01T12:34:56 00:00", "2025-01-01T12:34:56Z[UTC]"]
    {
        assert_error(Resource::Check, &format!("updatedAfter={time}"), message);
    }
}

#[test]
fn values() {
    let limit = "The parameter limit must be a whole number from 1 to 150.";
    for value in ["0", "151", "-1", "1.5", "all", "99999999999"] {
        assert_error(Resource::Check, &format!("limit={value}"), limit);
    }
    let date = "The parameter transactionDateTo must be a date: YYYY-MM-DD.";
    for value in ["2025-01-01T00:00:00", "2025-13-01", "today"] {
        assert_error(Resource::Invoice, &format!("transactionDateTo={value}"), date);
    }
    assert_error(Resource::Check, "includeLineItems=1", "The parameter includeLineItems must be true or false.");
    assert_error(Resource::Bill, "paymentStatus=open", "The parameter paymentStatus must be one of all, paid and not_paid.");
    assert_error(Resource::Vendor, "status=Active", "The parameter status must be one of active, all and inactive.");
    assert_error(Resource::Account, "accountType=Bank", "The parameter accountType must be a type of account, such as bank.");
    let amount = "The parameter totalBalance must be an amount with up to 13 digits before the point and up to 2 after it.";
    for value in ["1.234", "12345678901234", "1,0", "", "-", ".5", "1.", "--1"] {
        assert_error(Resource::Customer, &format!("totalBalance={value}"), amount);
    }
    let text = "The parameter nameContains must be a text of 1 to 255 characters, without control characters.";
    for value in [String::new(), "a\u{0}b".to_owned(), "ä".repeat(256)] {
        assert_error(Resource::Vendor, &format!("nameContains={value}"), text);
    }
    let ids = "The parameter payeeIds must be up to 500 ids of 1 to 36 characters, without control characters.";
    assert_error(Resource::Check, "payeeIds=1&payeeIds=", ids);
    assert_error(Resource::Check, &vec!["payeeIds=1"; 501].join("&"), ids);
    assert_error(Resource::Check, &format!("payeeIds={}", "1".repeat(37)), ids);
}

#[test]
fn parameters_that_other_lists_have() {
    let unknown = [
        (Resource::Check, "vendorIds=1", "vendorIds"),
        (Resource::Check, "paymentStatus=all", "paymentStatus"),
        (Resource::BillCheckPayment, "includeLinkedTransactions=true", "includeLinkedTransactions"),
        (Resource::Bill, "customerIds=1", "customerIds"),
        (Resource::Invoice, "status=all", "status"),
        (Resource::Vendor, "fullNames=a", "fullNames"),
        (Resource::Vendor, "excludeAlternateShippingAddresses=true", "excludeAlternateShippingAddresses"),
        (Resource::Customer, "accountType=bank", "accountType"),
        (Resource::Account, "cursor=a", "cursor"),
        (Resource::Account, "classIds=1", "classIds"),
        (Resource::Account, "totalBalance=1", "totalBalance"),
        (Resource::Check, "ids=1&Limit=1", "Limit"),
    ];
    for (resource, parameters, name) in unknown {
        assert_error(resource, parameters, &format!("{name} is not a parameter of this list."));
    }
}

#[test]
fn parameters_that_exclude_each_other() {
    let conflicts = [
        (Resource::Check, "ids=1&refNumbers=1", "ids", "refNumbers"),
        (Resource::Vendor, "ids=1&names=1", "ids", "names"),
        (Resource::Bill, "updatedBefore=2025-01-01&transactionDateFrom=2025-01-01", "updatedBefore", "transactionDateFrom"),
        (Resource::Bill, "refNumberContains=1&refNumberEndsWith=1", "refNumberContains", "refNumberEndsWith"),
        (Resource::Bill, "refNumberStartsWith=1&refNumberTo=1", "refNumberStartsWith", "refNumberTo"),
        (Resource::Account, "nameStartsWith=1&nameEndsWith=1", "nameStartsWith", "nameEndsWith"),
        (Resource::Customer, "totalBalance=1&totalBalanceLessThan=2", "totalBalance", "totalBalanceLessThan"),
    ];
    for (resource, parameters, one, other) in conflicts {
        assert_error(resource, parameters, &format!("The parameters {one} and {other} cannot be used together."));
    }
    assert_error(Resource::Check, "limit=1&limit=1", "The parameter limit can be given once only.");
    assert_error(Resource::Check, "ids=1&limit=0", "The parameter limit must be a whole number from 1 to 150.");
}
