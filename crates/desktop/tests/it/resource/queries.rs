//! The queries for lists and objects, in the order of qbXML's schemas.

use counterfoil_desktop::resource::{Resource, company};

use super::query;

#[test]
fn no_parameters() {
    let queries = [
        (
            Resource::Check,
            "<CheckQueryRq><IncludeLineItems>true</IncludeLineItems><IncludeLinkedTxns>false</IncludeLinkedTxns><OwnerID>0</OwnerID></CheckQueryRq>",
        ),
        (
            Resource::BillCheckPayment,
            "<BillPaymentCheckQueryRq><IncludeLineItems>true</IncludeLineItems><OwnerID>0</OwnerID></BillPaymentCheckQueryRq>",
        ),
        (
            Resource::Bill,
            "<BillQueryRq><PaidStatus>All</PaidStatus><IncludeLineItems>true</IncludeLineItems><IncludeLinkedTxns>false</IncludeLinkedTxns><OwnerID>0</OwnerID></BillQueryRq>",
        ),
        (
            Resource::Invoice,
            "<InvoiceQueryRq><PaidStatus>All</PaidStatus><IncludeLineItems>true</IncludeLineItems><IncludeLinkedTxns>false</IncludeLinkedTxns><OwnerID>0</OwnerID></InvoiceQueryRq>",
        ),
        (Resource::Vendor, "<VendorQueryRq><ActiveStatus>ActiveOnly</ActiveStatus><OwnerID>0</OwnerID></VendorQueryRq>"),
        (Resource::Customer, "<CustomerQueryRq><ActiveStatus>ActiveOnly</ActiveStatus><OwnerID>0</OwnerID></CustomerQueryRq>"),
        (Resource::Account, "<AccountQueryRq><ActiveStatus>ActiveOnly</ActiveStatus><OwnerID>0</OwnerID></AccountQueryRq>"),
    ];
    for (resource, xml) in queries {
        assert_eq!(query(resource, ""), xml);
    }
}

#[test]
fn every_filter_of_transactions() {
    let updated = "updatedAfter=2025-01-01&updatedBefore=2025-02-01T10:00:00";
    let dated = "transactionDateFrom=2025-01-01&transactionDateTo=2025-01-31";
    let rest = "accountIds=a1&currencyIds=c1&currencyIds=c2&includeLineItems=false";
    let queries = [
        query(
            Resource::Check,
            &format!("{updated}&payeeIds=p2&payeeIds=p1&refNumberContains=12&{rest}&includeLinkedTransactions=true"),
        ),
        query(Resource::BillCheckPayment, &format!("{dated}&vendorIds=v1&refNumberStartsWith=12&{rest}")),
        query(Resource::Bill, &format!("{updated}&vendorIds=v1&refNumberFrom=1&refNumberTo=2&{rest}&paymentStatus=not_paid")),
        query(
            Resource::Invoice,
            &format!("{dated}&customerIds=c1&refNumberEndsWith=12&{rest}&paymentStatus=paid&includeLinkedTransactions=true"),
        ),
    ];
    insta::assert_snapshot!(queries.join("\n"));
}

#[test]
fn every_filter_of_names() {
    let updated = "updatedAfter=2025-01-01&updatedBefore=2025-02-01";
    let rest = "currencyIds=c1&classIds=k1";
    let addresses = "excludeAlternateShippingAddresses=true";
    let queries = [
        query(Resource::Vendor, &format!("status=all&{updated}&nameContains=a&totalBalanceLessThanOrEqualTo=12.5&{rest}")),
        query(Resource::Customer, &format!("status=inactive&{updated}&nameFrom=A&nameTo=B&totalBalance=-12&{rest}&{addresses}")),
        query(
            Resource::Account,
            &format!("status=active&{updated}&nameEndsWith=a&accountType=cost_of_goods_sold&currencyIds=c1"),
        ),
    ];
    insta::assert_snapshot!(queries.join("\n"));
}

#[test]
fn every_type_of_account() {
    // The words of `AccountType` in Intuit's schema.
    let types = "AccountsPayable AccountsReceivable Bank CostOfGoodsSold CreditCard Equity Expense FixedAsset Income LongTermLiability \
                 NonPosting OtherAsset OtherCurrentAsset OtherCurrentLiability OtherExpense OtherIncome";
    let words = "accounts_payable accounts_receivable bank cost_of_goods_sold credit_card equity expense fixed_asset income \
                 long_term_liability non_posting other_asset other_current_asset other_current_liability other_expense other_income";
    for (word, account_type) in words.split(' ').zip(types.split(' ')) {
        let xml = query(Resource::Account, &format!("accountType={word}"));
        assert!(xml.contains(&format!("<AccountType>{account_type}</AccountType>")), "{word}");
    }
}

#[test]
fn the_comparisons_of_the_balance() {
    let operator = |parameter: &str| {
        let xml = query(Resource::Vendor, &format!("{parameter}=7"));
        let filter = xml.split("<Operator>").nth(1).and_then(|rest| rest.split("</TotalBalanceFilter>").next());
        filter.expect("a filter").to_owned()
    };
    let comparisons = [
        ("totalBalance", "Equal"),
        ("totalBalanceGreaterThan", "GreaterThan"),
        ("totalBalanceGreaterThanOrEqualTo", "GreaterThanEqual"),
        ("totalBalanceLessThan", "LessThan"),
        ("totalBalanceLessThanOrEqualTo", "LessThanEqual"),
    ];
    for (parameter, word) in comparisons {
        assert_eq!(operator(parameter), format!("{word}</Operator><Amount>7.00</Amount>"));
    }
}

#[test]
fn objects_by_themselves_without_the_filters() {
    let ids = query(Resource::Check, "ids=2-2&ids=1-1&updatedAfter=2025-01-01&transactionDateTo=never&limit=1");
    let includes = "<IncludeLineItems>true</IncludeLineItems><IncludeLinkedTxns>false</IncludeLinkedTxns><OwnerID>0</OwnerID>";
    assert_eq!(ids, format!("<CheckQueryRq><TxnID>2-2</TxnID><TxnID>1-1</TxnID>{includes}</CheckQueryRq>"));
    let numbers = query(Resource::Check, "refNumbers=A&refNumbers=b&refNumberContains=1&refNumberEndsWith=2");
    let number = "<RefNumberCaseSensitive>A</RefNumberCaseSensitive><RefNumberCaseSensitive>b</RefNumberCaseSensitive>";
    assert_eq!(numbers, format!("<CheckQueryRq>{number}{includes}</CheckQueryRq>"));
    let names = query(Resource::Vendor, "names=A B&status=all");
    assert_eq!(names, "<VendorQueryRq><FullName>A B</FullName><OwnerID>0</OwnerID></VendorQueryRq>");
    let names = query(Resource::Account, "fullNames=A:B&fullNames=C");
    assert_eq!(names, "<AccountQueryRq><FullName>A:B</FullName><FullName>C</FullName><OwnerID>0</OwnerID></AccountQueryRq>");
}

#[test]
fn one_object() {
    let queries = [
        (
            Resource::Invoice,
            "<InvoiceQueryRq><TxnID>1-1</TxnID><IncludeLineItems>true</IncludeLineItems><IncludeLinkedTxns>true</IncludeLinkedTxns><OwnerID>0</OwnerID></InvoiceQueryRq>",
        ),
        (
            Resource::BillCheckPayment,
            "<BillPaymentCheckQueryRq><TxnID>1-1</TxnID><IncludeLineItems>true</IncludeLineItems><OwnerID>0</OwnerID></BillPaymentCheckQueryRq>",
        ),
        (Resource::Customer, "<CustomerQueryRq><ListID>1-1</ListID><OwnerID>0</OwnerID></CustomerQueryRq>"),
    ];
    for (resource, xml) in queries {
        assert_eq!(resource.retrieve("1-1").map(|query| query.to_xml()), Ok(xml.to_owned()));
    }
    for id in ["", &"1".repeat(37), "1\n1"] {
        let fault = Resource::Check.retrieve(id).expect_err("no id");
        assert_eq!(
            fault.to_string(),
            "The parameter id must be an id of QuickBooks: 1 to 36 characters, without control characters."
        );
    }
    assert_eq!(company::query().to_xml(), "<CompanyQueryRq><OwnerID>0</OwnerID></CompanyQueryRq>");
}
